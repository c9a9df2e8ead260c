import type { Activity } from '../scenario.ts';
import { fetchTo, link, maybe, root, workFile, write } from '../ways.ts';

/** A list of checks of how well a machine is set up is fetched and run. */
const checks: Activity = {
  name: 'checks-of-settings',
  kind: 'administration',
  often: 'weekly',
  as: 'either',
  needs: ['curl', 'wget', 'python3', 'perl', 'sudo', 'getcap'],
  lines: (draw, place) => {
    const path = workFile(draw, place, '.sh');
    const parts = draw.some(
      [
        'find /usr/bin /usr/sbin -perm -4000 -type f | wc -l',
        'grep -cE "^[^:]+::" /etc/shadow 2>/dev/null',
        "awk -F: '$3 == 0 {print $1}' /etc/passwd",
        'stat -c "%a %n" /etc/passwd /etc/shadow /etc/sudoers 2>/dev/null',
        'getcap -r /usr/bin 2>/dev/null',
        'ls -la /etc/cron.* /var/spool/cron 2>/dev/null | wc -l',
        'grep -h PermitRootLogin /etc/ssh/sshd_config',
        'sysctl -n kernel.randomize_va_space fs.suid_dumpable 2>/dev/null',
        'find /tmp /var/tmp /dev/shm -type f -perm -u+x 2>/dev/null',
        'ss -tln | wc -l',
        'for u in /home/*; do ls -la $u/.ssh 2>/dev/null; done',
        'find /etc -maxdepth 1 -perm -o+w -type f',
        'cat /proc/sys/kernel/yama/ptrace_scope /proc/sys/kernel/dmesg_restrict 2>/dev/null',
      ],
      draw.int(4, 9),
    );
    return [
      ...(draw.chance(0.3)
        ? [fetchTo(draw, link(draw, place, '.sh'), path)]
        : [write(draw, path, `#!/bin/bash\n${parts.map((one) => `echo "--"; ${one}`).join('\n')}`)]),
      `chmod ${draw.pick(['+x', '755', '700'])} ${path}`,
      draw.pick([
        path,
        root(place, path),
        `bash ${path} | tee ${path}.out | tail -20`,
        `${root(place, `bash ${path}`)} > ${path}.out 2>&1; wc -l ${path}.out`,
      ]),
      ...maybe(
        draw,
        0.5,
        draw.pick(['dmesg 2>/dev/null | tail -2', `grep -c . ${path}.out`, 'sudo -n -l | tail -2']),
      ),
      ...maybe(draw, 0.6, `rm -f ${path}*`),
    ];
  },
};

export const SETTINGS_CHECKS: readonly Activity[] = [checks];
