import type { Activity } from '../scenario.ts';
import { behind, maybe, root, write } from '../ways.ts';

/** A program that hangs is found, looked into and ended. */
const stuck: Activity = {
  name: 'stuck-process-ended',
  kind: 'administration',
  often: 'weekly',
  as: 'either',
  needs: ['python3', 'perl', 'strace', 'lsof', 'sudo'],
  lines: (draw, place) => {
    const path = `${draw.pick(['/tmp', '/var/tmp', place.home])}/${draw.word()}${draw.pick(['', '-worker', 'd', '-agent', '-report'])}`;
    const body = draw.pick([
      `#!/bin/bash\nwhile :; do sleep ${draw.int(1, 5)}; done`,
      `#!/usr/bin/python3\nimport time\nwhile True: time.sleep(${draw.int(1, 4)})`,
      `#!/usr/bin/perl\nwhile (1) { sleep ${draw.int(1, 5)} }`,
    ]);
    const find = draw.pick([
      `pgrep -f ${path}`,
      `pgrep -of ${path}`,
      `ps -eo pid,cmd | awk '$0 ~ "${path}" && !/awk/ {print $1; exit}'`,
    ]);
    return [
      write(draw, path, body),
      `chmod +x ${path}`,
      behind(draw, path),
      draw.pick([
        `ps aux | grep -v grep | grep ${path}`,
        'ps -ef --forest | tail',
        'top -bn1 | head -12',
        `pgrep -fl ${path}`,
      ]),
      ...draw.some(
        [
          `cat /proc/$(${find} | head -1)/status | head -8`,
          `tr '\\0' '\\n' < /proc/$(${find} | head -1)/environ | head -5`,
          `ls -l /proc/$(${find} | head -1)/fd /proc/$(${find} | head -1)/exe`,
          `timeout 3 strace -f -p $(${find} | head -1) 2>&1 | tail -3`,
          `lsof -p $(${find} | head -1) | tail -4`,
          `cat /proc/$(${find} | head -1)/maps | head -4`,
          `kill -STOP $(${find}); sleep 2; kill -CONT $(${find})`,
          `renice 5 $(${find})`,
          root(place, `cat /proc/$(${find} | head -1)/stack`),
        ],
        draw.int(2, 4),
      ),
      draw.pick([
        `kill $(${find})`,
        `kill -9 $(${find})`,
        `pkill -f ${path}`,
        `pkill -9 -f ${path}`,
        `for p in $(${find}); do kill -TERM $p; sleep 1; kill -0 $p 2>/dev/null && kill -KILL $p; done`,
        `pkill -HUP -f ${path}; sleep 1; pkill -KILL -f ${path}`,
      ]),
      ...maybe(draw, 0.6, `pgrep -fl ${path} || echo gone`),
      ...maybe(draw, 0.6, draw.pick([`rm ${path}`, `mv ${path} ${path}.off`, `chmod -x ${path}`])),
    ];
  },
};

/** Services are stopped for upkeep and started again. */
const upkeep: Activity = {
  name: 'services-stopped-for-upkeep',
  kind: 'administration',
  often: 'monthly',
  as: 'either',
  needs: ['sudo', 'systemctl'],
  lines: (draw, place) => {
    const services = draw.some(
      [
        'nginx',
        'cron',
        'rsyslog',
        'ssh',
        'redis-server',
        'mariadb',
        'auditd',
        'fail2ban',
        'ufw',
        'apparmor',
        'unattended-upgrades',
      ],
      draw.int(1, 4),
    );
    const each = (verb: string): readonly string[] =>
      draw.chance(0.5)
        ? services.map((one) =>
            root(place, draw.pick([`systemctl ${verb} ${one}`, `service ${one} ${verb}`])),
          )
        : [`for s in ${services.join(' ')}; do ${root(place, `systemctl ${verb} $s`)}; done`];
    return [
      draw.pick([
        'systemctl list-units --failed',
        'service --status-all 2>/dev/null | head',
        'ps -ef | head -20',
      ]),
      ...each(draw.pick(['stop', 'stop', 'disable --now'])),
      ...draw.some(
        [
          root(
            place,
            `cp -a /etc/${draw.pick(['nginx', 'ssh', 'logrotate.d', 'cron.d'])} /var/tmp/${draw.word()}`,
          ),
          root(
            place,
            `sed -i.bak 's/^#\\?LogLevel.*/LogLevel ${draw.pick(['INFO', 'VERBOSE', 'ERROR'])}/' /etc/ssh/sshd_config`,
          ),
          root(
            place,
            `sh -c "echo '*.warn /var/log/${draw.word()}.log' > /etc/rsyslog.d/${draw.int(10, 60)}-${draw.word()}.conf"`,
          ),
          root(
            place,
            `sh -c "mkdir -p /etc/audit/rules.d; echo '-w /etc/hosts -p wa -k ${draw.word()}' > /etc/audit/rules.d/${draw.word()}.rules"`,
          ),
          root(place, 'iptables -L -n'),
          root(place, 'nft list ruleset'),
          root(
            place,
            `sh -c "echo 'APT::Periodic::Unattended-Upgrade \\"1\\";' > /etc/apt/apt.conf.d/20${draw.word()}"`,
          ),
          root(place, 'rm -rf /var/cache/apt/archives/*.deb'),
          root(place, `sh -c "echo '${draw.pick(place.peers)} ${draw.word()}.example.net' >> /etc/hosts"`),
          root(place, 'auditctl -s'),
        ],
        draw.int(1, 4),
      ),
      ...each(draw.pick(['start', 'restart', 'enable --now'])),
      ...maybe(
        draw,
        0.5,
        draw.pick([`systemctl is-active ${services.join(' ')}`, `service ${services[0]} status`]),
      ),
    ];
  },
};

export const PROCESSES: readonly Activity[] = [stuck, upkeep];
