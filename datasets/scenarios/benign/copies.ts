import type { Activity } from '../scenario.ts';
import { link, maybe, quote, remote, root, workFile, workFolder, write } from '../ways.ts';

/** Copies go to another machine, by whichever program is at hand. */
const offsite: Activity = {
  name: 'copies-off-site',
  kind: 'administration',
  often: 'weekly',
  as: 'either',
  needs: ['tar', 'curl', 'nc', 'openssl', 'split', 'xz', 'sudo'],
  lines: (draw, place) => {
    const pack = workFile(draw, place, draw.pick(['.tgz', '.tar.gz', '.tar', '.bak']));
    const { host, port } = remote(draw, place);
    const what = draw.pick([
      `-C ${place.home} Documents .ssh .config`,
      `-C ${place.home} src projects`,
      '/etc/hosts /etc/passwd /etc/ssh /etc/cron.d',
      '/opt /srv --exclude=*.bak',
      '/var/www/html /var/log/nginx',
    ]);
    return [
      ...maybe(draw, 0.5, 'df -h / | tail -1', `du -sh ${place.home}`),
      `${root(place, `tar c${draw.pick(['z', 'J', ''])}f ${pack} ${what}`)} 2>/dev/null; ls -l ${pack}`,
      ...maybe(
        draw,
        0.5,
        `openssl enc -aes-256-cbc -pbkdf2 -salt -pass pass:${draw.word()} -in ${pack} -out ${pack}.enc && mv -f ${pack}.enc ${pack}`,
      ),
      draw.pick([
        `curl -s -T ${pack} ${link(draw, place, '')}`,
        `curl -s -F "file=@${pack}" -H "X-Host: $(hostname)" ${link(draw, place, '')}`,
        `curl -s --data-binary @${pack} ${link(draw, place, '')} > /dev/null`,
        `timeout 20 nc -q 1 ${host} ${port} < ${pack} > /dev/null`,
        `timeout 20 bash -c 'cat ${pack} > /dev/tcp/${host}/${port}'`,
        `split -b 30k ${pack} ${pack}.; for f in ${pack}.*; do curl -s -T $f http://${host}:${port}/backup/; sleep 1; done`,
        `python3 -c "import urllib.request as u; print(u.urlopen(u.Request('http://${host}:${port}/up', open('${pack}','rb').read())).status)"`,
        `base64 -w0 ${pack} | curl -s -d @- ${link(draw, place, '')}`,
      ]),
      ...maybe(draw, 0.5, `sha256sum ${pack} | tee -a ${place.home}/backups.txt`),
      draw.pick([`rm -f ${pack}*`, `shred -u ${pack}; rm -f ${pack}.*`, `mv ${pack} /var/tmp/`]),
    ];
  },
};

/** A restore is tried in a place of its own. */
const restore: Activity = {
  name: 'restore-tried',
  kind: 'administration',
  often: 'monthly',
  as: 'either',
  needs: ['tar', 'rsync', 'openssl', 'gpg'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const from = draw.pick([
      `${place.home}/Documents`,
      `${place.home}/src`,
      '/var/www/html',
      `${place.home}/projects`,
    ]);
    const word = draw.word();
    const way = draw.pick([
      [`tar czf ${folder}/a.tgz -C ${from} .`, `tar xzf ${folder}/a.tgz -C ${folder}/out`],
      [`rsync -a ${from}/ ${folder}/copy/`, `rsync -a --delete ${folder}/copy/ ${folder}/out/`],
      [
        `tar cf - -C ${from} . | openssl enc -aes-256-ctr -pbkdf2 -k ${word} > ${folder}/a.enc`,
        `openssl enc -d -aes-256-ctr -pbkdf2 -k ${word} < ${folder}/a.enc | tar xf - -C ${folder}/out`,
      ],
      [
        `tar c -C ${from} . | gpg --batch --yes --passphrase ${word} -c -o ${folder}/a.gpg`,
        `gpg --batch --passphrase ${word} -d ${folder}/a.gpg 2>/dev/null | tar x -C ${folder}/out`,
      ],
      [
        `cd ${from} && find . -type f -print0 | xargs -0 cp --parents -t ${folder}/out; cd`,
        `ls -A ${folder}/out`,
      ],
      [`cp -a ${from} ${folder}/kept`, `cp -a ${folder}/kept/. ${folder}/out/`],
    ]);
    return [
      `mkdir -p ${folder}/out`,
      ...way,
      draw.pick([`diff -r ${from} ${folder}/out && echo same`, `diff -rq ${from} ${folder}/out | wc -l`]),
      ...draw.some(
        [
          `find ${folder}/out -type f | wc -l`,
          `du -sh ${folder}`,
          `(cd ${folder}/out && find . -type f -exec md5sum {} +) | sort | tail -3`,
          `rm -rf ${folder}/out/*; ls ${folder}/out`,
          `chmod -R u+rwX ${folder}/out`,
        ],
        draw.int(1, 3),
      ),
      ...maybe(draw, 0.7, `rm -rf ${folder}`),
    ];
  },
};

/** A script of copies kept for some days, run by hand and by cron. */
const rounds: Activity = {
  name: 'rounds-of-copies',
  kind: 'cron',
  often: 'weekly',
  as: 'either',
  needs: ['crontab', 'tar', 'gzip'],
  lines: (draw, place) => {
    const script = `${place.home}/${draw.pick(['', 'bin/', 'scripts/', '.local/bin/'])}${draw.file('.sh')}`;
    const kept = draw.pick([
      `${place.home}/backups`,
      `/var/tmp/${draw.word()}`,
      `${place.home}/.${draw.word()}`,
    ]);
    const body = `#!/bin/bash\nset -e\nmkdir -p ${kept}\nstamp=$(date +%F-%H%M%S)\ntar czf ${kept}/$stamp.tgz -C ${place.home} ${draw.pick(['Documents', 'src', 'projects notes.txt'])} 2>/dev/null || true\nls -1t ${kept}/*.tgz | tail -n +${draw.int(2, 6)} | xargs -r rm -f\necho "$stamp $(du -s ${kept} | cut -f1)" >> ${kept}/log`;
    return [
      `mkdir -p $(dirname ${script})`,
      write(draw, script, body),
      `chmod ${draw.pick(['+x', '755', '700'])} ${script}`,
      ...Array.from({ length: draw.int(1, 4) }, () =>
        draw.pick([script, `bash ${script}`, `bash -x ${script} 2>&1 | tail -3`]),
      ),
      draw.pick([
        `(crontab -l 2>/dev/null; echo ${quote(`${draw.int(0, 59)} ${draw.int(0, 23)} * * * ${script}`)}) | crontab -`,
        `echo '@daily ${script}' | crontab -`,
        `crontab -l > /tmp/${draw.word()}.cron; echo '*/${draw.int(5, 30)} * * * * ${script}' | crontab -`,
        `echo ${script} | at now + ${draw.int(1, 9)} hours`,
        root(place, `cp ${script} /etc/cron.daily/`),
      ]),
      ...maybe(draw, 0.6, draw.pick(['crontab -l', `ls -la ${kept}`, `cat ${kept}/log`, 'atq'])),
    ];
  },
};

/** Settings and keys of a person go along to a new machine. */
const dotfiles: Activity = {
  name: 'dotfiles-moved',
  kind: 'interactive',
  often: 'monthly',
  as: 'either',
  needs: ['tar', 'git', 'curl', 'rsync'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const wanted = draw.some(
      [
        '.bashrc',
        '.profile',
        '.ssh',
        '.config',
        '.aws',
        '.gitconfig',
        '.vimrc',
        '.netrc',
        '.bash_history',
        '.npmrc',
      ],
      draw.int(3, 7),
    );
    return [
      `mkdir -p ${folder}; cd`,
      draw.pick([
        `for f in ${wanted.join(' ')}; do [ -e ~/$f ] && cp -r ~/$f ${folder}/; done`,
        `cp -r ${wanted.map((one) => `~/${one}`).join(' ')} ${folder}/ 2>/dev/null`,
        `tar cf - ${wanted.join(' ')} 2>/dev/null | tar xf - -C ${folder}`,
        `rsync -a --ignore-missing-args ${wanted.join(' ')} ${folder}/`,
      ]),
      ...draw.some(
        [
          `cd ${folder} && git init -q . && git add -A && git -c user.name=a -c user.email=a@example.net commit -qm ${draw.word()}; cd`,
          `rm -rf ${folder}/.ssh/id_*`,
          `chmod -R go= ${folder}`,
          `ls -la ${folder}`,
          `tar czf ${folder}.tgz -C ${folder} . && curl -s -T ${folder}.tgz ${link(draw, place, '')}`,
          `ln -sf ${folder}/.vimrc ~/.vimrc; printf 'set number\\n' >> ~/.vimrc`,
          `cat ~/.ssh/config ~/.ssh/id_*.pub 2>/dev/null | head`,
          `grep -rn alias ${folder}/.bashrc`,
        ],
        draw.int(2, 4),
      ),
      ...maybe(draw, 0.5, `rm -rf ${folder} ${folder}.tgz`),
    ];
  },
};

export const COPIES: readonly Activity[] = [offsite, restore, rounds, dotfiles];
