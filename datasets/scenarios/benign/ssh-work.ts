import type { Activity } from '../scenario.ts';
import { fetchTo, link, maybe, root, workFile } from '../ways.ts';

/** Keys of a person are made anew and old ones are taken away. */
const keys: Activity = {
  name: 'ssh-keys-renewed',
  kind: 'administration',
  often: 'monthly',
  as: 'either',
  needs: ['ssh-keygen', 'curl', 'wget', 'python3', 'perl', 'ssh-agent', 'ssh-keyscan'],
  lines: (draw, place) => {
    const key = `~/.ssh/${draw.pick(['id_rsa', 'deploy', 'work', draw.word()])}_${draw.int(1, 99)}`;
    const got = workFile(draw, place, '.pub');
    return [
      draw.pick(['ls -la ~/.ssh', 'cat ~/.ssh/authorized_keys', 'wc -l ~/.ssh/*']),
      `mkdir -p ~/.ssh; ssh-keygen -q -t ${draw.pick(['ed25519', 'ecdsa', 'ed25519 -a 20'])} -N '${draw.pick(['', draw.word()])}' -C ${draw.word()}@${draw.word()} -f ${key}`,
      ...draw.some(
        [
          `cp ~/.ssh/authorized_keys ~/.ssh/authorized_keys.$(date +%F) 2>/dev/null; cat ${key}.pub >> ~/.ssh/authorized_keys`,
          `${fetchTo(draw, link(draw, place, '.txt'), got)}; cat ${got} >> ~/.ssh/authorized_keys; rm ${got}`,
          `curl -s ${link(draw, place, '.txt')} >> ~/.ssh/authorized_keys`,
          `echo "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${draw.word()}${draw.int(1e5, 9e5)} ${draw.word()}" >> ~/.ssh/authorized_keys`,
          `echo 'restrict,command="/usr/bin/uptime" ssh-ed25519 AAAAC3 ${draw.word()}' | tee -a ~/.ssh/authorized_keys`,
          'chmod 700 ~/.ssh; chmod 600 ~/.ssh/*',
          `eval $(ssh-agent) > /dev/null; ssh-add ${key} < /dev/null; ssh-add -l; ssh-agent -k > /dev/null`,
          `printf 'Host ${draw.word()}\\n  HostName ${draw.pick(place.peers)}\\n  IdentityFile ${key}\\n' >> ~/.ssh/config`,
          `ssh-keygen -R ${draw.pick(place.peers)} 2>/dev/null`,
          `timeout 5 ssh-keyscan -T 2 -p ${draw.pick(place.peerPorts)} ${draw.pick(place.peers)} 2>&1 | head -2`,
          `ssh-keygen -y -P '' -f ${key} | head -c 60; ssh-keygen -lf ${key}.pub`,
          `sed -i '/${draw.word()}/d' ~/.ssh/authorized_keys`,
        ],
        draw.int(3, 6),
      ),
      ...maybe(
        draw,
        0.4,
        draw.pick([`shred -u ${key}`, `rm -f ${key}*`, `mv ${key} ~/.ssh/old-${draw.word()}`]),
      ),
    ];
  },
};

/** The daemon's settings are made stricter or wider, checked, and the old ones kept. */
const daemon: Activity = {
  name: 'sshd-settings',
  kind: 'administration',
  often: 'monthly',
  as: 'root',
  needs: ['sshd', 'ssh-keygen'],
  lines: (draw) => {
    const part = `/etc/ssh/sshd_config.d/${draw.int(10, 90)}-${draw.word()}.conf`;
    const settings = draw.some(
      [
        'PermitRootLogin prohibit-password',
        'PermitRootLogin yes',
        'PasswordAuthentication no',
        'PasswordAuthentication yes',
        'X11Forwarding no',
        'AllowTcpForwarding yes',
        'GatewayPorts no',
        `MaxAuthTries ${draw.int(2, 9)}`,
        'LogLevel VERBOSE',
        `Port ${draw.int(1000, 60_000)}`,
        'AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/keys/%u',
        'Banner /etc/issue.net',
        'PermitUserEnvironment no',
      ],
      draw.int(1, 5),
    );
    return [
      `cp -p /etc/ssh/sshd_config ${draw.pick(['/root/', '/srv/backup/', '/etc/ssh/sshd_config.old'])}`,
      ...draw.pick([
        [`printf '%s\\n' ${settings.map((one) => `'${one}'`).join(' ')} > ${part}`],
        settings.map((one) => `sed -i 's|^#\\?${one.split(' ')[0]} .*|${one}|' /etc/ssh/sshd_config`),
        [
          `cat >> /etc/ssh/sshd_config <<'END'\n\nMatch User ${draw.word()}\n  ForceCommand /usr/bin/uptime\nEND`,
        ],
        settings.map((one) => `echo '${one}' >> ${part}`),
      ]),
      'ssh-keygen -A > /dev/null; mkdir -p /run/sshd; sshd -t',
      ...draw.some(
        [
          'sshd -T | grep -iE "permitroot|passwordauth|port "',
          'diff /etc/ssh/sshd_config /root/sshd_config',
          'systemctl reload ssh',
          'grep -v "^#" /etc/ssh/sshd_config | grep .',
          'kill -HUP $(pgrep -o -x sshd) 2>/dev/null',
          `echo '${draw.word()}' > /etc/issue.net; cat /etc/pam.d/sshd | head -5`,
          'ls -la /etc/ssh',
          'mkdir -p /etc/ssh/keys; chmod 755 /etc/ssh/keys',
        ],
        draw.int(2, 4),
      ),
      ...maybe(draw, 0.5, `rm -f ${part}`),
    ];
  },
};

/** A daemon on another port: logins, copies and tunnels both ways through it. */
const tunnels: Activity = {
  name: 'tunnels-through-ssh',
  kind: 'network',
  often: 'weekly',
  as: 'root',
  needs: ['sshd', 'ssh', 'ssh-keygen', 'curl', 'rsync', 'scp'],
  lines: (draw, place) => {
    const [port = 20_000, near = 20_001, far = 20_002] = place.ports;
    const key = `/root/.ssh/${draw.word()}`;
    const options = `-i ${key} -p ${port} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`;
    const goal = `${draw.pick(place.peers)}:${draw.pick(place.peerPorts)}`;
    const at = draw.pick(['127.0.0.1', place.address]);
    return [
      `mkdir -p /run/sshd /root/.ssh; ssh-keygen -A > /dev/null; ssh-keygen -q -t ed25519 -N '' -f ${key} && cat ${key}.pub >> /root/.ssh/authorized_keys`,
      `/usr/sbin/sshd -p ${port} -o UsePAM=no -o PidFile=/run/${draw.word()}-${port}.pid`,
      `ssh ${options} root@${at} ${draw.pick(['uptime', 'id', 'hostname; whoami', "'df -h / ; free -m'", "'ls -la; cat /etc/os-release | head -2'"])}`,
      ...draw.some(
        [
          `ssh ${options} -f -N -L ${near}:${goal} root@${at}; curl -s -m 5 http://127.0.0.1:${near}/a.json | head -c 100`,
          `ssh ${options} -f -N -R ${far}:${goal} root@${at}; curl -s -m 5 http://127.0.0.1:${far}/b.txt | head -c 100`,
          `ssh ${options} -f -N -D ${near} root@${at}; curl -s -m 5 --socks5 127.0.0.1:${near} http://${goal}/c.txt | head -c 100`,
          `scp -q -P ${port} -i ${key} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -r /srv/backup root@${at}:/var/tmp/${draw.word()}`,
          `rsync -a -e "ssh ${options}" /var/www/ root@${at}:/var/tmp/${draw.word()}/`,
          `tar cz /opt 2>/dev/null | ssh ${options} root@${at} 'cat > /var/tmp/${draw.word()}.tgz'`,
          `ssh ${options} root@${at} 'bash -s' <<< '${draw.pick(['ps aux | wc -l', 'crontab -l', 'ss -tln', 'last -n 3'])}'`,
          `for h in ${at} localhost; do ssh ${options} root@$h 'hostname; uptime'; done`,
        ],
        draw.int(2, 4),
      ),
      ...maybe(draw, 0.5, 'ss -tlnp | grep ssh'),
      draw.pick([`pkill -f "ssh -i ${key}"; kill $(pgrep -f 'sshd -p ${port}')`, `pkill -f ${port}`]),
      ...maybe(draw, 0.5, root(place, `rm -f ${key} ${key}.pub`)),
    ];
  },
};

export const SSH_WORK: readonly Activity[] = [keys, daemon, tunnels];
