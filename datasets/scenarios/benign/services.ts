import type { Activity } from '../scenario.ts';

/** What runs on a machine without anybody at it: started by root at the session's begin, in the background. */
export const SERVICES: readonly Activity[] = [
  {
    name: 'cron-daemon',
    kind: 'cron',
    as: 'root',
    needs: ['cron', 'crontab'],
    lines: (draw) => {
      const script = `/root/scripts/${draw.word()}.sh`;
      return [
        `printf '#!/bin/sh\\nfind /srv -type f | wc -l > /var/tmp/${draw.word()}\\ndf / >> /var/log/${draw.word()}.log\\n' > ${script}; chmod +x ${script}`,
        `printf '*/${draw.int(1, 3)} * * * * ${script}\\n* * * * * date >> /var/log/${draw.word()}.log\\n' | crontab -`,
        '/usr/sbin/cron',
      ];
    },
  },
  {
    name: 'web-application',
    kind: 'web',
    as: 'root',
    needs: ['python3', 'curl'],
    lines: (draw, place) => [
      `cd /var/www/html && (python3 -m http.server ${place.ports[0]} --bind ${place.address} >> /var/log/${draw.word()}.log 2>&1 &) ; cd`,
      `(while :; do curl -s http://${place.address}:${place.ports[0]}/ > /dev/null; sleep ${draw.int(8, 40)}; done &)`,
    ],
  },
  {
    name: 'metrics-agent',
    kind: 'network',
    as: 'root',
    needs: ['curl'],
    lines: (draw, place) => {
      const agent = `/opt/${draw.word()}-agent`;
      return [
        `printf '#!/bin/bash\\nwhile :; do read -r load _ < /proc/loadavg; curl -s -m 5 -d "load=$load" http://${draw.pick(place.peers)}:${draw.pick(place.peerPorts)}/metrics > /dev/null; sleep ${draw.int(15, 60)}; done\\n' > ${agent}; chmod +x ${agent}`,
        `nohup ${agent} > /dev/null 2>&1 &`,
      ];
    },
  },
  {
    name: 'redis-with-writer',
    kind: 'database',
    as: 'root',
    needs: ['redis-server', 'redis-cli'],
    lines: (draw, place) => [
      `redis-server --port ${place.ports[1]} --daemonize yes --dir /var/tmp --save ${draw.int(30, 120)} 1 > /dev/null`,
      `(while :; do redis-cli -p ${place.ports[1]} set ${draw.word()} $RANDOM > /dev/null; sleep ${draw.int(5, 30)}; done &)`,
    ],
  },
  {
    name: 'job-worker',
    kind: 'data',
    as: 'root',
    needs: ['python3'],
    lines: (draw) => {
      const folder = `/srv/${draw.word()}`;
      return [
        `mkdir -p ${folder}/in ${folder}/done`,
        `(while :; do f=${folder}/in/$RANDOM.job; date > $f; sort $f > $f.out; mv $f $f.out ${folder}/done/; sleep ${draw.int(10, 45)}; done &)`,
      ];
    },
  },
  {
    name: 'log-writer',
    kind: 'administration',
    as: 'root',
    needs: ['gzip'],
    lines: (draw) => {
      const log = `/var/log/${draw.word()}.log`;
      return [
        `(while :; do echo "$(date) ${draw.word()}" >> ${log}; [ $(stat -c %s ${log}) -gt ${draw.int(800, 3000)} ] && gzip -f ${log}; sleep ${draw.int(5, 20)}; done &)`,
      ];
    },
  },
];
