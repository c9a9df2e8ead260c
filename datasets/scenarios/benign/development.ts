import type { Activity } from '../scenario.ts';

/** Making, testing and running programs. */
export const DEVELOPMENT: readonly Activity[] = [
  {
    name: 'node-project',
    kind: 'build',
    often: 'daily',
    as: 'either',
    needs: ['node', 'npm'],
    lines: (draw, { home }) => {
      const folder = `${home}/projects/${draw.word()}`;
      const script = draw.pick(['build', 'lint', 'start:check']);
      return [
        `mkdir -p ${folder}/lib && cd ${folder}`,
        `printf '{"name":"${draw.word()}","version":"1.${draw.int(0, 9)}.0","scripts":{"${script}":"node lib/main.js","postinstall":"node -e 1"}}' > package.json`,
        `printf 'const fs = require("fs");\\nfs.writeFileSync("out.json", JSON.stringify({n: ${draw.int(1, 99)}}));\\n' > lib/main.js`,
        draw.pick([`npm run -s ${script}`, 'node lib/main.js', `npm run -s ${script} && cat out.json`]),
        ...draw.some(
          [
            'npm pack --silent',
            'node --test 2>/dev/null | tail -3',
            'npm ls 2>/dev/null | head -3',
            `node -e "require('child_process').execSync('ls -la')"`,
            'rm -rf node_modules out.json',
            `node -e "require('http').createServer((q,r)=>r.end('ok')).listen(${draw.int(10_000, 60_000)});setTimeout(()=>process.exit(),3000)"`,
          ],
          draw.int(1, 3),
        ),
        'cd',
      ];
    },
  },
  {
    name: 'rust-project',
    kind: 'build',
    often: 'daily',
    as: 'either',
    needs: ['cargo', 'rustc'],
    lines: (draw, { home }) => {
      const name = draw.word().replace(/\W/g, '_');
      return [
        `cd ${home} && mkdir -p projects && cd projects && printf 'fn main() { let s: u64 = (1..${draw.int(99, 9999)}).sum(); println!("{}", s); }\\n' > ${name}.rs`,
        draw.pick([`rustc -O ${name}.rs -o ${name}`, `rustc ${name}.rs -o ${name}`]),
        `./${name}`,
        ...draw.some(
          [
            `strip ${name}`,
            `rm -f ${name}`,
            `mv ${name} /var/tmp/`,
            `file ${name} 2>/dev/null; ls -l ${name}`,
          ],
          draw.int(0, 2),
        ),
        'cd',
      ];
    },
  },
  {
    name: 'python-package',
    kind: 'packages',
    often: 'daily',
    as: 'either',
    needs: ['python3', 'pip3'],
    lines: (draw, { home }) => {
      const name = draw.word().replace(/\W/g, '_');
      const folder = `${home}/src/${name}`;
      return [
        `mkdir -p ${folder} && cd ${folder} && python3 -m venv --without-pip .venv`,
        `printf 'def f(x):\\n    return x * ${draw.int(2, 9)}\\n' > ${name}.py; printf 'import unittest, ${name}\\nclass T(unittest.TestCase):\\n    def test_f(self):\\n        self.assertTrue(${name}.f(1))\\n' > test_${name}.py`,
        draw.pick(['. .venv/bin/activate', 'export PYTHONPATH=.']),
        'python3 -m unittest -q',
        ...draw.some(
          [
            'pip3 list 2>/dev/null | head -5',
            'python3 -m compileall -q .',
            `python3 -m zipfile -c ../${name}.zip *.py`,
            'python3 -m pip --version',
            'deactivate 2>/dev/null; rm -rf .venv',
            `python3 -c "import ctypes; print(ctypes.CDLL(None).getpid())"`,
            `python3 -m this | tail -2`,
          ],
          draw.int(1, 4),
        ),
        'cd',
      ];
    },
  },
  {
    name: 'debug-program',
    kind: 'build',
    often: 'weekly',
    as: 'either',
    needs: ['gcc', 'strace'],
    lines: (draw, { home }) => {
      const name = `${draw.pick([home, '/tmp', '/var/tmp'])}/${draw.word()}`;
      return [
        `printf '#include <stdio.h>\\n#include <unistd.h>\\nint main(void) { for (int i = 0; i < ${draw.int(3, 20)}; i++) { printf("%%d\\\\n", i); usleep(200000); } return 0; }\\n' > ${name}.c && gcc -g -o ${name} ${name}.c`,
        ...draw.some(
          [
            `strace -f -e trace=openat,write -o ${name}.trace ${name} > /dev/null; tail -3 ${name}.trace`,
            `${name} > /dev/null & sleep 0.3; timeout 2 strace -p $! 2>&1 | tail -2`,
            `${name} > ${name}.out &`,
            `printf 'long time(long *t) { return ${draw.int(1e6, 9e6)}; }\\n' > ${name}-time.c; gcc -shared -fPIC -o ${name}-time.so ${name}-time.c; LD_PRELOAD=${name}-time.so ${name} | tail -1`,
            `LD_LIBRARY_PATH=${home}/lib ${name} | wc -l`,
            `cat /proc/$$/maps | head -3; cat /proc/$$/environ | tr '\\0' '\\n' | head -3`,
            `kill -STOP $$ & kill -CONT $$; ${name} & sleep 0.2; kill -9 $!`,
            `objdump -d ${name} | head -5; readelf -h ${name} | head -5`,
            `rm -f ${name} ${name}.*`,
          ],
          draw.int(2, 5),
        ),
      ];
    },
  },
  {
    name: 'busy-computation',
    kind: 'data',
    often: 'weekly',
    as: 'either',
    needs: ['gcc', 'nice', 'xz'],
    lines: (draw, { home }) => {
      const name = `${draw.pick([home, '/tmp', '/opt'])}/${draw.word()}-${draw.pick(['sim', 'solve', 'render', 'hash'])}`;
      return draw.some(
        [
          `printf '#include <unistd.h>\\nint main(){volatile double x=0;for(int s=0;s<${draw.int(10, 60)};s++){for(int i=0;i<9000000;i++)x+=i*0.5;usleep(700000);}}' | gcc -xc -O1 -o ${name} - && (nohup nice ${name} > ${name}.out 2>&1 &)`,
          `head -c ${draw.int(1, 6)}M /dev/urandom > ${home}/block.bin; xz -k ${home}/block.bin; sha512sum ${home}/block.bin*; rm -f ${home}/block.bin*`,
          `for i in $(seq 1 ${draw.int(3, 10)}); do openssl speed -seconds 1 sha256 >/dev/null 2>&1; sleep 1; done &`,
          `python3 -c "print(sum(i*i for i in range(${draw.int(400_000, 3_000_000)})))"`,
          'ps aux --sort=-%cpu | head -5',
          `renice -n 10 -p $$; taskset -p $$`,
          'top -bn1 | head -8',
        ],
        draw.int(2, 4),
      );
    },
  },
];
