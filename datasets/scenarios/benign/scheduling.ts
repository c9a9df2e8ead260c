import type { Activity } from '../scenario.ts';
import { fetchTo, link, maybe, quote, remote, root, workFile, write } from '../ways.ts';

/** A report that cron makes, from a file of the machine or of the person. */
const report: Activity = {
  name: 'report-by-cron',
  kind: 'cron',
  often: 'monthly',
  as: 'either',
  needs: ['crontab', 'cron', 'curl', 'wget', 'python3', 'perl', 'sudo'],
  lines: (draw, place) => {
    const script = workFile(draw, place, draw.pick(['.sh', '.py', '']));
    const { host, port } = remote(draw, place);
    const name = draw.word();
    const when = draw.pick([
      '* * * * *',
      '*/5 * * * *',
      '@reboot',
      '@hourly',
      '17 * * * *',
      '0 6 * * 1-5',
      '*/1 * * * *',
    ]);
    const job = draw.pick([
      script,
      `curl -s -m 5 http://${host}:${port}/ping/${name}`,
      `curl -fsS http://${host}:${port}/${name}.sh | sh`,
      `/bin/sh -c 'df -h / >> /var/tmp/${name}.log'`,
      `wget -q -O /dev/null http://${host}:${port}/cron?id=${draw.int(1, 99)}`,
      `python3 -c "import time; open('/var/tmp/${name}','a').write(str(time.time()))"`,
    ]);
    return [
      draw.pick([
        'crontab -l',
        'ls /etc/cron.d /etc/cron.daily',
        'cat /etc/crontab | tail -6',
        'pgrep -a cron',
      ]),
      ...(job === script
        ? [
            draw.chance(0.4)
              ? fetchTo(draw, link(draw, place, '.sh'), script)
              : write(
                  draw,
                  script,
                  `#!/bin/bash\n${draw.pick(['uptime', 'date; df -h /', 'ps aux | wc -l', 'who'])} >> /var/tmp/${name}.log\ncurl -s -m 5 -d "n=1" http://${host}:${port}/${name} > /dev/null`,
                ),
            `chmod ${draw.pick(['+x', '755', '700'])} ${script}`,
            draw.pick([script, `bash -n ${script}`, `ls -l ${script}`]),
          ]
        : []),
      ...draw.pick([
        [`(crontab -l 2>/dev/null; echo ${quote(`${when} ${job}`)}) | crontab -`],
        [
          `crontab -l > /tmp/${name} 2>/dev/null`,
          `echo ${quote(`${when} ${job}`)} >> /tmp/${name}`,
          `crontab /tmp/${name}; rm /tmp/${name}`,
        ],
        [`echo ${quote(`${when} root ${job}`)} | ${root(place, `tee /etc/cron.d/${name}`)}`],
        [
          root(
            place,
            `install -m 755 /dev/stdin /etc/cron.${draw.pick(['hourly', 'daily', 'weekly'])}/${name} <<< ${quote(job)}`,
          ),
        ],
        [`printf '%s\\n' 'MAILTO=""' ${quote(`${when} ${job}`)} | crontab -`],
      ]),
      ...maybe(draw, 0.5, `pgrep -x cron || ${root(place, 'cron')}`, `sleep ${draw.int(10, 70)}`),
      ...draw.some(
        [
          'crontab -l',
          'ls -la /etc/cron.d',
          `tail -2 /var/tmp/${name}.log`,
          root(place, 'ls /var/spool/cron/crontabs'),
          'crontab -l | grep -v "^#" | wc -l',
        ],
        draw.int(1, 3),
      ),
      ...maybe(
        draw,
        0.4,
        draw.pick([
          'crontab -r',
          `crontab -l | grep -v ${name} | crontab -`,
          root(place, `rm -f /etc/cron.d/${name}`),
        ]),
      ),
    ];
  },
};

/** Something is put off with at, or repeated by a loop in the background. */
const later: Activity = {
  name: 'work-put-off',
  kind: 'cron',
  often: 'weekly',
  as: 'either',
  needs: ['at', 'nohup', 'sudo'],
  lines: (draw, place) => {
    const path = workFile(draw, place, '.sh');
    const when = draw.pick(['now', 'now + 1 minute', 'now + 2 hours', '22:30', 'midnight', 'tomorrow']);
    return [
      write(
        draw,
        path,
        `#!/bin/sh\n${draw.pick(['date', 'uptime', 'ls /srv'])} > ${path}.out\nsleep ${draw.int(1, 9)}`,
      ),
      draw.pick([
        `at -f ${path} ${when}`,
        `echo "sh ${path}" | at ${when}`,
        `at ${when} << 'EOF'\nsh ${path}\nEOF`,
        `(sleep ${draw.int(5, 60)}; sh ${path}) &`,
        `nohup sh -c 'sleep ${draw.int(5, 30)}; sh ${path}' > /dev/null 2>&1 &`,
        `echo "sh ${path}" | batch`,
      ]),
      ...draw.some(
        [
          'atq',
          'jobs',
          `ls -la ${path}*`,
          `pgrep -x atd || ${root(place, 'atd')}`,
          `sleep ${draw.int(5, 40)}`,
          'at -c $(atq | head -1 | cut -f1) 2>/dev/null | tail -2',
          root(place, 'ls -la /var/spool/cron/atjobs'),
        ],
        draw.int(2, 4),
      ),
      ...maybe(draw, 0.5, 'for j in $(atq | cut -f1); do atrm $j; done', `rm -f ${path}*`),
    ];
  },
};

/** What happens at a login or at the machine's start is arranged. */
const logins: Activity = {
  name: 'logins-arranged',
  kind: 'administration',
  often: 'monthly',
  as: 'either',
  needs: ['curl', 'sudo'],
  lines: (draw, place) => {
    const name = draw.word();
    const { host, port } = remote(draw, place);
    const word = name.toUpperCase().replace(/\W/g, '_');
    const mine = [
      `echo 'export PATH="$HOME/bin:$PATH"' >> ~/.profile`,
      `printf 'alias %s="%s"\\n' ${name.slice(0, 4)} '${draw.pick(['ls -la', 'git status', 'sudo -i', 'cd /srv', 'ssh files.example.net'])}' >> ~/.bashrc`,
      `echo 'export ${word}=http://${host}:${port}' >> ~/.bashrc; . ~/.bashrc`,
      `printf 'function ${name.replace(/\W/g, '_')}() { curl -s http://${host}:${port}/$1; }\\n' >> ~/.bashrc`,
      `echo 'trap "history -a" EXIT' >> ~/.bash_logout`,
      `mkdir -p ~/.config/autostart && printf '[Desktop Entry]\\nType=Application\\nExec=/usr/bin/${draw.pick(['xterm', 'env', 'true'])}\\n' > ~/.config/autostart/${name}.desktop`,
      `echo '(~/bin/${name} > /dev/null 2>&1 &)' >> ~/.profile; mkdir -p ~/bin; printf '#!/bin/sh\\nuptime > ~/.${name}\\n' > ~/bin/${name}; chmod +x ~/bin/${name}`,
      `export HISTSIZE=${draw.int(500, 9000)} HISTFILESIZE=${draw.int(500, 9000)} HISTTIMEFORMAT='%F %T '; echo 'HISTCONTROL=ignoreboth' >> ~/.bashrc`,
    ];
    const all = [
      `echo 'export ${word}=${draw.int(1, 99)}' > /etc/profile.d/${name}.sh`,
      `echo '${draw.word()} ${draw.word()}' > /etc/motd`,
      `mkdir -p /etc/update-motd.d; printf '#!/bin/sh\\nuptime\\ndf -h /\\n' > /etc/update-motd.d/50-${name}; chmod 755 /etc/update-motd.d/50-${name}`,
      `echo '${name} soft nofile ${draw.int(1024, 65_000)}' >> /etc/security/limits.d/${name}.conf`,
      `printf '#!/bin/sh -e\\n/usr/local/bin/${name} &\\nexit 0\\n' > /etc/rc.local; chmod 755 /etc/rc.local`,
      `printf 'session optional pam_umask.so\\n' >> /etc/pam.d/common-session`,
      `echo 'umask 027' >> /etc/bash.bashrc`,
      `printf 'ACTION==add, RUN+=/bin/true\\n' > /etc/udev/rules.d/${draw.int(50, 99)}-${name}.rules`,
    ].map((one) => root(place, `sh -c ${quote(one)}`));
    return [
      draw.pick(['cat ~/.bashrc', 'tail -5 ~/.profile ~/.bashrc', 'ls -la ~ | head', 'ls /etc/profile.d']),
      ...draw.some([...mine, ...all], draw.int(3, 7)),
      draw.pick([
        'bash -lc env | tail -3',
        'bash -lc true',
        'source ~/.bashrc',
        `su - ${place.user} -c true < /dev/null`,
      ]),
      ...maybe(draw, 0.5, `sed -i '$d' ~/.bashrc`, `cp ~/.bashrc ~/.bashrc.$(date +%F)`),
    ];
  },
};

export const SCHEDULING: readonly Activity[] = [report, later, logins];
