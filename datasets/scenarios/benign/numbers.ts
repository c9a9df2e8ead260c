import type { Activity } from '../scenario.ts';
import { behind, fetchTo, link, maybe, remote, workFile, workFolder, write } from '../ways.ts';

/** A worker asks for jobs, computes, and reports what came out. */
const worker: Activity = {
  name: 'worker-of-a-cluster',
  kind: 'data',
  often: 'weekly',
  as: 'either',
  needs: ['python3', 'gcc', 'curl', 'wget', 'perl', 'nproc', 'nice', 'crontab', 'openssl'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const { host, port } = remote(draw, place);
    const name = `${folder}/${draw.word()}${draw.pick(['', '-worker', '-sim', '-render', '64'])}`;
    const rounds = draw.int(4, 15);
    const python = `import hashlib, json, os, socket, time\nserver = ("${host}", ${port})\nfor i in range(${rounds}):\n    try:\n        s = socket.create_connection(server, timeout=5)\n        s.sendall((json.dumps({"id": i, "method": "job", "params": ["${draw.word()}"]}) + "\\n").encode())\n        s.settimeout(3)\n        job = s.recv(2000)\n    except OSError:\n        job = os.urandom(40)\n    best = min(hashlib.sha256(job + str(n).encode()).hexdigest() for n in range(${draw.int(10_000, 60_000)}))\n    open("${folder}/best", "a").write(best + "\\n")\n    time.sleep(${draw.int(2, 6)})`;
    const shell = `#!/bin/bash\nfor i in $(seq ${rounds}); do\n  job=$(curl -s -m 5 http://${host}:${port}/api/job)\n  out=$(echo "$job" | openssl dgst -sha512)\n  for n in 1 2 3 4 5; do out=$(echo "$out$n" | sha256sum); done\n  curl -s -m 5 -d "result=$out&host=$(hostname)" http://${host}:${port}/result > /dev/null\n  sleep ${draw.int(2, 6)}\ndone`;
    const isPython = draw.chance(0.5);
    return [
      ...maybe(
        draw,
        0.5,
        draw.pick(['nproc; uptime', 'lscpu | head -8', 'cat /proc/cpuinfo | grep -c processor', 'free -m']),
      ),
      `mkdir -p ${folder}`,
      write(draw, name, isPython ? `#!/usr/bin/python3\n${python}` : shell),
      `chmod ${draw.pick(['+x', '755', '700'])} ${name}`,
      behind(
        draw,
        draw.pick([
          name,
          `nice -n ${draw.int(5, 19)} ${name}`,
          `taskset -c 0 ${name}`,
          `ionice -c3 nice ${name}`,
        ]),
      ),
      `sleep ${draw.int(5, 30)}`,
      ...draw.some(
        [
          'ps aux --sort=-%cpu | head -4',
          'top -bn1 | head -9',
          `pgrep -fl ${name}`,
          'uptime',
          `ls -la ${folder}; tail -1 ${folder}/* | head -5`,
          'ss -tnp | head -4',
          `echo '@reboot ${name}' | crontab -; crontab -l`,
          `curl -s -X POST -d '{"agent":"${draw.word()}","cores":'$(nproc)'}' http://${host}:${port}/agents`,
        ],
        draw.int(2, 4),
      ),
      ...maybe(draw, 0.6, `pkill -f ${name}`, `rm -rf ${folder}`),
    ];
  },
};

/** Numbers are computed on all cores for some seconds. */
const simulation: Activity = {
  name: 'simulation-on-all-cores',
  kind: 'data',
  often: 'weekly',
  as: 'either',
  needs: ['python3', 'gcc', 'nice', 'bc', 'perl', 'time'],
  lines: (draw, place) => {
    const path = workFile(draw, place, draw.pick(['.py', '.c', '.pl']));
    const binary = path.replace(/\.\w+$/, '.bin');
    const bodies: Readonly<Record<string, string>> = {
      py: `import multiprocessing, random\ndef walk(seed):\n    r = random.Random(seed)\n    return sum(r.random() ** 2 + r.random() ** 2 <= 1 for _ in range(${draw.int(20_000, 120_000)}))\nif __name__ == "__main__":\n    with multiprocessing.Pool(2) as pool:\n        print(sum(pool.map(walk, range(${draw.int(2, 6)}))))`,
      c: `#include <stdio.h>\n#include <unistd.h>\nint main(void) {\n  unsigned x = ${draw.int(1, 1e6)}; double s = 0;\n  for (int k = 0; k < ${draw.int(3, 20)}; k++) { for (int i = 0; i < 4000000; i++) { x = x * 1664525u + 1013904223u; s += x / 4294967296.0; } usleep(500000); }\n  printf("%f\\n", s); return 0; }`,
      pl: `my $s = 0; for my $k (1..${draw.int(2, 10)}) { $s += sqrt($_) for 1..${draw.int(50_000, 300_000)}; select(undef, undef, undef, 0.4) } print "$s\\n";`,
    };
    const kind = path.split('.').pop() ?? 'py';
    const run = kind === 'py' ? `python3 ${path}` : kind === 'pl' ? `perl ${path}` : binary;
    return [
      write(draw, path, bodies[kind] ?? ''),
      ...(kind === 'c' ? [`gcc -O2 -o ${binary} ${path}`] : []),
      draw.pick([
        `time ${run}`,
        `nice ${run}`,
        behind(draw, `nice -n 19 ${run}`),
        `${run} > ${path}.out & wait $!; cat ${path}.out`,
      ]),
      ...draw.some(
        [
          'uptime',
          'ps aux --sort=-%cpu | head -3',
          `echo "scale=8; sqrt(${draw.int(2, 99)})" | bc -l`,
          `timeout 2 yes > /dev/null; uptime`,
          `timeout 3 openssl speed -seconds 1 md5 2>/dev/null | tail -1`,
          `head -c 3M /dev/zero | ${draw.pick(['sha256sum', 'md5sum', 'gzip -9 | wc -c', 'xz -1 | wc -c'])}`,
          'cat /proc/loadavg',
        ],
        draw.int(1, 4),
      ),
      `rm -f ${path}* ${binary}`,
    ];
  },
};

/** A table is fetched, cleaned, joined and summed up. */
const table: Activity = {
  name: 'tables-joined',
  kind: 'data',
  often: 'daily',
  as: 'either',
  needs: ['curl', 'wget', 'python3', 'perl', 'jq', 'join', 'column'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    return [
      `mkdir -p ${folder} && cd ${folder}`,
      fetchTo(draw, link(draw, place, '.json'), `${folder}/a.json`),
      `jq -r '.[] | [.id, .name, .value] | @csv' a.json > a.csv 2>/dev/null; seq 0 30 | awk '{print $1","int(rand()*100)}' > b.csv`,
      ...draw.some(
        [
          'sort -t, -k1,1 a.csv > a.s; sort -t, -k1,1 b.csv > b.s; join -t, a.s b.s | head -4',
          `awk -F, '{s[$2]+=$3} END {for (k in s) print k, s[k]}' a.csv | sort | head -3`,
          'column -s, -t a.csv | head -4',
          `sed -i 's/"//g' a.csv; cut -d, -f2 a.csv | sort | uniq -c | sort -rn | head -3`,
          `python3 -c "import csv; rows=list(csv.reader(open('a.csv'))); print(len(rows), rows[:1])"`,
          `perl -F, -lane '$t += $F[2]; END { print $t }' a.csv`,
          'paste -d, a.csv b.csv | tail -2',
          `split -n l/3 b.csv part-; wc -l part-*`,
          `tr a-z A-Z < a.csv | rev | head -2`,
          `grep -E '[0-9]{3}' a.csv | tee big.csv | wc -l`,
          `iconv -f utf-8 -t latin1 a.csv > l.csv; file l.csv`,
        ],
        draw.int(3, 6),
      ),
      `cd; ${draw.pick([`rm -rf ${folder}`, `mv ${folder}/a.csv ~/; rm -r ${folder}`, `ls ${folder}`])}`,
    ];
  },
};

export const NUMBERS: readonly Activity[] = [worker, simulation, table];
