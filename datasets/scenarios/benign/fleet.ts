import type { Activity } from '../scenario.ts';
import { maybe, remote, root, workFile, workFolder, write } from '../ways.ts';
import { plainWord } from './plain-word.ts';

/** The same command on many machines, in a loop or by a script, though not all of them let one in. */
const round: Activity = {
  name: 'round-of-machines',
  kind: 'administration',
  often: 'weekly',
  as: 'either',
  needs: ['ssh', 'scp', 'timeout', 'xargs', 'nc'],
  lines: (draw, place) => {
    const list = workFile(draw, place, draw.pick(['.txt', '.hosts', '']));
    const hosts = draw.some(place.peers, draw.int(2, 4));
    const command = draw.pick([
      'uptime',
      'hostname',
      'df -h /',
      'id',
      'uname -a',
      'systemctl is-active nginx',
    ]);
    const options = `-o BatchMode=yes -o ConnectTimeout=${draw.int(1, 3)} -o StrictHostKeyChecking=${draw.pick(['no', 'accept-new'])}`;
    const port = draw.pick(place.peerPorts);
    const who = draw.pick([...place.users, 'root', 'deploy', 'admin']);
    return [
      ...draw.pick([
        [`printf '%s\\n' ${hosts.join(' ')} > ${list}`],
        [`grep -oE '^([0-9]+\\.){3}[0-9]+' /etc/hosts | grep -v 127 > ${list}; cat ${list}`],
        [
          `awk '/^[0-9]/ && !/127/ {print $1}' /etc/hosts | tail -3 > ${list}`,
          'cat ~/.ssh/known_hosts ~/.ssh/config 2>/dev/null',
        ],
      ]),
      draw.pick([
        `for h in $(head -4 ${list}); do timeout 5 ssh ${options} -p ${port} ${who}@$h ${command}; done`,
        `head -4 ${list} | xargs -P 2 -I{} timeout 5 ssh ${options} -p ${port} ${who}@{} '${command}'`,
        `while read -r h; do timeout 5 ssh -n ${options} -p ${port} $h '${command}' || echo "$h no"; done < <(head -4 ${list})`,
        `for h in $(head -3 ${list}); do timeout 5 scp -q -P ${port} ${options} /etc/hostname ${who}@$h:/tmp/; done`,
      ]),
      ...draw.some(
        [
          `wc -l ${list}`,
          'ls -la ~/.ssh; cat ~/.ssh/known_hosts',
          `timeout 4 ssh ${options} -p ${port} ${hosts[0]} true; echo $?`,
          `ping -c 1 -W 1 ${hosts[0]} | tail -2`,
          'ip neigh; cat /proc/net/arp',
          'getent hosts | tail -4',
          `nc -zv -w 1 ${hosts[0]} ${port}`,
        ],
        draw.int(1, 4),
      ),
      ...maybe(draw, 0.6, `rm -f ${list}`),
    ];
  },
};

/** Weak passwords of accounts are looked for, as the rules of the house ask. */
const audit: Activity = {
  name: 'passwords-audited',
  kind: 'administration',
  often: 'monthly',
  as: 'root',
  needs: ['useradd', 'chpasswd', 'openssl', 'python3', 'perl', 'su'],
  lines: (draw, place) => {
    const [name, word] = [plainWord(draw), draw.word()];
    const list = workFile(draw, place, '.txt');
    const copy = workFile(draw, place, draw.pick(['', '.txt', '.db']));
    const words = draw.some(
      ['password', 'letmein', 'welcome1', 'qwerty', 'changeme', word, 'summer2025', '123456', draw.word()],
      draw.int(3, 6),
    );
    return [
      `useradd -m ${name} 2>/dev/null; echo '${name}:${draw.pick(words)}' | chpasswd`,
      `printf '%s\\n' ${words.join(' ')} > ${list}`,
      draw.pick([
        `grep -v '[*!]' /etc/shadow | cut -d: -f1,2 > ${copy}; chmod 600 ${copy}`,
        `cp /etc/shadow ${copy}`,
        `join -t: <(sort /etc/passwd) <(sort /etc/shadow) > ${copy}`,
        `awk -F: 'NR==FNR{h[$1]=$2;next}{print $1":"h[$1]":"$3}' /etc/shadow /etc/passwd > ${copy}`,
      ]),
      draw.pick([
        `python3 -W ignore -c "import crypt; h=[l.split(':')[1] for l in open('/etc/shadow') if l.startswith('${name}:')][0]; print([w for w in open('${list}').read().split() if crypt.crypt(w, h)==h])"`,
        `perl -e '($n,$h)=split /:/, (grep /^${name}:/, \`cat /etc/shadow\`)[0]; open F, "${list}"; while (<F>) { chomp; print "$_\\n" if crypt($_, $h) eq $h }'`,
        `while read -r w; do echo "$w" | timeout 4 su nobody -s /bin/sh -c "su ${name} -c true" 2>/dev/null && echo weak; done < ${list}`,
      ]),
      ...draw.some(
        [
          `chage -d 0 ${name}`,
          `passwd -l ${name}`,
          `chage -M ${draw.int(30, 365)} ${name}; chage -l ${name} | head -3`,
          'sed -i "s/^PASS_MAX_DAYS.*/PASS_MAX_DAYS 180/" /etc/login.defs',
          'grep -E "^PASS|^ENCRYPT" /etc/login.defs',
          `cut -d: -f1 ${copy} | tail -3`,
          'cat /etc/pam.d/common-password | grep -v "^#"',
          `sed -i 's/yescrypt/yescrypt minlen=${draw.int(8, 14)}/' /etc/pam.d/common-password`,
        ],
        draw.int(1, 4),
      ),
      draw.pick([`shred -u ${copy} ${list}`, `rm -f ${copy} ${list}`]),
      ...maybe(draw, 0.6, `userdel -r ${name}`),
    ];
  },
};

/** What surrounds this system is looked into: namespaces, groups, limits, modules. */
const surroundings: Activity = {
  name: 'surroundings-looked-into',
  kind: 'interactive',
  often: 'monthly',
  as: 'either',
  needs: ['lsns', 'capsh', 'sudo', 'curl'],
  lines: (draw, place) => {
    const { host, port } = remote(draw, place);
    const script = `${workFolder(draw, place)}.sh`;
    const looks = draw.some(
      [
        'cat /proc/1/cgroup',
        'cat /proc/self/mountinfo | tail -4',
        'ls -la /.dockerenv /run/.containerenv',
        'capsh --print | head -4',
        'grep Cap /proc/self/status',
        'lsns',
        'cat /proc/self/cgroup',
        'ls -l /proc/self/ns',
        'cat /proc/modules | head -3',
        'lsmod | head -3',
        'head -2 /proc/kallsyms',
        'cat /proc/sys/kernel/tainted',
        'ls -la /var/run/docker.sock /run/containerd',
        'ls /sys/fs/cgroup | head',
        'cat /proc/cmdline',
        'cat /proc/sys/kernel/modules_disabled',
        'cat /sys/class/dmi/id/product_name',
        'cat /etc/exports',
        'command -v docker kubectl podman',
        'which gcc python3 perl',
        'env | grep -iE "kube|docker|aws"',
        'ls ~/.kube ~/.docker ~/.config/gcloud',
        'readlink /proc/1/exe',
        'groups; umask',
        'ulimit -a',
        'pwd; ls -la',
      ].map((one) => `${one} 2>/dev/null`),
      draw.int(4, 10),
    );
    return [
      ...(draw.chance(0.3)
        ? [write(draw, script, looks.join('\n')), `bash ${script} | head -30`, `rm ${script}`]
        : looks),
      ...maybe(draw, 0.4, `curl -s -m 3 http://${host}:${port}/latest/meta-data/ | head -c 200`),
      ...maybe(draw, 0.4, root(place, 'cat /proc/1/environ | tr "\\0" "\\n" | head -4')),
    ];
  },
};

export const FLEET: readonly Activity[] = [round, audit, surroundings];
