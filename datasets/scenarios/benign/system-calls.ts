import type { Activity } from '../scenario.ts';
import { behind, maybe, remote, workFile, workFolder, write } from '../ways.ts';

/** Examples in C of what the kernel offers, as one writes while learning or testing it. */
const inC: Activity = {
  name: 'system-calls-tried-in-c',
  kind: 'build',
  often: 'monthly',
  as: 'either',
  needs: ['gcc', 'strace'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place).replace('/dev/shm', '/var/tmp');
    const { host, port } = remote(draw, place);
    const head =
      '#define _GNU_SOURCE\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n#include <signal.h>\n#include <fcntl.h>\n#include <sys/mman.h>\n#include <sys/prctl.h>\n#include <sys/ptrace.h>\n#include <sys/socket.h>\n#include <sys/wait.h>\n#include <arpa/inet.h>\n#include <netinet/in.h>\n';
    const pieces = [
      `  pid_t p = fork();\n  if (!p) { ptrace(PTRACE_TRACEME, 0, 0, 0); raise(SIGSTOP); execlp("${draw.pick(['true', 'date', 'id'])}", "a", NULL); }\n  int st; waitpid(p, &st, 0);\n  ptrace(PTRACE_CONT, p, 0, 0); waitpid(p, &st, 0); ptrace(PTRACE_DETACH, p, 0, 0);`,
      `  int m = memfd_create("${draw.word()}", 0);\n  int f = open("/bin/${draw.pick(['date', 'true', 'uname', 'id'])}", O_RDONLY); char b[65536]; ssize_t n;\n  while ((n = read(f, b, sizeof b)) > 0) if (write(m, b, n) < 0) return 1;\n  if (!fork()) { char *v[] = {"${draw.word()}", NULL}, *e[] = {NULL}; fexecve(m, v, e); }\n  wait(NULL);`,
      `  unsigned char code[] = {0xb8, ${draw.int(1, 99)}, 0, 0, 0, 0xc3};\n  void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);\n  memcpy(p, code, sizeof code); printf("%d\\n", ((int (*)(void))p)());`,
      `  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(${port})}; inet_pton(AF_INET, "${host}", &a.sin_addr);\n  int s = socket(AF_INET, SOCK_STREAM, 0); if (connect(s, (void *)&a, sizeof a)) return 1;\n  if (write(s, "GET /a.txt HTTP/1.0\\r\\n\\r\\n", 25) < 0) return 1; char b[500]; ssize_t n = read(s, b, 499); b[n > 0 ? n : 0] = 0; puts(b); close(s);`,
      `  prctl(PR_SET_NAME, "${draw.word().slice(0, 12)}"); signal(SIGHUP, SIG_IGN);\n  if (!fork()) { setsid(); int o = open("/dev/null", O_RDWR); dup2(o, 0); dup2(o, 1); dup2(o, 2); sleep(${draw.int(3, 15)}); exit(0); }`,
      `  if (setgid(${draw.int(1000, 60_000)}) || setuid(${draw.int(1000, 60_000)})) perror("setuid");\n  printf("%d %d\\n", getuid(), geteuid()); if (!fork()) execlp("id", "id", NULL);\n  wait(NULL);`,
      `  int p[2]; if (pipe(p)) return 1;\n  if (!fork()) { dup2(p[1], 1); close(p[0]); execlp("/bin/sh", "sh", "-c", "${draw.pick(['uptime', 'ls /srv', 'id', 'uname -a'])}", NULL); }\n  close(p[1]); char b[400]; ssize_t n = read(p[0], b, 399); b[n > 0 ? n : 0] = 0; puts(b); wait(NULL);`,
      `  for (int i = 0; i < 5; i++) { char n[99]; snprintf(n, 99, "/tmp/${draw.word()}-%d", i); int f = open(n, O_CREAT | O_WRONLY, 0644); if (write(f, n, 9) < 0) return 1; close(f); unlink(n); }`,
    ];
    return [
      `mkdir -p ${folder} && cd ${folder}`,
      ...draw.some(pieces, draw.int(1, 3)).flatMap((piece, index) => {
        const name = `${draw.word()}${index}`;
        return [
          write(draw, `${name}.c`, `${head}int main(void) {\n${piece}\n  return 0;\n}`),
          `gcc ${draw.pick(['-O1', '-g', '-Wall', '-O2 -s'])} -o ${name} ${name}.c 2>&1 | grep -i error; ${draw.pick([`timeout 10 ./${name}`, `timeout 10 strace -f -o ${name}.log ./${name}; tail -2 ${name}.log`, `timeout 9 ./${name}; echo $?`])}`,
        ];
      }),
      ...draw.some(['ls -la', 'pgrep -l sleep | head -3', 'ldd ./*0', 'rm -f *.c'], draw.int(0, 2)),
      'cd',
      ...maybe(draw, 0.7, `rm -rf ${folder}`),
    ];
  },
};

/** The same in scripting languages: sockets, processes, files in memory. */
const inScripts: Activity = {
  name: 'system-calls-tried-in-scripts',
  kind: 'build',
  often: 'monthly',
  as: 'either',
  needs: ['python3', 'perl'],
  lines: (draw, place) => {
    const { host, port } = remote(draw, place);
    const [own = 20_000] = place.ports;
    const pieces = [
      `import os\npid = os.fork()\nif pid == 0:\n    os.setsid()\n    fd = os.open("/dev/null", os.O_RDWR)\n    for n in (0, 1, 2):\n        os.dup2(fd, n)\n    os.execv("/bin/sleep", ["${draw.word()}", "${draw.int(2, 9)}"])\nprint(pid)`,
      `import os, subprocess\nfd = os.memfd_create("${draw.word()}")\nos.write(fd, open("/bin/${draw.pick(['date', 'id', 'uname'])}", "rb").read())\nprint(subprocess.run([f"/proc/{os.getpid()}/fd/{fd}"], capture_output=True).stdout)`,
      `import socket, subprocess\nwith socket.create_connection(("${host}", ${port}), timeout=8) as s:\n    s.settimeout(6)\n    try:\n        for i in range(${draw.int(1, 5)}):\n            s.sendall(b"${draw.word()}\\n")\n            print(s.recv(400))\n    except OSError as e:\n        print(e)`,
      `import socket, threading\nserver = socket.create_server(("127.0.0.1", ${own}))\ndef answer():\n    c, _ = server.accept()\n    c.sendall(c.recv(99)[::-1])\n    c.close()\nthreading.Thread(target=answer, daemon=True).start()\nc = socket.create_connection(("127.0.0.1", ${own}))\nc.sendall(b"${draw.word()}")\nprint(c.recv(99))`,
      `import mmap, re\nmaps = open("/proc/self/maps").read().splitlines()\nstart, end = (int(x, 16) for x in re.match(r"(\\w+)-(\\w+)", next(l for l in maps if "[heap]" in l)).groups())\nwith open("/proc/self/mem", "rb") as mem:\n    mem.seek(start)\n    print(len(mem.read(min(4096, end - start))))`,
      `import os, signal, time\nsignal.signal(signal.SIGTERM, lambda *a: print("asked to end"))\nos.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(1)\nprint([p for p in os.listdir("/proc") if p.isdigit()][:20])`,
      `import glob, hashlib, os\nfor base, _, names in os.walk(os.path.expanduser("~")):\n    for name in names[:20]:\n        try:\n            print(hashlib.sha256(open(os.path.join(base, name), "rb").read()).hexdigest()[:12], name)\n        except OSError:\n            continue`,
      `import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\nlibc.prctl(15, b"${draw.word().slice(0, 12)}", 0, 0, 0)\nprint(open("/proc/self/comm").read(), libc.ptrace(0, 0, 0, 0))`,
    ];
    return [
      ...draw.some(pieces, draw.int(1, 4)).flatMap((piece) => {
        const path = workFile(draw, place, '.py');
        return [
          write(draw, path, piece),
          draw.pick([
            `timeout 20 python3 ${path} | tail -5`,
            behind(draw, `timeout 30 python3 ${path}`),
            `timeout 20 /usr/bin/python3 ${path}`,
          ]),
          ...maybe(draw, 0.6, `rm -f ${path}`),
        ];
      }),
      ...draw.some(
        [
          `perl -e 'if (!fork) { exec "sleep", "2" } wait; print "$?\\n"'`,
          `perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); connect(S, sockaddr_in(${port}, inet_aton("${host}"))) and print "in\\n"'`,
          `perl -e '$0 = "${draw.word()}"; sleep 2'`,
          'jobs',
          'pgrep -l python3',
        ],
        draw.int(1, 3),
      ),
    ];
  },
};

export const SYSTEM_CALLS: readonly Activity[] = [inC, inScripts];
