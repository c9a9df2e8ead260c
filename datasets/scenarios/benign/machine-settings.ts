import type { Activity } from '../scenario.ts';
import { maybe, workFolder, write } from '../ways.ts';
import { plainWord } from './plain-word.ts';

/** File systems are mounted, bound, laid over and taken down. */
const mounts: Activity = {
  name: 'file-systems-mounted',
  kind: 'administration',
  often: 'monthly',
  as: 'root',
  needs: ['mount', 'umount', 'findmnt', 'lsof'],
  lines: (draw, place) => {
    const at = `${draw.pick(['/mnt', '/srv', '/media'])}/${draw.word()}`;
    const lower = workFolder(draw, place);
    const way = draw.pick([
      [`mount -t tmpfs -o size=${draw.int(2, 20)}m tmpfs ${at}`],
      [`mkdir -p ${lower}; mount --bind ${lower} ${at}`],
      [
        `mount -t tmpfs ${draw.word()} ${at}; mkdir -p ${at}/low ${at}/up ${at}/work ${at}/all`,
        `mount -t overlay overlay -o lowerdir=${at}/low,upperdir=${at}/up,workdir=${at}/work ${at}/all; date > ${at}/all/a; ls ${at}/up; umount ${at}/all`,
      ],
      [`mount -o bind,ro /var/www ${at}`],
      [`mount --rbind /opt ${at}; mount -o remount,bind,ro ${at}`],
      [`mount -t proc proc ${at}; ls ${at} | head -3`],
    ]);
    return [
      draw.pick(['mount | tail -4', 'findmnt | head', 'cat /proc/mounts | tail -4', 'df -hT']),
      `mkdir -p ${at}`,
      ...way,
      ...draw.some(
        [
          `df -h ${at}`,
          `date > ${at}/stamp; ls -la ${at} | head -4`,
          `cp -a /opt/. ${at}/ 2>/dev/null`,
          `echo 'tmpfs ${at} tmpfs size=10m 0 0' >> /etc/fstab; tail -1 /etc/fstab`,
          `findmnt ${at}`,
          `mount -o remount,noexec ${at}`,
          `fuser -m ${at} 2>/dev/null | head -1; lsof ${at} 2>/dev/null | head -2`,
        ],
        draw.int(1, 4),
      ),
      draw.pick([`umount ${at}`, `umount -l ${at}`]),
      ...maybe(draw, 0.7, `rmdir ${at} 2>/dev/null`, `sed -i '\\|${at}|d' /etc/fstab`),
    ];
  },
};

/** A build or a trial runs in namespaces or a root of its own. */
const isolated: Activity = {
  name: 'trial-in-namespaces',
  kind: 'build',
  often: 'monthly',
  as: 'root',
  needs: ['unshare', 'nsenter', 'chroot', 'ldd', 'setpriv'],
  lines: (draw, place) => {
    const base = workFolder(draw, place).replace('/dev/shm', '/var/tmp');
    const tool = draw.pick(['ls', 'date', 'cat', 'uname', 'id']);
    const one = (): string =>
      draw.pick([
        `unshare -n ip addr`,
        `unshare -m -p -f --mount-proc ps aux`,
        `unshare -u sh -c 'hostname ${draw.word()}; hostname'`,
        `unshare -r id`,
        `unshare -m sh -c 'mount -t tmpfs tmpfs /srv; df /srv; ls /srv'`,
        `unshare -i -n -m sh -c 'ip link set lo up; ip addr | head -3'`,
        `(unshare -n sleep 20 &); sleep 1; nsenter -t $(pgrep -of 'sleep 20') -n ip link; pkill -f 'sleep 20'`,
        `setpriv --reuid=${draw.int(1000, 60_000)} --clear-groups id`,
        `nsenter -t $$ -m -- ${tool}`,
        `lsns | head -5`,
        `chroot ${base} /bin/${tool}`,
        `chroot --userspec=nobody ${base} /bin/sh -c 'cd /; echo *'`,
        `unshare -m chroot ${base} /bin/sh -c 'echo $$'`,
      ]);
    return [
      `mkdir -p ${base}/bin ${base}/etc ${base}/tmp ${base}/lib64; cp /bin/sh /bin/${tool} ${base}/bin/`,
      `for l in $(ldd /bin/sh /bin/${tool} | grep -oE '/[^ ]+\\.so[^ ]*' | sort -u); do cp --parents $l ${base} 2>/dev/null; done`,
      ...draw.pick([[`chroot ${base} /bin/${tool}`], [`chroot ${base} /bin/sh -c 'echo in $0'`], []]),
      ...Array.from({ length: draw.int(2, 5) }, one),
      ...maybe(draw, 0.4, `tar czf ${base}.tgz -C ${base} . && ls -l ${base}.tgz`),
      `rm -rf ${base} ${base}.tgz`,
    ];
  },
};

/** Names, kernel settings, limits and certificates of the machine. */
const tuning: Activity = {
  name: 'machine-tuned',
  kind: 'administration',
  often: 'monthly',
  as: 'root',
  needs: ['sysctl', 'openssl', 'update-ca-certificates', 'ip'],
  lines: (draw, place) => {
    const name = plainWord(draw);
    return [
      draw.pick([
        'uname -r; uptime',
        'sysctl -n kernel.hostname',
        'cat /etc/hosts',
        'hostname; cat /etc/hostname',
      ]),
      ...draw.some(
        [
          `printf '%s %s\\n' ${draw.pick(place.peers)} ${name}.example.net >> /etc/hosts`,
          `sed -i.bak '/${name}/d' /etc/hosts; diff /etc/hosts /etc/hosts.bak`,
          `printf 'vm.swappiness = ${draw.int(1, 60)}\\nnet.core.somaxconn = ${draw.int(128, 4096)}\\n' > /etc/sysctl.d/${draw.int(10, 99)}-${name}.conf`,
          'sysctl -a 2>/dev/null | grep -c .',
          'sysctl -w net.ipv4.ip_forward=1 2>&1 | tail -1',
          `hostname ${name}; hostname $(cat /etc/hostname)`,
          `echo 'nameserver ${draw.pick(place.peers)}' > /etc/resolv.conf`,
          `openssl req -x509 -newkey rsa:2048 -nodes -days ${draw.int(30, 900)} -subj /CN=${name} -keyout /etc/ssl/private/${name}.key -out /usr/local/share/ca-certificates/${name}.crt 2>/dev/null; chmod 600 /etc/ssl/private/${name}.key`,
          `openssl x509 -in /usr/local/share/ca-certificates/*.crt -noout -subject -enddate 2>/dev/null`,
          `ln -sf /usr/share/zoneinfo/${draw.pick(['Europe/Berlin', 'UTC', 'Asia/Tokyo', 'America/New_York'])} /etc/localtime; date`,
          `echo ${name} > /etc/modules-load.d/${name}.conf; lsmod 2>/dev/null | head -3; modprobe -n ${name} 2>&1 | tail -1`,
          `printf 'blacklist ${name}\\n' > /etc/modprobe.d/${name}.conf`,
          `iptables -L -n 2>&1 | head -3; nft list ruleset 2>&1 | head -3; ufw status 2>&1 | tail -1`,
          `ip addr add ${draw.pick(['10.99', '172.30'])}.${draw.int(0, 250)}.${draw.int(1, 250)}/32 dev lo; ip addr | grep -c inet`,
          `ip route; ip neigh; ip -s link | tail -4`,
          `update-alternatives --list editor 2>/dev/null; update-alternatives --install /usr/bin/${name} ${name} /bin/true 10 > /dev/null`,
          `tar czf /srv/backup/etc-$(date +%F).tgz /etc/ssh /etc/hosts /etc/cron.d 2>/dev/null`,
        ],
        draw.int(4, 9),
      ),
    ];
  },
};

/** Passwords of an application are changed, and forgotten ones looked for. */
const secrets: Activity = {
  name: 'secrets-rotated',
  kind: 'administration',
  often: 'monthly',
  as: 'either',
  needs: ['openssl', 'gpg', 'sudo', 'git'],
  lines: (draw, place) => {
    const name = draw.word();
    const file = `${place.home}/${draw.pick(['.env', `.${name}rc`, '.netrc', '.pgpass', 'settings.ini', '.git-credentials'])}`;
    const be = place.user === 'root' ? '' : 'sudo -n ';
    return [
      draw.pick([
        `openssl rand -base64 ${draw.int(12, 32)}`,
        'head -c 18 /dev/urandom | base64',
        `openssl passwd -6 ${name}`,
        'tr -dc A-Za-z0-9 < /dev/urandom | head -c 20; echo',
      ]),
      write(
        draw,
        file,
        draw.pick([
          `USER=${name}\nPASSWORD=${draw.word()}${draw.int(100, 999)}`,
          `machine ${draw.pick(place.peers)} login ${name} password ${draw.word()}`,
          `[db]\nuser = ${name}\ntoken = ${draw.int(1e6, 9e6)}`,
        ]),
      ),
      `chmod 600 ${file}`,
      ...draw.some(
        [
          `${be}sed -i "s/^password = .*/password = $(openssl rand -hex 8)/" /opt/*/config.ini`,
          `${be}cat /opt/*/config.ini`,
          `grep -rniE 'password|secret|token|api.?key' ~/src ~/projects ~/.config ~/.env 2>/dev/null | head`,
          `grep -rl 'PRIVATE KEY' ~ 2>/dev/null | head -5`,
          `cat ~/.aws/credentials; sed -i 's/^aws_secret_access_key.*/aws_secret_access_key = ${draw.word()}${draw.int(1e5, 9e5)}/' ~/.aws/credentials`,
          `grep -nE 'pass|token' ~/.bash_history; sed -i '/token/d' ~/.bash_history`,
          `find ~ -maxdepth 3 \\( -name '*.pem' -o -name 'id_*' -o -name '.netrc' -o -name '*.key' \\) -ls 2>/dev/null`,
          `gpg --batch --yes --passphrase ${name} -c ${file} && ls -l ${file}.gpg`,
          `openssl genrsa -out ~/.${name}.pem 2048 2>/dev/null; openssl rsa -in ~/.${name}.pem -noout -check 2>&1 | tail -1`,
          `cp -p ${file} ${file}.old; ls -la ~ | grep '^-rw-------'`,
          `set -a; . ${file} 2>/dev/null; set +a; env | grep -c .`,
          `${be}getent shadow ${place.user}; ${be}chage -l ${place.user} | head -2`,
        ],
        draw.int(3, 7),
      ),
      ...maybe(draw, 0.4, draw.pick([`shred -u ${file}`, `rm -f ${file}*`, 'history -d -1'])),
    ];
  },
};

export const MACHINE_SETTINGS: readonly Activity[] = [mounts, isolated, tuning, secrets];
