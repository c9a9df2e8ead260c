import { chmod, chown, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Draw } from '../scenarios/draw.ts';
import type { Account, Machine } from './session-machine.ts';

/**
 * Fills the upper layer of a session's root file system: accounts, homes, an application, logs. Nothing of this
 * machine's own accounts, keys and settings stays readable through it.
 */
export async function furnish(work: string, machine: Machine, draw: Draw): Promise<void> {
  const root = writerBelow(work);
  await accounts(root, machine);
  for (const account of machine.accounts) await home(work, account, draw);
  await rootHome(work, draw);
  await application(root, draw);
  await logs(root, machine, draw);
}

type Write = (path: string, text: string, mode?: number) => Promise<void>;

/** These folders of a session are its own from the start; all others show this machine's through its layer. */
export const OWN_FOLDERS = [
  'root',
  'home',
  'tmp',
  'var/tmp',
  'var/spool',
  'var/log',
  'var/www',
  'srv',
  'opt',
  'run',
];

function writerBelow(work: string): Write {
  return async (path, text, mode = 0o644) => {
    const own = OWN_FOLDERS.some((folder) => path.startsWith(`${folder}/`));
    const file = join(work, own ? 'own' : 'upper', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    await chmod(file, mode);
  };
}

async function accounts(write: Write, machine: Machine): Promise<void> {
  const system = (await readFile('/etc/passwd', 'utf8'))
    .split('\n')
    .filter((line) => Number(line.split(':')[2] ?? 1e9) < 1000);
  const groups = (await readFile('/etc/group', 'utf8'))
    .split('\n')
    .filter((line) => Number(line.split(':')[2] ?? 1e9) < 1000);
  const people = machine.accounts;
  const admins = people.filter((one) => one.sudo).map((one) => one.name);
  const grouped = groups.map((line) =>
    line.startsWith('sudo:') ? `${line.split(':').slice(0, 3).join(':')}:${admins.join(',')}` : line,
  );
  await write(
    'etc/passwd',
    `${[...system.map((line) => (line.startsWith('root:') ? 'root:x:0:0:root:/root:/bin/bash' : line)), ...people.map((one) => `${one.name}:x:${one.uid}:${one.uid}::/home/${one.name}:/bin/bash`)].join('\n')}\n`,
  );
  await write(
    'etc/group',
    `${[...grouped, ...people.map((one) => `${one.name}:x:${one.uid}:`)].join('\n')}\n`,
  );
  const shadow = [...system.map((line) => line.split(':')[0] ?? ''), ...people.map((one) => one.name)];
  await write('etc/shadow', `${shadow.map((name) => `${name}:*:19800:0:99999:7:::`).join('\n')}\n`, 0o640);
  await write(
    'etc/gshadow',
    `${[...grouped, ...people.map((one) => one.name)].map((line) => `${line.split(':')[0]}:*::`).join('\n')}\n`,
    0o640,
  );
  await write('etc/hostname', `${machine.hostname}\n`);
  const peers = machine.peers.map(
    (address, place) =>
      `${address} ${['repo', 'api', 'files', 'cdn', 'mirror', 'hub'][place] ?? 'peer'}.example.net`,
  );
  await write(
    'etc/hosts',
    `127.0.0.1 localhost\n${machine.address} ${machine.hostname}\n${peers.join('\n')}\n`,
  );
  await write('etc/resolv.conf', 'nameserver 127.0.0.53\n');
  await write('etc/sudoers.d/admins', '%sudo ALL=(ALL) NOPASSWD: ALL\n', 0o440);
  await write('etc/inputrc', 'set enable-bracketed-paste off\nset bell-style none\n');
  await write(
    'etc/profile.d/tools.sh',
    `PATH="$PATH:/usr/local/go/bin:/usr/local/rust/bin"\nexport GOCACHE=${GO_CACHE}\n`,
  );
  for (const own of ['etc/pip.conf', 'etc/npmrc', 'etc/apt/apt.conf.d/99proxy']) await write(own, '');
}

/** Compiled parts of Go's own library, which every session would otherwise compile anew. */
export const GO_CACHE = '/var/cache/logster-go-build';

/** The title that Debian's own start-up file gives a terminal at every prompt: how the recorder knows that a line is done. */
const PROMPT = "PS1='\\[\\e]0;\\u@\\h: \\w\\a\\]\\u@\\h:\\w\\$ '\n";

async function home(work: string, account: Account, draw: Draw): Promise<void> {
  const base = `home/${account.name}`;
  const plain = writerBelow(work);
  const write = (path: string, text: string, mode?: number): Promise<void> =>
    plain(`${base}/${path}`, text, mode);
  await write('.bashrc', `${PROMPT}alias ll='ls -l'\nexport EDITOR=vim\n`);
  await write('.profile', '[ -f ~/.bashrc ] && . ~/.bashrc\n');
  await write(
    '.bash_history',
    `${draw.some(['ls', 'git status', 'cd src', 'make', 'vim notes.txt', 'df -h', 'top', 'ssh files.example.net'], 5).join('\n')}\n`,
    0o600,
  );
  await write(
    '.ssh/id_ed25519',
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${draw.word()}${draw.int(1e6, 9e6)}\n-----END OPENSSH PRIVATE KEY-----\n`,
    0o600,
  );
  await write('.ssh/known_hosts', 'files.example.net ssh-ed25519 AAAA\n', 0o600);
  await write(
    '.aws/credentials',
    '[default]\naws_access_key_id = none\naws_secret_access_key = none\n',
    0o600,
  );
  await write(`.config/${draw.word()}/settings.json`, '{"theme":"dark","sync":true}\n');
  for (let count = draw.int(4, 12); count > 0; count--)
    await write(
      `${draw.folder('Documents')}/${draw.file(draw.pick(['.txt', '.md', '.csv', '.json', '.docx']))}`,
      text(draw),
    );
  for (let count = draw.int(3, 8); count > 0; count--)
    await write(
      `${draw.folder('projects')}/${draw.file(draw.pick(['.py', '.sh', '.c', '.js', '.sql']))}`,
      `# ${draw.word()}\n`,
    );
  const source = draw.word();
  for (const file of ['README.md', `${draw.word()}.py`, `lib/${draw.word()}.py`, 'data/sample.csv'])
    await write(`src/${source}/${file}`, text(draw));
  await write('notes.txt', text(draw));
  const whole = join(work, 'own', base);
  for (const entry of await readdir(whole, { recursive: true, withFileTypes: true }))
    await chown(join(entry.parentPath, entry.name), account.uid, account.uid);
  await chown(whole, account.uid, account.uid);
}

async function rootHome(work: string, draw: Draw): Promise<void> {
  const write = writerBelow(work);
  await write('root/.bashrc', PROMPT);
  await write('root/.profile', '[ -f ~/.bashrc ] && . ~/.bashrc\n');
  await write('root/.ssh/authorized_keys', 'ssh-ed25519 AAAA admin\n', 0o600);
  for (let count = draw.int(2, 4); count > 0; count--)
    await write(
      `root/scripts/${draw.file('.sh')}`,
      `#!/bin/sh\ndate\ndf -h /\nls ${draw.pick(['/srv', '/opt', '/var/log'])}\n`,
      0o755,
    );
}

async function application(write: Write, draw: Draw): Promise<void> {
  const name = draw.word();
  await write(
    `opt/${name}/config.ini`,
    `[main]\nname = ${name}\nport = ${draw.int(3000, 9000)}\npassword = ${draw.word()}\n`,
    0o640,
  );
  await write(`opt/${name}/bin/run.sh`, '#!/bin/sh\nexec sleep 60\n', 0o755);
  for (let count = draw.int(3, 10); count > 0; count--)
    await write(`opt/${name}/data/${draw.file('.csv')}`, text(draw));
  await write('var/www/html/index.html', `<h1>${name}</h1>\n`);
  for (let count = draw.int(2, 6); count > 0; count--)
    await write(`srv/backup/${draw.file('.txt')}`, text(draw));
}

async function logs(write: Write, machine: Machine, draw: Draw): Promise<void> {
  const user = machine.accounts[0]?.name ?? 'root';
  const lines = (form: () => string): string =>
    `${Array.from({ length: draw.int(40, 200) }, form).join('\n')}\n`;
  const time = (): string =>
    `Nov ${draw.int(10, 25)} ${draw.int(10, 23)}:${draw.int(10, 59)}:${draw.int(10, 59)} ${machine.hostname}`;
  await write(
    'var/log/auth.log',
    lines(
      () =>
        `${time()} sshd[${draw.int(300, 9000)}]: Accepted publickey for ${user} from ${draw.pick(machine.peers)} port ${draw.int(30_000, 60_000)}`,
    ),
    0o640,
  );
  await write(
    'var/log/syslog',
    lines(() => `${time()} ${draw.word()}[${draw.int(300, 9000)}]: ${draw.word()} ${draw.word()}`),
    0o640,
  );
  await write(
    'var/log/nginx/access.log',
    lines(() => `${draw.pick(machine.peers)} - - "GET /${draw.word()} HTTP/1.1" 200 ${draw.int(100, 9000)}`),
  );
  await write('var/log/wtmp', '');
  await write('var/log/btmp', '', 0o600);
}

const text = (draw: Draw): string =>
  `${Array.from({ length: draw.int(5, 60) }, () => Array.from({ length: draw.int(3, 9) }, draw.word).join(draw.pick([' ', ',']))).join('\n')}\n`;
