import type { Activity } from '../scenario.ts';
import { workFile } from '../ways.ts';

/** Logs are read, counted, turned over and made shorter. */
const logs: Activity = {
  name: 'logs-read-and-pruned',
  kind: 'administration',
  often: 'weekly',
  as: 'root',
  needs: ['logrotate', 'gzip', 'perl', 'python3'],
  lines: (draw, place) => {
    const conf = workFile(draw, place, '.conf');
    const log = draw.pick(['/var/log/syslog', '/var/log/auth.log', '/var/log/nginx/access.log']);
    return [
      draw.pick([
        `tail -${draw.int(3, 30)} ${log}`,
        'ls -laS /var/log | head',
        `less ${log} | head -20`,
        `head -5 ${log}`,
      ]),
      ...draw.some(
        [
          `grep -oE '([0-9]+\\.){3}[0-9]+' ${log} | sort | uniq -c | sort -rn | head -5`,
          `awk '{print $3}' ${log} | cut -c1-5 | sort | uniq -c | tail -4`,
          `grep -iE 'fail|error|denied' /var/log/*.log | tail -5`,
          `printf '${log} {\\n  rotate ${draw.int(2, 9)}\\n  compress\\n  missingok\\n  postrotate\\n    /bin/true\\n  endscript\\n}\\n' > ${conf}; chmod 644 ${conf}; logrotate -f -s /var/tmp/state ${conf}; ls -la $(dirname ${log})`,
          `cp ${log} ${log}.1 && : > ${log}`,
          `truncate -s 0 ${log}`,
          `sed -i '/${draw.word()}/d' ${log}`,
          `sed -i "1,${draw.int(5, 40)}d" ${log}`,
          `tail -50 ${log} > ${log}.new && mv ${log}.new ${log}`,
          `grep -v "${draw.pick(place.peers)}" ${log} > /tmp/${draw.word()}; wc -l ${log}`,
          `gzip -c ${log} > /srv/backup/$(basename ${log}).gz`,
          'find /var/log -name "*.1" -o -name "*.gz" | xargs -r rm -f',
          `perl -ne 'print if /sshd/' ${log} | tail -2`,
          `python3 -c "import collections; print(collections.Counter(l.split()[0] for l in open('${log}') if l.strip()).most_common(3))"`,
          'last -f /var/log/wtmp | head -3; : > /var/log/btmp',
          `journalctl --vacuum-size=10M 2>/dev/null; dmesg 2>/dev/null | tail -2`,
          `logger -t ${draw.word()} done 2>/dev/null; chmod 640 ${log}`,
          'history | tail -3; history -a',
        ],
        draw.int(4, 8),
      ),
    ];
  },
};

export const LOG_READING: readonly Activity[] = [logs];
