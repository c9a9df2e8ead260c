import type { Activity } from '../scenario.ts';
import { behind, link, maybe, quote, remote, workFile, workFolder, write } from '../ways.ts';

/** An interface of another machine is asked again and again. */
const polling: Activity = {
  name: 'interface-polled',
  kind: 'network',
  often: 'daily',
  as: 'either',
  needs: ['curl', 'wget', 'python3', 'node', 'jq', 'perl'],
  lines: (draw, place) => {
    const { host, port } = remote(draw, place);
    const at = `http://${host}:${port}/api/${draw.word()}`;
    const kept = workFile(draw, place, '.json');
    const script = workFile(draw, place, draw.pick(['.py', '.js', '.pl', '.sh']));
    const [times, pause] = [draw.int(3, 12), draw.int(1, 8)];
    const body = script.endsWith('.py')
      ? `import json, time, urllib.request\nfor i in range(${times}):\n    answer = urllib.request.urlopen("${at}", timeout=5).read()\n    open("${kept}", "wb").write(answer)\n    time.sleep(${pause})`
      : script.endsWith('.js')
        ? `let n = 0;\nconst ask = async () => {\n  const r = await fetch("${at}");\n  require("fs").writeFileSync("${kept}", await r.text());\n  if (++n < ${times}) setTimeout(ask, ${pause * 1000});\n};\nask();`
        : script.endsWith('.pl')
          ? `for (1..${times}) { system("curl -s -m 5 ${at} -o ${kept}"); sleep ${pause}; }`
          : `for i in $(seq ${times}); do\n  curl -s -m 5 -H "X-Id: $(hostname)" ${at} > ${kept}\n  sleep ${pause}\ndone`;
    const run =
      { py: 'python3', js: 'node', pl: 'perl', sh: 'bash' }[script.split('.').pop() ?? 'sh'] ?? 'bash';
    return [
      ...draw.pick([
        [write(draw, script, body), behind(draw, `${run} ${script}`), `sleep ${draw.int(4, 20)}`],
        [write(draw, script, body), `timeout 60 ${run} ${script}`],
        [`for i in $(seq ${times}); do curl -s ${at} -o ${kept}; sleep ${pause}; done`],
        [`n=0; while [ $n -lt ${times} ]; do wget -q -O ${kept} ${at}; n=$((n+1)); sleep ${pause}; done`],
        [
          `(for i in $(seq ${times}); do curl -s -d "n=$i&host=$(hostname)" ${at}; sleep ${pause}; done > ${kept} 2>&1 &)`,
          `sleep ${draw.int(4, 20)}`,
        ],
      ]),
      ...draw.some(
        [
          `jq length ${kept} 2>/dev/null`,
          `head -c 200 ${kept}`,
          `ls -l ${kept}`,
          `ss -tn | head -4`,
          `curl -s -o /dev/null -w '%{http_code} %{time_total}\\n' ${at}`,
          `curl -s -X POST -H 'Content-Type: application/json' -d '{"user":"'$USER'","n":${draw.int(1, 99)}}' ${at}`,
        ],
        draw.int(1, 4),
      ),
      ...maybe(draw, 0.5, `pkill -f ${script}`, `rm -f ${script} ${kept}`),
    ];
  },
};

/** A port by hand: somebody listens to what a service says and answers. */
const byHand: Activity = {
  name: 'port-tried-by-hand',
  kind: 'network',
  often: 'weekly',
  as: 'either',
  needs: ['nc', 'socat', 'python3', 'perl', 'openssl'],
  lines: (draw, place) => {
    const { host, port } = remote(draw, place);
    const kept = workFile(draw, place, '.txt');
    const once = (): string =>
      draw.pick([
        `timeout ${draw.int(6, 25)} nc ${host} ${port} < /dev/null`,
        `(printf ${quote(draw.pick(['HELP\\n', 'PING\\r\\n', 'QUIT\\n', 'EHLO localhost\\r\\n', 'stats\\n']))}; sleep 2) | timeout 6 nc ${host} ${port}`,
        `timeout 20 socat -u TCP:${host}:${port} - | tee ${kept}`,
        `exec 7<>/dev/tcp/${host}/${port}; echo ${draw.word()} >&7; timeout 3 head -2 <&7; exec 7>&-`,
        `timeout 15 bash -c 'exec 3<>/dev/tcp/${host}/${port}; while read -r -t 6 line <&3; do echo "got $line"; done'`,
        `timeout 20 python3 -c "import socket; s=socket.create_connection(('${host}',${port})); s.settimeout(4); s.sendall(b'${draw.word()}\\n'); print(s.recv(200))"`,
        `perl -MIO::Socket::INET -e '$s=IO::Socket::INET->new(PeerAddr=>"${host}:${port}",Timeout=>3) or die; print $s "${draw.word()}\\n"; $l=<$s>; print $l'`,
        `timeout 5 openssl s_client -connect ${host}:${port} < /dev/null 2>&1 | head -3`,
        `timeout 30 nc ${host} ${port} < /dev/null | while read -r l; do echo "$(date +%T) $l"; done`,
        `mkfifo ${kept}.p; (sleep 1; echo ${draw.word()}; sleep 3) > ${kept}.p & timeout 8 nc ${host} ${port} < ${kept}.p; rm -f ${kept}.p`,
      ]);
    return [
      draw.pick([
        `nc -zv -w 2 ${host} ${port}`,
        `ping -c 1 -W 1 ${host}`,
        `getent hosts ${host}`,
        `grep ${host} /etc/hosts`,
      ]),
      ...Array.from({ length: draw.int(2, 4) }, once),
      ...maybe(draw, 0.4, `cat ${kept} 2>/dev/null; rm -f ${kept}`),
    ];
  },
};

/** A small service answers each caller by a program, as inetd does, and is tried. */
const inetd: Activity = {
  name: 'program-behind-port',
  kind: 'network',
  often: 'monthly',
  as: 'either',
  needs: ['socat', 'nc', 'python3', 'curl'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const [port = 20_000, other = 20_001] = place.ports;
    const script = `${folder}/${draw.pick(['answer', 'status', draw.word()])}.sh`;
    const told = draw.pick(['uptime', 'date', 'df -h /', 'id', 'uname -a', 'ps aux | wc -l']);
    return [
      `mkdir -p ${folder}`,
      write(
        draw,
        script,
        `#!/bin/bash\nread -r -t 3 line\nprintf 'HTTP/1.0 200 OK\\r\\n\\r\\n'\n${told}\necho "$line"`,
      ),
      `chmod +x ${script}`,
      draw.pick([
        `socat TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr,fork EXEC:${script} &`,
        `(socat TCP-LISTEN:${port},reuseaddr,fork SYSTEM:${script} > /dev/null 2>&1 &)`,
        `nohup python3 -c "import socketserver, subprocess as p; H=type('H',(socketserver.StreamRequestHandler,),{'handle':lambda s: s.wfile.write(p.run(['${script}'],input=s.rfile.readline(),capture_output=True).stdout)}); socketserver.ThreadingTCPServer(('127.0.0.1',${port}),H).serve_forever()" > /dev/null 2>&1 &`,
      ]),
      'sleep 1',
      ...Array.from({ length: draw.int(1, 4) }, () =>
        draw.pick([
          `curl -s http://127.0.0.1:${port}/`,
          `echo ${draw.word()} | timeout 5 nc 127.0.0.1 ${port}`,
          `timeout 4 bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port}; echo hi >&3; cat <&3'`,
        ]),
      ),
      ...maybe(
        draw,
        0.5,
        `socat TCP-LISTEN:${other},bind=${place.address},fork,reuseaddr TCP:127.0.0.1:${port} & sleep 1; curl -s http://${place.address}:${other}/`,
      ),
      ...maybe(draw, 0.5, 'ss -tlnp | tail -4'),
      `pkill -f ${port}`,
      ...maybe(draw, 0.6, `rm -rf ${folder}`),
    ];
  },
};

/** Files of a site are fetched as a whole and sorted. */
const mirror: Activity = {
  name: 'files-mirrored',
  kind: 'data',
  often: 'weekly',
  as: 'either',
  needs: ['wget', 'curl', 'tar', 'xargs'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const list = Array.from({ length: draw.int(3, 9) }, () =>
      link(draw, place, draw.pick(['.csv', '.txt', '.json', '.tar.gz', '.bin', '.html', ''])),
    );
    return [
      `mkdir -p ${folder} && cd ${folder}`,
      ...draw.pick([
        [`printf '%s\\n' ${list.join(' ')} > list`, `wget -q -i list`],
        [`printf '%s\\n' ${list.join(' ')} | xargs -n 1 -P 2 curl -sO`],
        [`for u in ${list.join(' ')}; do curl -s -o $(basename $u) $u; done`],
        list.slice(0, 4).map((one) => draw.pick([`wget -q ${one}`, `curl -sLO ${one}`])),
      ]),
      ...draw.some(
        [
          'ls -la',
          `sha256sum * > SUMS 2>/dev/null; sha256sum -c SUMS | head -3`,
          'for f in *.tar.gz; do tar xzf $f; done 2>/dev/null',
          'file * | head',
          'find . -type f -size +10k',
          'mkdir -p text && mv *.txt *.csv text/ 2>/dev/null; ls',
          'chmod 644 * 2>/dev/null; du -sh .',
          'strings * | head -3',
        ],
        draw.int(2, 5),
      ),
      'cd',
      ...maybe(draw, 0.5, `rm -rf ${folder}`),
    ];
  },
};

export const REMOTE_TALK: readonly Activity[] = [polling, byHand, inetd, mirror];
