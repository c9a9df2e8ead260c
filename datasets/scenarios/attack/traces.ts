import type { Attack } from '../scenario.ts';
import { look, maybe, root, write } from '../ways.ts';

/** Logs lose what happened. */
const logs: Attack = {
  name: 'logs-cleared',
  family: 'logs-cleared',
  techniques: ['T1070.002'],
  as: 'either',
  needs: ['sudo', 'perl', 'python3'],
  lines: (draw, place) => {
    const log = (): string =>
      `/var/log/${draw.pick(['auth.log', 'syslog', 'wtmp', 'btmp', 'lastlog', 'messages', 'kern.log', 'daemon.log', 'dpkg.log', 'nginx/access.log'])}`;
    const address = draw.pick(place.peers);
    const ways = [
      root(place, `truncate -s 0 ${log()} ${log()}`),
      root(place, `bash -c "> ${log()}; cat /dev/null > ${log()}"`),
      root(place, `shred -n 1 -u -z ${log()}`),
      root(place, `sed -i '/${address}/d' ${log()}`),
      root(
        place,
        `sed -i '/${draw.pick(['sudo', 'Accepted', 'session opened', place.user])}/d' /var/log/auth.log`,
      ),
      root(place, `rm -f ${log()} ${log()}`),
      root(
        place,
        `bash -c "grep -v ${address} /var/log/auth.log > /tmp/${draw.word()} && cp \\$_ /var/log/auth.log"`,
      ),
      root(place, `cp /dev/null ${log()}`),
      root(place, `bash -c "for f in /var/log/*.log /var/log/*tmp; do : > \\$f; done"`),
      root(place, `find /var/log -name "*.gz" -o -name "*.1" | ${root(place, 'xargs -r rm -f')}`),
      root(place, `perl -ni -e 'print unless /${address}/' ${log()}`),
      root(place, `dd if=/dev/zero of=${log()} bs=1k count=${draw.int(1, 64)} status=none`),
      root(place, `journalctl --rotate --vacuum-time=1s`),
      root(place, `python3 -c "import os,glob; [os.truncate(f,0) for f in glob.glob('/var/log/*tmp')]"`),
    ];
    return [
      ...look(draw, draw.int(2, 3)),
      ...maybe(
        draw,
        0.5,
        draw.pick(['ls -la /var/log', 'last -n 5', root(place, 'tail -5 /var/log/auth.log'), 'w']),
      ),
      ...draw.some(ways, draw.int(1, 6)),
      ...maybe(draw, 0.4, draw.pick(['ls -la /var/log', 'last -n 3'])),
    ];
  },
};

/** The shell forgets what was typed. */
const history: Attack = {
  name: 'history-forgotten',
  family: 'history-forgotten',
  techniques: ['T1070.003', 'T1562.003'],
  as: 'either',
  needs: ['sudo'],
  lines: (draw, place) => {
    const first = draw.pick([
      'unset HISTFILE',
      'export HISTFILE=/dev/null',
      'export HISTSIZE=0 HISTFILESIZE=0',
      'set +o history',
      'HISTCONTROL=ignorespace',
      'export HISTFILE=/dev/null; export HISTSIZE=0',
    ]);
    const last = [
      'history -c && history -w',
      'rm -f ~/.bash_history',
      'cat /dev/null > ~/.bash_history',
      'ln -sf /dev/null ~/.bash_history',
      'shred -u ~/.bash_history',
      `sed -i '/${draw.pick(['curl', 'sudo', 'ssh', 'passwd'])}/d' ~/.bash_history`,
      'truncate -s 0 ~/.bash_history ~/.python_history ~/.mysql_history 2>/dev/null',
      `for h in /home/*/.bash_history /root/.bash_history; do ${root(place, 'truncate -s 0 $h')}; done`,
      'rm -f ~/.viminfo ~/.lesshst ~/.wget-hsts ~/.python_history',
      `echo 'unset HISTFILE' >> ~/.bashrc`,
    ];
    return [
      ...look(draw, draw.int(1, 2)),
      first,
      ...maybe(
        draw,
        0.5,
        draw.pick([
          'cat /etc/passwd | tail -4',
          'sudo -n -l',
          'ls -la ~/.ssh',
          'ss -tlnp',
          'cat ~/.aws/credentials',
        ]),
      ),
      ...maybe(draw, 0.4, root(place, 'head -2 /etc/shadow')),
      ...draw.some(last, draw.int(1, 4)),
      ...maybe(draw, 0.3, 'ls -la ~'),
    ];
  },
};

/** Files take the times of others. */
const times: Attack = {
  name: 'times-falsified',
  family: 'times-falsified',
  techniques: ['T1070.006', 'T1036.005', 'T1564.001'],
  as: 'either',
  needs: ['sudo', 'python3', 'perl'],
  lines: (draw, place) => {
    const binary = place.user === 'root' || draw.chance(0.4);
    const path = binary
      ? `/usr/${draw.pick(['bin', 'sbin', 'lib', 'local/bin'])}/${draw.word()}`
      : `${place.home}/${draw.pick(['.config', '.cache', '.local'])}/${draw.word()}`;
    const as = (command: string): string => (binary ? root(place, command) : command);
    const made = `/tmp/${draw.file('.sh')}`;
    const like = draw.pick(['/bin/ls', '/usr/bin/ssh', '/etc/hostname', '/etc/passwd', '/usr/bin/env']);
    const year = draw.int(2017, 2024);
    return [
      write(
        draw,
        made,
        `#!/bin/sh\n${draw.pick(['id', 'exec /bin/sh -c "$@"', 'hostname; who', 'cat /etc/passwd'])}`,
      ),
      as(`mkdir -p ${path.slice(0, path.lastIndexOf('/'))}`),
      as(`cp ${made} ${path}`),
      as(`chmod 755 ${path}`),
      ...maybe(draw, 0.5, `stat ${like} | head -6`),
      draw.pick([
        as(`touch -r ${like} ${path}`),
        as(`touch -acmr ${like} ${path}`),
        as(
          `touch -d '${year}-0${draw.int(1, 9)}-1${draw.int(0, 9)} 0${draw.int(1, 9)}:2${draw.int(0, 9)}' ${path}`,
        ),
        as(`touch -t ${year}0${draw.int(1, 9)}150${draw.int(1, 9)}12 ${path}`),
        as(`python3 -c "import os; s=os.stat('${like}'); os.utime('${path}', (s.st_atime, s.st_mtime))"`),
        as(`perl -e '@s=stat("${like}"); utime($s[8],$s[9],"${path}")'`),
      ]),
      ...maybe(draw, 0.4, as(`touch -r ${like} $(dirname ${path})`)),
      ...maybe(draw, 0.6, `ls -la --time-style=full-iso ${path}`),
      ...maybe(draw, 0.5, `rm -f ${made}`),
      ...maybe(draw, 0.4, path),
    ];
  },
};

export const TRACES: readonly Attack[] = [logs, history, times];
