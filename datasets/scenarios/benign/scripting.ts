import type { Activity } from '../scenario.ts';
import { behind, fetchTo, link, maybe, quote, remote, workFolder, write } from '../ways.ts';

/** Small programs straight from the prompt, in whatever language. */
const oneLiners: Activity = {
  name: 'one-liners',
  kind: 'interactive',
  often: 'daily',
  as: 'either',
  needs: ['python3', 'perl', 'node', 'php', 'bc', 'xxd', 'curl'],
  lines: (draw, place) => {
    const { host, port } = remote(draw, place);
    const text = `${draw.word()} ${draw.int(1, 999)}`;
    const packed = Buffer.from(
      draw.pick(['date; id', 'uname -a', 'ls -la ~ | head -3', 'echo ok; hostname']),
    ).toString('base64');
    return draw.some(
      [
        `python3 -c "import os; print(os.uname(), os.getuid())"`,
        `python3 -c "import subprocess; print(subprocess.check_output(['${draw.pick(['id', 'ls', 'uptime', 'df'])}']).decode())"`,
        `python3 -c "import os; fd = os.memfd_create('${draw.word()}'); os.write(fd, b'${text}'); print(open(f'/proc/self/fd/{fd}').read())"`,
        `python3 -c "import mmap; m = mmap.mmap(-1, 4096); m.write(b'${text}'); print(m[:8])"`,
        `python3 -c "import ctypes; libc = ctypes.CDLL(None); print(libc.getppid())"`,
        `python3 -c "import pty; pty.spawn(['/bin/${draw.pick(['date', 'uname', 'ls'])}'])"`,
        `python3 -c "exec(__import__('urllib.request', fromlist=['x']).urlopen('http://${host}:${port}/${draw.word()}.py').read())"`,
        `curl -s http://${host}:${port}/${draw.word()}.py | python3 -`,
        `bash <(curl -s http://${host}:${port}/${draw.word()}.sh)`,
        `echo ${packed} | base64 -d | bash`,
        `bash -c "$(echo ${packed} | base64 -d)"`,
        `perl -e 'print "$_\\n" for map { $_ ** 2 } 1..${draw.int(3, 9)}'`,
        `perl -MPOSIX -e 'my $p = fork; if (!$p) { setsid; exec "sleep", "3" } print "$p\\n"'`,
        `node -e "console.log(process.version, require('os').hostname())"`,
        `node -e "require('child_process').exec('${draw.pick(['id', 'ps', 'pwd'])}', (e, o) => console.log(o))"`,
        `php -r 'echo gethostname(), " ", getmyuid(), "\\n"; ${draw.pick(['system("uptime");', 'echo md5("a");', 'echo json_encode(["a"=>1]);'])}'`,
        `echo '${Buffer.from(text).toString('hex')}' | xxd -r -p; echo`,
        `awk 'BEGIN { while (("ps aux" | getline l) > 0) n++; print n }'`,
        `find ~ -maxdepth 1 -name '.*' -exec ls -ld {} +`,
        `echo ${quote(text)} | rev | tr a-z n-za-m | base64`,
        `env -i /bin/sh -c env; env ${draw.word().toUpperCase().replace(/\W/g, '')}=1 sh -c 'echo $0'`,
        `exec -a ${draw.word()} sleep 1 & wait $!`,
        `(cd /tmp && ls -A | head -4); type curl wget nc python3`,
        `vim -es -c ':!id' -c q /dev/null; awk 'BEGIN {system("date")}'`,
      ],
      draw.int(4, 9),
    );
  },
};

/** A helper of one's own is written, kept where programs are, and used. */
const ownTool: Activity = {
  name: 'tool-of-ones-own',
  kind: 'interactive',
  often: 'weekly',
  as: 'either',
  needs: ['python3', 'perl', 'curl', 'wget', 'gcc'],
  lines: (draw, place) => {
    const bin = draw.pick([
      `${place.home}/bin`,
      `${place.home}/.local/bin`,
      '/tmp',
      `${place.home}/.cache`,
      '/dev/shm',
      '/var/tmp',
    ]);
    const name = draw.pick([
      draw.word(),
      `.${draw.word()}`,
      `${draw.word()}d`,
      `k${draw.word()}`,
      `${draw.word()}-helper`,
    ]);
    const path = `${bin}/${name}`;
    const made = draw.pick([
      [`mkdir -p ${bin}; cp /bin/${draw.pick(['bash', 'sleep', 'date', 'cat', 'id'])} ${path}`],
      [
        `mkdir -p ${bin}`,
        write(draw, path, `#!/bin/bash\nfor i in "$@"; do echo "$i: $(wc -c < "$i")"; done`),
      ],
      [
        `mkdir -p ${bin}`,
        write(
          draw,
          path,
          '#!/usr/bin/python3\nimport sys, time\nprint(sys.argv, time.time())\ntime.sleep(3)',
        ),
      ],
      [`mkdir -p ${bin}; ${fetchTo(draw, link(draw, place, '.sh'), path)}`],
      [
        `mkdir -p ${bin}; printf '#include <unistd.h>\\nint main(int c, char **v) { (void)v; sleep(c + ${draw.int(1, 9)}); return 0; }\\n' > /tmp/${draw.word()}.c; gcc -xc -o ${path} /tmp/*.c 2>/dev/null || cp /bin/sleep ${path}`,
      ],
    ]);
    return [
      ...made,
      `chmod ${draw.pick(['+x', '755', '700', 'u+x'])} ${path}`,
      draw
        .pick([
          `${path} ${draw.int(1, 3)}`,
          `PATH=${bin}:$PATH timeout 9 ${name} 2`,
          behind(draw, `${path} ${draw.int(3, 20)}`),
          `(exec -a ${draw.word()} timeout 9 ${path} 2)`,
        ])
        .replace(/^(\S+) (\d)$/, 'timeout 9 $1 $2 < /dev/null'),
      ...draw.some(
        [
          `ls -la ${bin} | head -5`,
          `file ${path}; sha256sum ${path}`,
          `export PATH=$PATH:${bin}; command -v ${name}`,
          `echo 'alias ${draw.word().slice(0, 3)}=${path}' >> ~/.bashrc`,
          `touch -r /bin/ls ${path}; stat -c '%y %n' ${path}`,
          `ps -ef | grep ${name} | grep -v grep`,
          `mv ${path} ${path}2; ln -s ${path}2 ${path}`,
          `cat ${path} | head -c 60 | strings | head -2`,
        ],
        draw.int(2, 4),
      ),
      ...maybe(draw, 0.5, `pkill -f ${path}`, `rm -f ${path} ${path}2`),
    ];
  },
};

/** Work shared by git: a bare repository, hooks that run programs, patches. */
const shared: Activity = {
  name: 'repository-shared',
  kind: 'build',
  often: 'weekly',
  as: 'either',
  needs: ['git', 'patch', 'diff'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const branch = draw.word();
    const hook = draw.pick(['pre-commit', 'post-commit', 'commit-msg']);
    const git = 'git -c user.name=a -c user.email=a@example.net';
    return [
      `mkdir -p ${folder} && cd ${folder} && git init -q --bare hub.git && git clone -q hub.git work 2>/dev/null; cd work`,
      `printf '${draw.word()}\\n${draw.word()}\\n' > a.txt; ${git} add -A; ${git} commit -qm first; git push -q origin HEAD`,
      ...draw.some(
        [
          `${write(draw, `.git/hooks/${hook}`, `#!/bin/sh\n${draw.pick(['date >> /tmp/commits', 'git status -s | wc -l', 'sh -n *.sh 2>/dev/null; exit 0', 'ls -la > /dev/null'])}`)}\nchmod +x .git/hooks/${hook}`,
          `${write(draw, '../hub.git/hooks/post-receive', '#!/bin/bash\nread -r old new ref\necho "$ref $new" >> deployed')}\nchmod 755 ../hub.git/hooks/post-receive`,
          `git checkout -qb ${branch}; sed -i 's/$/ ${draw.word()}/' a.txt; ${git} commit -qam ${draw.word()}; git push -q origin ${branch}`,
          `git clone -q ../hub.git ../other 2>/dev/null; ls ../other`,
          `echo ${draw.word()} >> a.txt; git diff > ../a.patch; git checkout -q a.txt; patch -p1 < ../a.patch; ${git} commit -qam ${draw.word()}`,
          'git log --stat --oneline | head -6',
          'git stash -q 2>/dev/null; git stash list; git fsck 2>&1 | tail -1',
          `${git} tag -a v${draw.int(1, 9)} -m ${draw.word()}; git describe`,
          `git config --global alias.st status; git config -l | head -3`,
          `git bundle create -q ../all.bundle --all; ls -l ../all.bundle`,
          `git grep -n ${draw.word().slice(0, 3)}; git blame a.txt | head -2`,
        ],
        draw.int(3, 6),
      ),
      'cd',
      ...maybe(draw, 0.6, `rm -rf ${folder}`),
    ];
  },
};

/** Texts are written, compared, spelled and put together. */
const texts: Activity = {
  name: 'documentation-written',
  kind: 'interactive',
  often: 'daily',
  as: 'either',
  needs: ['vim', 'man', 'diff', 'zip'],
  lines: (draw, place) => {
    const folder = `${draw.folder(`${place.home}/Documents`)}/${draw.pick(['guide', 'manual', draw.word()])}`;
    const pages = Array.from({ length: draw.int(1, 4) }, (_, place) => `${place + 1}-${draw.word()}.md`);
    return [
      `mkdir -p ${folder} && cd ${folder}`,
      ...pages.map((page) =>
        write(
          draw,
          page,
          `# ${draw.word()}\n\n${draw.word()} ${draw.word()} ${draw.word()}\n\n    ${draw.pick(['sudo systemctl restart', 'curl -s', 'chmod +x', 'ssh root@'])} ${draw.word()}`,
        ),
      ),
      ...draw.some(
        [
          `vim -es -c 'normal Go- ${draw.word()}' -c wq ${pages[0]}`,
          `sed -i 's/${draw.word()}/${draw.word()}/g; s/  */ /g' *.md`,
          `cat *.md > all.md; wc -w all.md`,
          `cp ${pages[0]} draft.md; echo more >> draft.md; diff -u ${pages[0]} draft.md`,
          `man ${draw.pick(['ls', 'tar', 'crontab', 'chmod'])} 2>/dev/null | head -12`,
          'for p in *.md; do echo "$(head -1 $p)"; done > INDEX; cat INDEX',
          `tr -cs A-Za-z '\\n' < ${pages[0]} | sort -u | head -5`,
          'zip -q ../docs.zip *.md; ls -l ../docs.zip',
          `fold -w 40 ${pages[0]} | nl | head -4; pr -l 20 ${pages[0]} | head -6`,
          `python3 -c "print('<br>'.join(open('${pages[0]}').read().splitlines()))" > a.html`,
          `mv ${pages[0]} ${draw.word()}.md; ls`,
          'chmod 644 *; ls -la',
        ],
        draw.int(3, 6),
      ),
      'cd',
    ];
  },
};

export const SCRIPTING: readonly Activity[] = [oneLiners, ownTool, shared, texts];
