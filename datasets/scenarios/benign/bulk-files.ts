import type { Draw } from '../draw.ts';
import type { Activity } from '../scenario.ts';
import { maybe, root, workFile, workFolder, write } from '../ways.ts';

/** A line that fills a folder with files of a kind. */
function fill(draw: Draw, folder: string, extension: string): string {
  const count = draw.int(6, 30);
  return draw.pick([
    `for i in $(seq ${count}); do head -c ${draw.int(200, 9000)} /dev/urandom | base64 > ${folder}/${draw.word()}$i${extension}; done`,
    `python3 -c "import os; [open(f'${folder}/${draw.word()}_{i}${extension}','wb').write(os.urandom(${draw.int(200, 20_000)})) for i in range(${count})]"`,
    `seq ${count * 40} | split -l 40 --additional-suffix=${extension} - ${folder}/${draw.word()}-`,
    `for i in $(seq ${count}); do echo "${draw.word()} $i $RANDOM" > ${folder}/$i${extension}; done`,
  ]);
}

/** Many files get other names. */
const renamed: Activity = {
  name: 'files-renamed-in-bulk',
  kind: 'data',
  often: 'weekly',
  as: 'either',
  needs: ['perl', 'python3'],
  lines: (draw, place) => {
    const folder = draw.chance(0.5) ? workFolder(draw, place) : `${place.home}/Documents/${draw.word()}`;
    const [old, now] = [
      draw.pick(['.jpg', '.txt', '.dat', '.JPG', '.csv']),
      draw.pick(['.jpeg', '.old', '.bak', '.md', '.locked', '.2025', '.done']),
    ];
    const tag = draw.word();
    return [
      `mkdir -p ${folder}`,
      fill(draw, folder, old),
      ...maybe(draw, 0.5, `ls ${folder} | head`),
      draw.pick([
        `for f in ${folder}/*${old}; do mv "$f" "\${f%${old}}${now}"; done`,
        `cd ${folder}; n=0; for f in *; do n=$((n+1)); mv "$f" ${tag}-$(printf %03d $n)${now}; done; cd`,
        `perl -e 'for (glob("${folder}/*${old}")) { ($n = $_) =~ s/\\Q${old}\\E$/${now}/; rename $_, $n }'`,
        `find ${folder} -name '*${old}' | sed 'p;s/\\${old}$/${now}/' | xargs -n 2 mv`,
        `python3 -c "import pathlib; [p.rename(p.with_name('${tag}-' + p.name)) for p in pathlib.Path('${folder}').iterdir()]"`,
        `find ${folder} -type f -exec sh -c 'mv "$1" "$1${now}"' _ {} \\;`,
      ]),
      ...draw.some(
        [
          `ls ${folder} | wc -l`,
          `echo "renamed to ${now} on $(date +%F)" > ${folder}/README.txt`,
          `touch -d '${draw.int(1, 20)} days ago' ${folder}/*`,
          `mkdir -p ${folder}/a && mv ${folder}/*1* ${folder}/a/`,
          `find ${folder} -type f -newer /etc/hostname | wc -l`,
          `rm -f ${folder}/*3*`,
        ],
        draw.int(1, 4),
      ),
      ...maybe(draw, 0.4, `rm -rf ${folder}`),
    ];
  },
};

/** Many files are packed or ciphered one by one, the originals taken away. */
const sealed: Activity = {
  name: 'files-sealed-one-by-one',
  kind: 'administration',
  often: 'monthly',
  as: 'either',
  needs: ['openssl', 'gpg', 'gzip', 'xz', 'zip', 'shred', 'python3', 'xxd'],
  lines: (draw, place) => {
    const folder = draw.chance(0.5)
      ? workFolder(draw, place)
      : `${place.home}/${draw.pick(['archive', 'Documents', 'records'])}/${draw.word()}`;
    const extension = draw.pick(['.csv', '.txt', '.pdf', '.docx', '.log']);
    const key = `${place.home}/.${draw.word()}.key`;
    const script = workFile(draw, place, draw.pick(['.sh', '.py']));
    const body = script.endsWith('.py')
      ? `import gzip, os, pathlib, sys\nfor p in pathlib.Path(sys.argv[1]).rglob("*${extension}"):\n    with gzip.open(str(p) + ".gz", "wb") as out:\n        out.write(p.read_bytes())\n    os.unlink(p)`
      : `#!/bin/bash\nfor f in "$1"/*${extension}; do\n  openssl enc -aes-256-cbc -pbkdf2 -pass file:${key} -in "$f" -out "$f.enc" && rm "$f"\ndone`;
    return [
      `mkdir -p ${folder}; openssl rand -hex 32 > ${key}; chmod 600 ${key}`,
      fill(draw, folder, extension),
      ...draw.pick([
        [
          `for f in ${folder}/*${extension}; do openssl enc -aes-256-cbc -pbkdf2 -pass file:${key} -in "$f" -out "$f.enc" && rm "$f"; done`,
        ],
        [
          `for f in ${folder}/*${extension}; do gpg --batch --yes --passphrase-file ${key} -c "$f" && ${draw.pick(['rm', 'shred -u'])} "$f"; done`,
        ],
        [`gzip ${folder}/*${extension}`],
        [`find ${folder} -name '*${extension}' -exec xz {} +`],
        [`for f in ${folder}/*${extension}; do zip -qm "$f.zip" "$f"; done`],
        [write(draw, script, body), `${script.endsWith('.py') ? 'python3' : 'bash'} ${script} ${folder}`],
      ]),
      ...draw.some(
        [
          `ls -la ${folder} | head -5`,
          `cd ${folder} && sha256sum * > SHA256; cd`,
          `tar cf ${folder}.tar ${folder} 2>/dev/null`,
          `chmod -R a-w ${folder}`,
          `echo 'key at ops, see the wiki' > ${folder}/READ_ME.txt`,
          `du -sh ${folder}`,
          `f=$(ls ${folder}/*.enc 2>/dev/null | head -1); [ -n "$f" ] && openssl enc -d -aes-256-cbc -pbkdf2 -pass file:${key} -in $f | head -c 40 | xxd | head -1`,
        ],
        draw.int(2, 4),
      ),
      ...maybe(draw, 0.6, `chmod -R u+w ${folder}; rm -rf ${folder} ${folder}.tar ${key} ${script}`),
    ];
  },
};

/** Old and large things are looked for and erased. */
const erased: Activity = {
  name: 'old-files-erased',
  kind: 'administration',
  often: 'monthly',
  as: 'either',
  needs: ['shred', 'sudo', 'python3'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    return [
      draw.pick([
        'df -h / | tail -1',
        `du -sh ${place.home}/* 2>/dev/null | sort -h | tail -4`,
        'du -xsh /tmp /var/tmp 2>/dev/null',
      ]),
      `mkdir -p ${folder}`,
      fill(draw, folder, draw.pick(['.log', '.tmp', '.dump', '.core', '.cache'])),
      ...draw.some(
        [
          `touch -d '40 days ago' ${folder}/*1*; find ${folder} -mtime +30 -delete`,
          `shred -u -n 1 ${folder}/*2*`,
          `find ${folder} -type f -size -2k -exec rm -f {} +`,
          `ls -t ${folder} | tail -n +5 | sed 's|^|${folder}/|' | xargs -r rm -f`,
          root(place, 'find /var/log -name "*.gz" -exec rm -f {} +'),
          root(place, 'find /var/log -type f -size +4k -exec truncate -s 2k {} +'),
          root(place, 'rm -rf /var/cache/apt/archives/partial /var/cache/man'),
          'rm -rf ~/.cache/* ~/.local/share/Trash',
          `for f in ${folder}/*; do : > $f; done`,
          `dd if=/dev/zero of=$(ls ${folder}/* | head -1) bs=1k count=4 conv=notrunc status=none`,
          `find ${folder} -type f -print0 | xargs -0 -r shred -u -n 1`,
          root(place, "sh -c 'cd /srv/backup && ls -t | tail -n +4 | xargs -r rm -rf'"),
          `find ${place.home} -name '*.pyc' -o -name '*~' -o -name '*.swp' | xargs -r rm -f`,
        ],
        draw.int(3, 6),
      ),
      draw.pick([
        `rm -rf ${folder}`,
        `rm -r ${folder}/* ; rmdir ${folder}`,
        `python3 -c "import shutil; shutil.rmtree('${folder}')"`,
        `find ${folder} -delete`,
      ]),
      ...maybe(draw, 0.4, 'df -h / | tail -1'),
    ];
  },
};

/** Times, rights and owners of files are set as they should be. */
const rights: Activity = {
  name: 'rights-and-times-set',
  kind: 'administration',
  often: 'weekly',
  as: 'root',
  needs: ['setcap', 'getcap', 'install', 'chattr'],
  lines: (draw, place) => {
    const folder = draw.pick([`/srv/${draw.word()}`, `/opt/${draw.word()}`, `/var/lib/${draw.word()}`]);
    const owner = draw.pick(['www-data', 'nobody', 'root', ...place.users]);
    const tool = `/usr/local/bin/${draw.word()}`;
    return [
      `install -d -m ${draw.pick(['755', '2775', '750'])} -o ${owner} ${folder}`,
      fill(draw, folder, draw.pick(['.html', '.conf', '.dat'])),
      ...draw.some(
        [
          `chown -R ${owner}: ${folder}`,
          `find ${folder} -type f -exec chmod ${draw.pick(['644', '640', '600'])} {} +; find ${folder} -type d -exec chmod 755 {} +`,
          `chmod -R g+rwX,o-rwx ${folder}`,
          `cp /bin/${draw.pick(['ping', 'cat', 'date'])} ${tool}; chmod ${draw.pick(['4755', '2755', '755'])} ${tool}; ls -l ${tool}; rm ${tool}`,
          `cp /usr/bin/python3.11 ${tool}; setcap cap_net_bind_service=+ep ${tool}; getcap ${tool}; rm ${tool}`,
          `touch -r /etc/hostname ${folder}/*; stat -c '%n %y' ${folder}/* | head -2`,
          `chattr +i ${folder}/1* 2>/dev/null; lsattr ${folder} 2>/dev/null | head -2; chattr -i ${folder}/1* 2>/dev/null`,
          `umask 027; date > ${folder}/stamp; umask 022`,
          `stat -c '%a %U:%G %n' ${folder}/* | head -3`,
          `touch -d '2025-0${draw.int(1, 9)}-1${draw.int(0, 9)} 0${draw.int(0, 9)}:30' ${folder}/*`,
          'chmod 1777 /tmp /var/tmp; chmod 640 /etc/shadow; chmod 440 /etc/sudoers',
          `find /srv /opt -perm -o+w -type f -exec chmod o-w {} +`,
        ],
        draw.int(3, 7),
      ),
      ...maybe(draw, 0.4, `rm -rf ${folder}`),
    ];
  },
};

export const BULK_FILES: readonly Activity[] = [renamed, sealed, erased, rights];
