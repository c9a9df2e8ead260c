import type { Draw } from '../draw.ts';
import type { Activity, Place } from '../scenario.ts';

const url = (draw: Draw, place: Place, path: string): string =>
  `http://${draw.pick(place.peers)}:${draw.pick(place.peerPorts)}/${path}`;

/** Work that anybody does at any time. */
export const EVERYDAY: readonly Activity[] = [
  {
    name: 'look-around',
    kind: 'interactive',
    often: 'daily',
    as: 'either',
    needs: ['lsof', 'crontab'],
    lines: (draw) =>
      draw.some(
        [
          'id',
          'whoami',
          'uname -a',
          'hostname',
          'w',
          'last -n 5',
          'uptime',
          'ps aux | head -20',
          'ps -ef --forest | tail -15',
          'df -h',
          'free -m',
          'ls -la',
          'ls -la ~/.ssh',
          'cat /etc/os-release',
          'cat /etc/passwd | tail -5',
          'getent passwd | cut -d: -f1,7 | tail',
          'ip addr | grep inet',
          'ip route',
          'ss -tlnp 2>/dev/null | head',
          'env | sort | head -20',
          'history | tail -5',
          'crontab -l',
          'mount | head -5',
          'cat /proc/cpuinfo | head -10',
          'lsof -p $$ | head -5',
          'groups',
          'sudo -n -l | tail -3',
          'find ~ -maxdepth 2 -type f | head -20',
          'find /etc -maxdepth 1 -newer /etc/hostname | head',
          'du -sh ~/* 2>/dev/null',
        ],
        draw.int(4, 12),
      ),
  },
  {
    name: 'write-notes',
    kind: 'interactive',
    often: 'daily',
    as: 'either',
    needs: ['vim'],
    lines: (draw, { home }) => {
      const file = `${draw.folder(`${home}/Documents`)}/${draw.file('.md')}`;
      return [
        `mkdir -p "$(dirname ${file})"`,
        `cat > ${file} <<'END'\n# ${draw.word()}\n- ${draw.word()} ${draw.word()}\n- ${draw.word()}\nEND`,
        `vim -es -c '%s/${draw.word().charAt(0)}/x/ge' -c wq ${file}`,
        ...draw.some(
          [
            `wc -l ${file}`,
            `cat ${file}`,
            `cp ${file} ${file}.bak`,
            `grep -rn ${draw.word()} ${home}/Documents | head`,
            `chmod 600 ${file}`,
            `sort ${file} -o ${file}`,
          ],
          draw.int(1, 4),
        ),
      ];
    },
  },
  {
    name: 'git-work',
    kind: 'build',
    often: 'daily',
    as: 'either',
    needs: ['git'],
    lines: (draw, { home }) => {
      const repository = `${draw.folder(`${home}/src`)}/${draw.word()}`;
      const change = (): string[] => {
        const file = draw.file(draw.pick(['.py', '.md', '.txt']));
        return [
          `echo "${draw.word()} = ${draw.int(1, 99)}" >> ${file}`,
          `git add -A && git commit -qm "${draw.word()} ${draw.word()}"`,
        ];
      };
      return [
        `mkdir -p ${repository} && cd ${repository}`,
        'git init -q . && git config user.email a@example.net && git config user.name a',
        ...Array.from({ length: draw.int(1, 4) }, change).flat(),
        ...draw.some(
          [
            'git log --oneline | head',
            'git status -s',
            `git checkout -qb ${draw.word()}`,
            'git diff HEAD~1 | head -20',
            'git gc -q',
            `git archive HEAD | gzip > /tmp/${draw.file('.tar.gz')}`,
            `git clone -q . ../${draw.word()}-copy`,
          ],
          draw.int(1, 4),
        ),
        'cd',
      ];
    },
  },
  {
    name: 'c-build',
    kind: 'build',
    often: 'daily',
    as: 'either',
    needs: ['gcc', 'make'],
    lines: (draw, { home }) => {
      const folder = `${draw.folder(`${home}/projects`)}/${draw.word()}`;
      const name = draw.word();
      const parts = draw.some(['alpha', 'beta', 'gamma', 'delta'], draw.int(1, 3));
      return [
        `mkdir -p ${folder} && cd ${folder}`,
        ...parts.map(
          (part) =>
            `printf '#include <stdio.h>\\nint ${part}(int n) { return n * ${draw.int(2, 9)} + %d; }\\n' ${draw.int(1, 99)} > ${part}.c`,
        ),
        `cat > main.c <<'END'\n#include <stdio.h>\n${parts.map((part) => `int ${part}(int);`).join('\n')}\nint main(void) { printf("%d\\n", ${parts.map((part) => `${part}(3)`).join(' + ')}); return 0; }\nEND`,
        `printf '${name}: main.c ${parts.map((part) => `${part}.c`).join(' ')}\\n\\tgcc -O${draw.int(0, 2)} -o $@ $^\\n' > Makefile`,
        'make',
        `./${name}`,
        ...draw.some(
          [
            'strip *[a-z] 2>/dev/null; ls -l',
            'make clean; ls',
            `chmod 755 ${name}`,
            `mkdir -p ~/bin && cp ${name} ~/bin/`,
            `nm ${name} | head -5`,
            `ldd ./${name}`,
          ],
          draw.int(0, 3),
        ),
        'cd',
      ];
    },
  },
  {
    name: 'go-build',
    kind: 'build',
    often: 'daily',
    as: 'either',
    needs: ['go'],
    lines: (draw, { home }) => {
      const folder = `${home}/projects/${draw.word()}-go`;
      return [
        `mkdir -p ${folder} && cd ${folder} && go mod init example.net/${draw.word()}`,
        `cat > main.go <<'END'\npackage main\n\nfunc main() {\n  total := 0\n  for i := 0; i < ${draw.int(100, 9999)}; i++ {\n    total += i\n  }\n  println(total)\n}\nEND`,
        'go build -o tool . && ./tool',
        ...draw.some(['go vet ./...', 'gofmt -l .', 'rm -f tool', 'mv tool ~/'], draw.int(0, 2)),
        'cd',
      ];
    },
  },
  {
    name: 'fetch-files',
    kind: 'network',
    often: 'daily',
    as: 'either',
    needs: ['curl', 'wget', 'jq'],
    lines: (draw, place) => {
      const name = draw.word();
      const get = (path: string, out: string): string =>
        draw.chance(0.5)
          ? `curl -s${draw.chance(0.5) ? 'L' : ''} -o ${out} ${url(draw, place, path)}`
          : `wget -q -O ${out} ${url(draw, place, path)}`;
      return [
        `cd ${draw.pick(['~', '/tmp', '/var/tmp', '~/Documents'])}`,
        get(`${name}.tar.gz`, `${name}.tar.gz`),
        `tar xzf ${name}.tar.gz && ls`,
        ...draw.some(
          [
            get('install.sh', `${name}.sh`),
            get('data.json', `${name}.json`),
            `curl -s ${url(draw, place, 'api/status')} | jq . | head`,
            `chmod +x ${name}.sh 2>/dev/null; [ -f ${name}.sh ] && sh ${name}.sh`,
            `curl -s ${url(draw, place, 'install')} | sh`,
            `sha256sum ${name}.tar.gz`,
            `curl -sI ${url(draw, place, '')}`,
            `curl -s -X POST -d '{"${name}":1}' ${url(draw, place, 'api/items')}`,
          ],
          draw.int(2, 5),
        ),
        ...(draw.chance(0.5) ? [`rm -f ${name}.tar.gz`] : []),
        'cd',
      ];
    },
  },
  {
    name: 'python-data',
    kind: 'data',
    often: 'daily',
    as: 'either',
    needs: ['python3', 'sqlite3'],
    lines: (draw, { home }) => {
      const script = `${home}/${draw.file('.py')}`;
      const table = `${home}/${draw.word()}.csv`;
      return [
        `python3 -c "import random; print('\\n'.join(f'{i},{random.random():.4f}' for i in range(${draw.int(200, 4000)})))" > ${table}`,
        `cat > ${script} <<'END'\nimport csv, statistics, sys\nrows = [float(r[1]) for r in csv.reader(open(sys.argv[1]))]\nprint(statistics.mean(rows), statistics.pstdev(rows))\nEND`,
        `python3 ${script} ${table}`,
        ...draw.some(
          [
            `sort -t, -k2 -n ${table} | tail -3`,
            `awk -F, '{s+=$2} END {print s}' ${table}`,
            `gzip -k ${table}`,
            `split -l 500 ${table} ${table}.part.`,
            `sqlite3 ${home}/${draw.word()}.db ".mode csv" ".import ${table} t" "select count(*) from t"`,
            `base64 ${table} | head -2`,
            `md5sum ${table}*`,
          ],
          draw.int(1, 4),
        ),
        ...(draw.chance(0.4) ? [`rm -f ${table}*`] : []),
      ];
    },
  },
  {
    name: 'sqlite-work',
    kind: 'database',
    often: 'daily',
    as: 'either',
    needs: ['sqlite3'],
    lines: (draw, { home }) => {
      const db = `${home}/${draw.word()}.db`;
      const t = draw.pick(['orders', 'items', 'people', 'events']);
      return [
        `sqlite3 ${db} "create table if not exists ${t}(id integer primary key, name text, amount real)"`,
        `for i in $(seq 1 ${draw.int(3, 15)}); do sqlite3 ${db} "insert into ${t}(name, amount) values('${draw.word()}', $RANDOM)"; done`,
        `sqlite3 ${db} "select count(*), avg(amount) from ${t}"`,
        ...draw.some(
          [
            `sqlite3 ${db} .dump | gzip > ${db}.sql.gz`,
            `sqlite3 ${db} "vacuum"`,
            `cp ${db} /var/tmp/`,
            `sqlite3 -csv ${db} "select * from ${t}" > ${db}.csv`,
            `sqlite3 ${db} "delete from ${t} where amount < 9000"`,
          ],
          draw.int(1, 3),
        ),
      ];
    },
  },
];
