import type { Activity } from '../scenario.ts';

/** Running services for others and keeping them well. */
export const OPERATIONS: readonly Activity[] = [
  {
    name: 'web-site',
    kind: 'web',
    often: 'daily',
    as: 'root',
    needs: ['nginx', 'curl'],
    lines: (draw, place) => {
      const name = draw.word();
      return [
        `mkdir -p /srv/${name}/www && echo "<h1>${name}</h1>" > /srv/${name}/www/index.html`,
        `printf 'pid /run/${name}.pid;\\nerror_log /var/log/${name}.err;\\nevents {}\\nhttp { access_log /var/log/${name}.access; server { listen ${place.address}:${place.ports[2]}; root /srv/${name}/www; } }\\n' > /srv/${name}/nginx.conf`,
        `nginx -t -c /srv/${name}/nginx.conf; nginx -c /srv/${name}/nginx.conf`,
        `for i in $(seq 1 ${draw.int(2, 10)}); do curl -s -o /dev/null http://${place.address}:${place.ports[2]}/; done`,
        ...draw.some(
          [
            `nginx -s reload -c /srv/${name}/nginx.conf`,
            `tail -2 /var/log/${name}.access`,
            `chown -R www-data /srv/${name}/www`,
            `nginx -s stop -c /srv/${name}/nginx.conf`,
            `curl -s http://${place.address}:${place.ports[2]}/missing | head -2`,
          ],
          draw.int(1, 4),
        ),
      ];
    },
  },
  {
    name: 'php-page',
    kind: 'web',
    often: 'daily',
    as: 'either',
    needs: ['php', 'curl'],
    lines: (draw, place) => {
      const folder = `${draw.pick(['/var/tmp', '/tmp', place.home])}/${draw.word()}`;
      return [
        `mkdir -p ${folder} && echo '<?php echo "load ", sys_getloadavg()[0], " ", ${draw.pick(['gethostname()', 'shell_exec("uptime")', 'exec("df -h / | tail -1")', 'phpversion()'])}; ' > ${folder}/index.php`,
        `php -S ${draw.pick(['127.0.0.1', place.address])}:${place.ports[1]} -t ${folder} >/dev/null 2>&1 &`,
        `sleep 1; for i in $(seq 1 ${draw.int(2, 8)}); do curl -s http://127.0.0.1:${place.ports[1]}/index.php http://${place.address}:${place.ports[1]}/ ; sleep 1; done`,
        ...(draw.chance(0.7) ? ['kill %1'] : []),
      ];
    },
  },
  {
    name: 'forward-ports',
    kind: 'network',
    often: 'weekly',
    as: 'either',
    needs: ['socat', 'curl', 'nc'],
    lines: (draw, place) => {
      const [own = 20_000] = place.ports;
      const [host, port] = [draw.pick(place.peers), draw.pick(place.peerPorts)];
      return [
        `socat TCP-LISTEN:${own},bind=127.0.0.1,reuseaddr,fork TCP:${host}:${port} &`,
        `sleep 1; curl -s http://127.0.0.1:${own}/api/${draw.word()} | head -c 200`,
        ...draw.some(
          [
            `echo ping | nc -w 3 127.0.0.1 ${own}`,
            `timeout 8 nc ${host} ${port} < /dev/null`,
            `(echo hello; sleep 2) | timeout 6 nc ${host} ${port}`,
            `timeout 5 bash -c 'exec 3<>/dev/tcp/${host}/${port}; printf "GET / HTTP/1.0\\r\\n\\r\\n" >&3; head -3 <&3'`,
            `timeout 12 socat - TCP:${host}:${port} < /dev/null | head -2`,
          ],
          draw.int(1, 3),
        ),
        'kill %1',
      ];
    },
  },
  {
    name: 'own-ssh-daemon',
    kind: 'administration',
    often: 'monthly',
    as: 'root',
    needs: ['sshd', 'ssh', 'ssh-keygen', 'rsync'],
    lines: (draw, place) => {
      const key = `/root/.ssh/${draw.word()}`;
      return [
        `mkdir -p /run/sshd; ssh-keygen -A > /dev/null; ssh-keygen -q -t ed25519 -N '' -f ${key}; cat ${key}.pub >> /root/.ssh/authorized_keys`,
        `/usr/sbin/sshd -p ${place.ports[3]} -o PermitRootLogin=prohibit-password -o UsePAM=no`,
        `ssh -i ${key} -o StrictHostKeyChecking=no -p ${place.ports[3]} root@127.0.0.1 ${draw.pick(['uptime', 'id', 'df -h', 'ls /srv', 'hostname; w'])}`,
        ...draw.some(
          [
            `scp -q -i ${key} -P ${place.ports[3]} /etc/hosts root@127.0.0.1:/var/tmp/`,
            `ssh -i ${key} -p ${place.ports[3]} -fN -L ${place.ports[2]}:127.0.0.1:${place.ports[3]} root@127.0.0.1`,
            `rsync -a -e "ssh -i ${key} -p ${place.ports[3]}" /srv/ root@127.0.0.1:/var/tmp/copy/`,
            'tail -3 /var/log/auth.log',
            `pkill -f "sshd -p ${place.ports[3]}"`,
          ],
          draw.int(1, 3),
        ),
      ];
    },
  },
  {
    name: 'redis-work',
    kind: 'database',
    often: 'daily',
    as: 'either',
    needs: ['redis-server', 'redis-cli'],
    lines: (draw, place) => {
      const cli = `redis-cli -p ${place.ports[2]}`;
      return [
        `redis-server --port ${place.ports[2]} --daemonize yes --dir ${draw.pick(['/tmp', '/var/tmp'])} > /dev/null; sleep 1`,
        `for i in $(seq 1 ${draw.int(3, 12)}); do ${cli} rpush ${draw.word()} $i > /dev/null; done`,
        ...draw.some(
          [
            `${cli} info | head -5`,
            `${cli} save`,
            `${cli} keys '*'`,
            `${cli} config get dir`,
            `${cli} --rdb /tmp/${draw.word()}.rdb`,
          ],
          draw.int(1, 3),
        ),
        `${cli} shutdown nosave`,
      ];
    },
  },
  {
    name: 'protect-files',
    kind: 'administration',
    often: 'monthly',
    as: 'either',
    needs: ['openssl', 'shred', 'gzip'],
    lines: (draw, { home }) => {
      const folder = `${home}/${draw.pick(['private', 'archive', draw.word()])}`;
      return [
        `mkdir -p ${folder} && cp ${home}/Documents/* ${folder}/ 2>/dev/null; for i in $(seq 1 ${draw.int(3, 15)}); do head -c ${draw.int(500, 9000)} /dev/urandom > ${folder}/part$i.bin; done`,
        draw.pick([
          `for f in ${folder}/*; do openssl enc -aes-256-cbc -pbkdf2 -k ${draw.word()} -in "$f" -out "$f.enc"; done`,
          `for f in ${folder}/*; do gzip "$f"; done`,
          `for f in ${folder}/*.bin; do mv "$f" "\${f%.bin}.old"; done`,
          `find ${folder} -type f -exec xz {} \\;`,
        ]),
        ...draw.some(
          [
            `shred -u ${folder}/*.bin 2>/dev/null`,
            `chmod -R go-rwx ${folder}`,
            `tar czf ${folder}.tgz ${folder} 2>/dev/null && rm -rf ${folder}`,
            `rm -f ${folder}/part*`,
            `ls ${folder} | wc -l`,
            `echo "kept in ${folder}" > ${home}/README.txt`,
            `md5sum ${folder}/* 2>/dev/null | head -3`,
          ],
          draw.int(1, 4),
        ),
      ];
    },
  },
  {
    name: 'start-at-login',
    kind: 'administration',
    often: 'monthly',
    as: 'either',
    needs: ['systemctl', 'crontab'],
    lines: (draw, { home, user }) => {
      const script = `${home}/${draw.pick(['bin', '.local/bin'])}/${draw.word()}`;
      return [
        `mkdir -p $(dirname ${script}) && printf '#!/bin/bash\\ndate >> ~/.${draw.word()}.log\\n' > ${script} && chmod 755 ${script}`,
        ...draw.some(
          [
            `echo '[ -x ${script} ] && ${script}' >> ${home}/.profile`,
            `echo "alias ${draw.word().slice(0, 3)}='${script}'" >> ${home}/.bashrc`,
            `(crontab -l 2>/dev/null; echo "@daily ${script}") | crontab -`,
            `mkdir -p ${home}/.config/systemd/user && printf '[Service]\\nExecStart=${script}\\n' > ${home}/.config/systemd/user/${draw.word()}.service; systemctl --user daemon-reload`,
            ...(user === 'root'
              ? [
                  `printf '[Service]\\nExecStart=${script}\\nRestart=always\\n' > /etc/systemd/system/${draw.word()}.service; systemctl enable ${draw.word()}`,
                  `echo "${script}" >> /etc/rc.local`,
                  `ln -s ${script} /etc/cron.hourly/${draw.word()}`,
                  `setcap cap_net_bind_service+ep ${script} 2>/dev/null; chattr +i ${script} 2>/dev/null; chattr -i ${script} 2>/dev/null`,
                ]
              : [`sudo cp ${script} /usr/local/bin/`]),
            'bash -lc true',
          ],
          draw.int(2, 4),
        ),
        script,
      ];
    },
  },
  {
    name: 'tidy-up',
    kind: 'administration',
    often: 'weekly',
    as: 'either',
    needs: ['sudo'],
    lines: (draw, { home, user }) => {
      const be = user === 'root' ? '' : 'sudo ';
      return draw.some(
        [
          `rm -rf /tmp/${draw.word()}* ${home}/.cache/*`,
          'history -c; history -w',
          `find ${home} -name "*.bak" -delete`,
          `${be}find /var/log -name "*.log" -size +1k -exec truncate -s 0 {} \\;`,
          `${be}rm -f /var/log/*.gz`,
          `${be}sh -c 'du -sh /var/* 2>/dev/null | sort -h | tail -3'`,
          `${be}passwd -l ${draw.pick(['games', 'news', 'uucp'])}`,
          `${be}chmod -R o-w /opt /srv`,
          `${be}find /usr/bin /usr/sbin -perm -4000 -ls | wc -l`,
          `${be}cat /etc/shadow | wc -l`,
          `${be}cp /etc/passwd /etc/group /srv/backup/`,
          `touch -d "2 days ago" ${home}/notes.txt`,
          `mv ${home}/notes.txt ${home}/notes-$(date +%F).txt; touch ${home}/notes.txt`,
          `${be}dd if=/dev/zero of=/var/tmp/${draw.word()} bs=64k count=${draw.int(2, 20)} status=none`,
          `${be}kill -HUP $(pgrep -o cron) 2>/dev/null`,
          `${be}killall -q ${draw.pick(['socat', 'php', 'python3'])}`,
        ],
        draw.int(4, 8),
      );
    },
  },
  {
    name: 'encode-and-decode',
    kind: 'data',
    often: 'weekly',
    as: 'either',
    needs: ['base64', 'xxd', 'jq', 'curl'],
    lines: (draw, place) => {
      const text = `${draw.word()} ${draw.word()}`;
      return draw.some(
        [
          `echo ${Buffer.from(text).toString('base64')} | base64 -d`,
          `base64 ${place.home}/notes.txt | tr -d '\\n' | head -c 80`,
          `echo '${text}' | xxd | head -1`,
          `printf '%s' ${Buffer.from('date; uptime').toString('base64')} | base64 -d | sh`,
          `eval "$(printf 'X=%s' ${draw.word()})"; echo $X`,
          `curl -s http://${draw.pick(place.peers)}:${draw.pick(place.peerPorts)}/a.json | jq -c '.[0]'`,
          `python3 -c "import base64,sys; sys.stdout.write(base64.b64decode('${Buffer.from(text).toString('base64')}').decode())"`,
          `perl -e 'print pack("H*", "${Buffer.from(text).toString('hex')}"), "\\n"'`,
          `echo ${draw.word()} | sha256sum | cut -c1-16 | rev`,
          `bash -c "$(echo 'ls /srv | head')"`,
        ],
        draw.int(3, 7),
      );
    },
  },
];
