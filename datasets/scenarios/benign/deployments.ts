import type { Draw } from '../draw.ts';
import type { Activity, Place } from '../scenario.ts';
import { behind, fetchTo, link, look, maybe, remote, root, workFile, workFolder, write } from '../ways.ts';
import { plainWord } from './plain-word.ts';

/** A program of the house that works and rests in turn, by chance telling another machine. */
function program(draw: Draw, place: Place, kept: string): string {
  const { host, port } = remote(draw, place);
  const pause = draw.int(3, 30);
  const rounds = draw.int(4, 30);
  return draw.pick([
    `#!/bin/bash\nfor i in $(seq ${rounds}); do\n  date >> ${kept}\n  sleep ${pause}\ndone`,
    `#!/bin/sh\ni=0\nwhile [ $i -lt ${rounds} ]; do\n  curl -s -m 5 http://${host}:${port}/api/jobs.json -o ${kept}\n  i=$((i+1)); sleep ${pause}\ndone`,
    `#!/usr/bin/python3\nimport time, urllib.request\nfor i in range(${rounds}):\n    try:\n        urllib.request.urlopen("http://${host}:${port}/api/${draw.word()}", timeout=5).read()\n    except OSError:\n        pass\n    open("${kept}", "a").write(f"{i}\\n")\n    time.sleep(${pause})`,
    `#!/usr/bin/perl\nfor (1..${rounds}) { open(my $o, ">>", "${kept}"); print $o time, "\\n"; close $o; sleep ${pause}; }`,
  ]);
}

/** A vendor's installer is fetched and run. */
const installer: Activity = {
  name: 'vendor-installer',
  kind: 'packages',
  often: 'monthly',
  as: 'either',
  needs: ['curl', 'wget', 'perl', 'python3', 'sudo'],
  lines: (draw, place) => {
    const from = link(draw, place, draw.pick(['.sh', '.sh', '/install.sh', '/setup', '.py']));
    const path = workFile(draw, place, draw.pick(['.sh', '', '.run']));
    const run = from.endsWith('.py') ? 'python3' : draw.pick(['sh', 'bash']);
    return [
      ...look(draw, draw.int(0, 2)),
      ...draw.pick([
        [`curl -fsSL ${from} | ${run}`],
        [`wget -qO- ${from} | ${run}`],
        [`curl -s ${from} | ${root(place, `${run} -`)}`],
        [`${run} <(curl -s ${from})`],
        [`${run} -c "$(curl -fsSL ${from})"`],
        [fetchTo(draw, from, path), `less ${path} | head -5`, `${run} ${path}`],
        [fetchTo(draw, from, path), `chmod ${draw.pick(['+x', '755', 'u+x'])} ${path}`, path],
        [fetchTo(draw, from, path), `sha256sum ${path}`, behind(draw, `${run} ${path}`), 'sleep 6'],
      ]),
      ...draw.some(
        [
          'ls -la ~/.local/share',
          `rm -f ${path}`,
          `echo 'export PATH="$HOME/.local/bin:$PATH"' >> ~/.bashrc`,
          'hash -r; echo $PATH',
          'find ~/.local -newer /etc/hostname -type f | head',
          root(place, `ln -sf ~/.local/share /opt/${draw.word()}`),
        ],
        draw.int(1, 3),
      ),
    ];
  },
};

/** A release is unpacked beside the old one, linked and started. */
const release: Activity = {
  name: 'release-switched',
  kind: 'web',
  often: 'weekly',
  as: 'either',
  needs: ['curl', 'wget', 'perl', 'python3', 'tar'],
  lines: (draw, place) => {
    const base = `${draw.pick([place.home, '/var/tmp', `${place.home}/apps`])}/${draw.word()}`;
    const version = `${draw.int(1, 9)}.${draw.int(0, 20)}.${draw.int(0, 9)}`;
    const archive = workFile(draw, place, '.tar.gz');
    const start = `${base}/current/${draw.pick(['run', 'start.sh', 'app', 'worker'])}`;
    return [
      `mkdir -p ${base}/releases/${version}`,
      fetchTo(draw, link(draw, place, '.tar.gz'), archive),
      `tar xzf ${archive} -C ${base}/releases/${version} --strip-components=1`,
      `ln -sfn ${base}/releases/${version} ${base}/current`,
      write(draw, start, program(draw, place, `${base}/${draw.word()}.log`)),
      `chmod ${draw.pick(['+x', '755', '750'])} ${start}`,
      behind(draw, start),
      ...draw.some(
        [
          `ls -l ${base}`,
          `pgrep -fl ${start}`,
          `tail -2 ${base}/*.log`,
          `rm -f ${archive}`,
          `echo ${version} > ${base}/VERSION`,
          `find ${base}/releases -mindepth 1 -maxdepth 1 | sort | head -n -3 | xargs -r rm -rf`,
          `sha256sum ${base}/current/* | head -3`,
        ],
        draw.int(2, 4),
      ),
      ...maybe(draw, 0.6, `pkill -f ${start}`),
    ];
  },
};

/** A program of the house becomes a service of the machine. */
const unit: Activity = {
  name: 'service-installed',
  kind: 'administration',
  often: 'monthly',
  as: 'root',
  needs: ['useradd', 'curl', 'perl', 'python3'],
  lines: (draw, place) => {
    const name = `${plainWord(draw)}${draw.pick(['', 'd', '-agent', '-sync', '-worker'])}`;
    const binary = `${draw.pick(['/usr/local/bin', '/usr/local/sbin', '/opt', '/usr/lib'])}/${name}`;
    const made = workFile(draw, place, '');
    const service = `[Unit]\nDescription=${draw.word()} ${draw.pick(['service', 'agent', 'worker'])}\nAfter=network.target\n\n[Service]\nExecStart=${binary}\nRestart=${draw.pick(['always', 'on-failure'])}\n${draw.chance(0.5) ? `User=${name}\n` : ''}\n[Install]\nWantedBy=multi-user.target`;
    return [
      ...maybe(draw, 0.5, `useradd -r -M -s /usr/sbin/nologin ${name}`),
      write(draw, made, program(draw, place, `/var/log/${name}.log`)),
      `install -m 755 ${made} ${binary}; rm ${made}`,
      write(
        draw,
        `${draw.pick(['/etc/systemd/system', '/etc/systemd/system', '/lib/systemd/system'])}/${name}.service`,
        service,
      ),
      'systemctl daemon-reload',
      draw.pick([`systemctl enable --now ${name}`, `systemctl start ${name}`, `systemctl enable ${name}`]),
      ...draw.some(
        [
          `mkdir -p /etc/systemd/system/multi-user.target.wants; ln -sf /etc/systemd/system/${name}.service /etc/systemd/system/multi-user.target.wants/`,
          behind(draw, binary),
          `systemctl status ${name}; journalctl -u ${name} -n 3`,
          `mkdir -p /etc/systemd/system/${name}.service.d; printf '[Service]\\nEnvironment=A=1\\n' > /etc/systemd/system/${name}.service.d/override.conf`,
          `printf '[Timer]\\nOnCalendar=hourly\\n' > /etc/systemd/system/${name}.timer`,
          `printf '/var/log/${name}.log {\\n weekly\\n rotate 4\\n}\\n' > /etc/logrotate.d/${name}`,
          `touch -r /etc/hostname ${binary}`,
        ],
        draw.int(2, 5),
      ),
      ...maybe(draw, 0.5, `pkill -f ${binary}`),
    ];
  },
};

/** A job is left running while its owner goes on, and is looked after. */
const longJob: Activity = {
  name: 'job-left-running',
  kind: 'data',
  often: 'weekly',
  as: 'either',
  needs: ['curl', 'perl', 'python3'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const path = `${folder}/${draw.file(draw.pick(['.sh', '.py', '']))}`;
    return [
      `mkdir -p ${folder}`,
      write(draw, path, program(draw, place, `${folder}/${draw.word()}.out`)),
      `chmod ${draw.pick(['+x', '700', '755'])} ${path}`,
      behind(draw, path),
      ...draw.some(
        [
          'jobs -l',
          `ps aux | grep ${path} | grep -v grep`,
          `tail ${folder}/*.out`,
          `sleep ${draw.int(5, 40)}`,
          `ls -la ${folder}`,
          `pgrep -f ${path} > ${folder}/pid; cat ${folder}/pid`,
          `ls -l /proc/$(pgrep -of ${path})/fd`,
          `renice 10 -p $(pgrep -of ${path})`,
          'disown -a',
        ],
        draw.int(2, 5),
      ),
      ...maybe(draw, 0.5, draw.pick([`pkill -f ${path}`, `kill -9 $(pgrep -f ${path})`]), `rm -rf ${folder}`),
    ];
  },
};

export const DEPLOYMENTS: readonly Activity[] = [installer, release, unit, longJob];
