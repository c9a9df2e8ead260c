import type { Activity } from '../scenario.ts';
import { maybe, root, workFolder, write } from '../ways.ts';
import { plainWord } from './plain-word.ts';

/** A library in C with its test, built and put in place. */
const library: Activity = {
  name: 'library-in-c',
  kind: 'build',
  often: 'daily',
  as: 'either',
  needs: ['gcc', 'make', 'ar', 'sudo'],
  lines: (draw, place) => {
    const folder = draw.chance(0.5) ? workFolder(draw, place) : `${place.home}/projects/${draw.word()}`;
    const name = plainWord(draw);
    const shared = draw.chance(0.6);
    const make = shared
      ? `lib${name}.so: ${name}.c\n>gcc -O2 -fPIC -shared -o $@ $<\ntest: lib${name}.so test.c\n>gcc -o $@ test.c -L. -l${name}\n>LD_LIBRARY_PATH=. ./test\nclean:\n>rm -f *.so test`
      : `lib${name}.a: ${name}.c\n>gcc -O2 -c ${name}.c\n>ar rcs $@ ${name}.o\ntest: lib${name}.a test.c\n>gcc -o $@ test.c -L. -l${name}\n>./test\nclean:\n>rm -f *.o *.a test`;
    return [
      `mkdir -p ${folder} && cd ${folder}`,
      write(
        draw,
        `${name}.c`,
        `int ${name}_sum(int n) { int s = 0; for (int i = 1; i <= n; i++) s += i; return s; }`,
      ),
      `printf '#include <stdio.h>\\nint ${name}_sum(int);\\nint main(void) { printf("%%d\\\\n", ${name}_sum(${draw.int(3, 99)})); return 0; }\\n' > test.c`,
      `cat > Makefile <<'END'\n.RECIPEPREFIX = >\n${make}\nEND`,
      draw.pick(['make', 'make -s', 'make -j2']),
      'make test',
      ...draw.some(
        [
          `sed -i 's/i = 1/i = 0/' ${name}.c; make -s test`,
          `cp lib${name}.* /var/tmp/`,
          root(place, `install -m 644 ${folder}/lib${name}.* /usr/local/lib/`),
          `nm lib${name}.* | head -4`,
          'make clean',
          `tar czf ../${name}-$(date +%F).tar.gz .`,
          'gcc -fsanitize=address -o test-a *.c && ./test-a',
          'ls -la; file *',
        ],
        draw.int(1, 4),
      ),
      'cd',
    ];
  },
};

/** A small server in Go, tested by a client. */
const goServer: Activity = {
  name: 'server-in-go',
  kind: 'build',
  often: 'daily',
  as: 'either',
  needs: ['go', 'curl'],
  lines: (draw, place) => {
    const folder = `${draw.pick([place.home, '/tmp', '/var/tmp'])}/${draw.word()}-${draw.pick(['api', 'echo', 'probe'])}`;
    const [port = 20_000] = place.ports;
    return [
      `mkdir -p ${folder} && cd ${folder} && go mod init example.net/${plainWord(draw)} 2>/dev/null`,
      `cat > main.go <<'END'\npackage main\n\nimport (\n  "bufio"\n  "fmt"\n  "net"\n)\n\nfunc main() {\n  l, err := net.Listen("tcp", "127.0.0.1:${port}")\n  if err != nil {\n    panic(err)\n  }\n  for {\n    c, err := l.Accept()\n    if err != nil {\n      return\n    }\n    bufio.NewReader(c).ReadString('\\n')\n    fmt.Fprint(c, "HTTP/1.0 200 OK\\r\\n\\r\\n${draw.word()}\\n")\n    c.Close()\n  }\n}\nEND`,
      draw.pick([
        'go build -o server .',
        'go build -ldflags "-s -w" -o server .',
        'go vet . && go build -o server .',
      ]),
      draw.pick(['./server &', 'nohup ./server > server.log 2>&1 &', '(./server > /dev/null 2>&1 &)']),
      `sleep 1; for i in 1 2 ${draw.pick(['', '3', '3 4 5'])}; do curl -s http://127.0.0.1:${port}/; done`,
      ...draw.some(
        ['ss -tlnp | grep server', 'ls -la', 'file server; go version server', 'gofmt -d . | head'],
        draw.int(0, 2),
      ),
      `pkill -f ./server`,
      `cd; ${draw.pick([`rm -rf ${folder}`, `rm ${folder}/server`, `mv ${folder}/server ~/`])}`,
    ];
  },
};

/** A crate, made and tested without a network. */
const crate: Activity = {
  name: 'crate-in-rust',
  kind: 'build',
  often: 'daily',
  as: 'either',
  needs: ['cargo', 'rustc'],
  lines: (draw, place) => {
    const name = plainWord(draw);
    const base = draw.pick([place.home, `${place.home}/projects`, '/var/tmp']);
    return [
      `mkdir -p ${base} && cd ${base} && cargo new -q --vcs none ${draw.pick(['', '--bin '])}${name} && cd ${name}`,
      `cat > src/main.rs <<'END'\nuse std::{env, fs, process::Command};\n\nfn main() {\n    let lines = fs::read_to_string("/etc/${draw.pick(['passwd', 'hosts', 'group'])}").map(|t| t.lines().count()).unwrap_or(0);\n    let args: Vec<String> = env::args().collect();\n    println!("{} {}", lines + ${draw.int(0, 99)}, args.len());\n    let _ = Command::new("${draw.pick(['uname', 'date', 'id', 'hostname'])}").status();\n}\nEND`,
      draw.pick([
        'cargo build -q --offline',
        'cargo run -q --offline',
        'cargo check -q --offline && cargo build -q --offline',
      ]),
      ...draw.some(
        [
          './target/debug/* 2>/dev/null | head -3',
          'cargo run -q --offline -- a b',
          'rustfmt --check src/main.rs',
          'cat Cargo.toml',
          'cargo clean --offline -q',
          `cp target/debug/${name} ~/ && ~/${name}`,
          'du -sh target',
        ],
        draw.int(1, 3),
      ),
      ...maybe(draw, 0.5, `rm -rf ${base}/${name}`),
      'cd',
    ];
  },
};

/** A class in Java, compiled and packed. */
const java: Activity = {
  name: 'class-in-java',
  kind: 'build',
  often: 'daily',
  as: 'either',
  needs: ['javac', 'java', 'jar'],
  lines: (draw, place) => {
    const folder = `${place.home}/${draw.pick(['projects', 'src', 'java'])}/${draw.word()}`;
    return [
      `mkdir -p ${folder} && cd ${folder}`,
      write(
        draw,
        'Main.java',
        `public class Main {\n  public static void main(String[] a) throws Exception {\n    long s = 0;\n    for (int i = 0; i < ${draw.int(1_000, 99_999)}; i++) s += i;\n    System.out.println(s);\n    java.nio.file.Files.writeString(java.nio.file.Path.of("${draw.word()}.out"), "" + s);\n  }\n}`,
      ),
      'javac Main.java',
      'java -Xshare:auto Main',
      ...draw.some(
        ['jar cfe app.jar Main Main.class && java -jar app.jar', 'ls -l', 'rm -f *.class', 'cat *.out'],
        draw.int(1, 3),
      ),
      'cd',
    ];
  },
};

export const COMPILING: readonly Activity[] = [library, goServer, crate, java];
