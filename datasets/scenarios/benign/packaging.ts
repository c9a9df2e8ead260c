import type { Activity } from '../scenario.ts';
import { fetchTo, link, maybe, root, workFolder, write } from '../ways.ts';
import { plainWord } from './plain-word.ts';

/** A package of Debian with a service, a cron job and scripts of its maintainer. */
const debian: Activity = {
  name: 'debian-package-with-scripts',
  kind: 'packages',
  often: 'monthly',
  as: 'root',
  needs: ['dpkg-deb', 'dpkg', 'apt-get', 'useradd'],
  lines: (draw, place) => {
    const name = plainWord(draw);
    const folder = workFolder(draw, place);
    const postinst = draw.some(
      [
        `id ${name} > /dev/null 2>&1 || useradd -r -M -s /usr/sbin/nologin ${name}`,
        `mkdir -p /var/lib/${name} && chown ${draw.pick(['www-data', 'nobody'])} /var/lib/${name}`,
        `systemctl daemon-reload || true`,
        `chmod 755 /usr/bin/${name}`,
        `ln -sf /usr/bin/${name} /usr/local/bin/${name}`,
        `/usr/bin/${name} > /var/log/${name}.log 2>&1 &`,
        `echo '0 4 * * * root /usr/bin/${name}' > /etc/cron.d/${name}`,
      ],
      draw.int(1, 4),
    );
    return [
      `mkdir -p ${folder}/DEBIAN ${folder}/usr/bin ${folder}/etc/${name} ${folder}/lib/systemd/system`,
      `printf 'Package: ${name}\\nVersion: ${draw.int(0, 3)}.${draw.int(0, 20)}-${draw.int(1, 4)}\\nArchitecture: ${draw.pick(['all', 'amd64'])}\\nMaintainer: ops <ops@example.net>\\nDescription: ${draw.word()} of the house\\n' > ${folder}/DEBIAN/control`,
      write(
        draw,
        `${folder}/usr/bin/${name}`,
        `#!/bin/sh\ndate\n${draw.pick(['uptime', 'df -h /', 'id', 'hostname'])}\nsleep ${draw.int(1, 20)}`,
      ),
      `printf '[Service]\\nExecStart=/usr/bin/${name}\\n' > ${folder}/lib/systemd/system/${name}.service; echo port=${draw.int(1000, 9999)} > ${folder}/etc/${name}/${name}.conf`,
      write(draw, `${folder}/DEBIAN/postinst`, `#!/bin/sh\nset -e\n${postinst.join('\n')}\nexit 0`),
      ...maybe(
        draw,
        0.5,
        `printf '#!/bin/sh\\npkill -f /usr/bin/${name} || true\\n' > ${folder}/DEBIAN/prerm; chmod 755 ${folder}/DEBIAN/prerm`,
      ),
      `chmod 755 ${folder}/DEBIAN/postinst ${folder}/usr/bin/${name}; dpkg-deb ${draw.pick(['-b', '--build --root-owner-group'])} ${folder} /tmp/${name}.deb`,
      draw.pick([
        `dpkg -i /tmp/${name}.deb`,
        `apt-get install -y --no-download /tmp/${name}.deb 2>&1 | tail -3 || dpkg -i /tmp/${name}.deb`,
      ]),
      ...draw.some(
        [
          `dpkg -s ${name} | head -4`,
          `dpkg -L ${name}`,
          `dpkg-deb -c /tmp/${name}.deb`,
          `dpkg -V ${name}`,
          `apt-cache policy ${name}`,
          `dpkg -P ${name}`,
          `ls /var/lib/dpkg/info/${name}*`,
        ],
        draw.int(2, 4),
      ),
      `rm -rf ${folder} /tmp/${name}.deb`,
    ];
  },
};

/** A wheel is put together and installed without an index. */
const wheel: Activity = {
  name: 'wheel-installed',
  kind: 'packages',
  often: 'weekly',
  as: 'either',
  needs: ['python3', 'pip3'],
  lines: (draw, place) => {
    const name = plainWord(draw);
    const version = `${draw.int(0, 4)}.${draw.int(0, 9)}`;
    const folder = workFolder(draw, place);
    const file = `${name}-${version}-py3-none-any.whl`;
    const made = `import zipfile\ninfo = "${name}-${version}.dist-info"\nwith zipfile.ZipFile("${file}", "w") as z:\n    z.writestr("${name}/__init__.py", "import os, platform\\ndef main():\\n    print(platform.node(), os.getpid())\\n")\n    z.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: ${name}\\nVersion: ${version}\\n")\n    z.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nGenerator: hand\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")\n    z.writestr(info + "/entry_points.txt", "[console_scripts]\\n${name} = ${name}:main\\n")\n    z.writestr(info + "/RECORD", "")`;
    return [
      `mkdir -p ${folder} && cd ${folder}`,
      `cat > make.py <<'END'\n${made}\nEND`,
      `/usr/bin/python3 make.py && ls -l ${file}`,
      `/usr/bin/python3 -m pip install -q --no-index --no-deps --target ${folder}/lib ${file}`,
      ...draw.some(
        [
          `PYTHONPATH=${folder}/lib /usr/bin/python3 -c "import ${name}; ${name}.main()"`,
          `${folder}/lib/bin/${name} 2>&1 | tail -1`,
          `unzip -l ${file} | tail -3`,
          `/usr/bin/python3 -m pip download --no-index ${name} 2>&1 | tail -1`,
          `sha256sum ${file}`,
          `ls -R lib | head`,
        ],
        draw.int(2, 4),
      ),
      `cd; ${draw.pick([`rm -rf ${folder}`, `rm -rf ${folder}/lib`])}`,
    ];
  },
};

/** A module of Node.js is packed and installed in another, its install script with it. */
const nodeModule: Activity = {
  name: 'module-installed-by-npm',
  kind: 'packages',
  often: 'weekly',
  as: 'either',
  needs: ['node', 'npm'],
  lines: (draw, place) => {
    const name = draw.word();
    const folder = workFolder(draw, place);
    const script = draw.pick(['node setup.js', 'sh build.sh', 'mkdir -p dist && date > dist/stamp']);
    return [
      `mkdir -p ${folder}/${name} ${folder}/app && cd ${folder}/${name}`,
      `echo '${JSON.stringify({ name, version: `1.${draw.int(0, 9)}.${draw.int(0, 9)}`, main: 'index.js', scripts: { [draw.pick(['postinstall', 'install', 'preinstall'])]: script } })}' > package.json`,
      `echo 'module.exports = () => process.pid' > index.js; printf 'require("child_process").execSync("${draw.pick(['uname -a', 'ls', 'gcc --version', 'id'])}", {stdio: "inherit"});\\n' > setup.js; printf 'date > built\\nls -la\\n' > build.sh`,
      ...maybe(draw, 0.7, 'npm install --offline --no-audit --no-fund 2>&1 | tail -2'),
      'npm pack --silent',
      `cd ../app && npm init -y > /dev/null && npm install --offline --no-audit --no-fund ${folder}/${name}/*.tgz 2>&1 | tail -2`,
      ...draw.some(
        [
          `node -e "console.log(require('${name}')())"`,
          'npm ls',
          'cat package.json | tail -4',
          `ls node_modules/${name}`,
          `npm uninstall --offline ${name} 2>&1 | tail -1`,
        ],
        draw.int(1, 3),
      ),
      `cd; rm -rf ${folder}`,
    ];
  },
};

/** What is installed is looked up, and sources of packages are set. */
const sources: Activity = {
  name: 'sources-of-packages',
  kind: 'packages',
  often: 'monthly',
  as: 'root',
  needs: ['apt-get', 'apt-cache', 'dpkg', 'curl', 'wget', 'perl', 'python3', 'gpg'],
  lines: (draw, place) => {
    const name = draw.word();
    const key = `/etc/apt/keyrings/${name}.asc`;
    return [
      `mkdir -p /etc/apt/keyrings; ${fetchTo(draw, link(draw, place, '.txt'), key)}`,
      `echo 'deb [signed-by=${key}] http://${draw.pick(place.peers)}/debian stable main' > /etc/apt/sources.list.d/${name}.list`,
      ...draw.some(
        [
          'timeout 20 apt-get -o Acquire::http::Timeout=1 -o Acquire::Retries=0 -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::sourcelist=/dev/null update 2>&1 | tail -2',
          `apt-cache policy ${draw.pick(['bash', 'curl', 'nginx', 'openssl'])}`,
          `apt-get -s install ${draw.pick(['tree', 'curl', 'jq'])} 2>&1 | tail -2`,
          `printf 'Package: ${name}\\nPin: release *\\nPin-Priority: ${draw.int(1, 900)}\\n' > /etc/apt/preferences.d/${name}`,
          `printf 'APT::Install-Recommends "false";\\n' > /etc/apt/apt.conf.d/90${name}`,
          `dpkg -S $(command -v ${draw.pick(['curl', 'id', 'ssh', 'tar'])})`,
          `dpkg -l | awk '/^ii/ {print $2, $3}' > /var/tmp/${name}.txt; wc -l /var/tmp/${name}.txt`,
          `dpkg --get-selections | grep -c install; dpkg --audit`,
          `apt-mark hold ${draw.pick(['bash', 'openssl'])}; apt-mark showhold`,
          'apt-get clean; ls /var/cache/apt/archives | wc -l',
          'grep -h ^deb /etc/apt/sources.list /etc/apt/sources.list.d/* | head -4',
        ],
        draw.int(3, 6),
      ),
      ...maybe(draw, 0.6, root(place, `rm -f /etc/apt/sources.list.d/${name}.list ${key}`)),
    ];
  },
};

export const PACKAGING: readonly Activity[] = [debian, wheel, nodeModule, sources];
