import { randomOf } from '../../record/random-of.ts';
import { drawMachine, placeOf } from '../../record/session-machine.ts';
import { drawFrom } from '../draw.ts';
import type { Service } from '../scenario.ts';
import { bySudo } from './by-sudo.ts';
import { BENIGN } from './index.ts';
import { SERVICES } from './services.ts';

/** Programs that not every machine has. */
const SPECIAL =
  'cargo crontab curl dpkg-deb gcc gdb git go gpg javac jq logrotate lsof make nc nginx nmap node npm openssl php redis-cli redis-server rsync rustc socat sqlite3 ssh ssh-keygen sshd strace tree useradd visudo wget xxd'.split(
    ' ',
  );

function linesOf(one: Service, seed: number): readonly string[] {
  const draw = drawFrom(randomOf(seed));
  const machine = drawMachine(draw);
  const user = one.as === 'root' ? 'root' : (machine.accounts[0]?.name ?? 'root');
  return one.lines(draw, placeOf(machine, user, draw));
}

/** Those that a line types as a command: at its start, behind a separator, or by sudo or timeout. */
function commandsIn(line: string): readonly string[] {
  const typed = line.split('\n')[0] ?? '';
  const places = typed.matchAll(
    /(?:^|[|;&(]\s*|\b(?:sudo(?: -n)?|timeout [\d.]+|nice|time|then|do) )([a-z][\w-]*)(?= )/g,
  );
  return [...places].map((place) => place[1] ?? '').filter((name) => SPECIAL.includes(name));
}

const ALL = [...BENIGN, ...SERVICES].map((one) => [one.name, one] as const);

test.each(ALL)('%s needs the programs that it types', (_, one) => {
  const typed = new Set(
    Array.from({ length: 60 }, (_unused, seed) => linesOf(one, seed)).flatMap((lines) =>
      lines.flatMap(commandsIn),
    ),
  );
  expect([...typed].filter((name) => !one.needs.includes(name))).toEqual([]);
});

test.each(ALL)('%s types no tab, by which a terminal would complete what stands before it', (_, one) => {
  for (let seed = 0; seed < 20; seed++) expect(linesOf(one, seed).join('\n')).not.toContain('\t');
});

test('bySudo() lets a user do by sudo, line by line, what root does', () => {
  const work = bySudo({
    name: 'work',
    kind: 'administration',
    often: 'monthly',
    as: 'root',
    needs: [],
    lines: (_, { home }) => ['useradd -m a', `echo 'x' > ${home}/a`, 'cd /srv'],
  });
  const draw = drawFrom(randomOf(1));
  const machine = drawMachine(draw);
  const user = machine.accounts[0]?.name ?? '';
  expect(work.as).toBe('either');
  expect(work.lines(draw, placeOf(machine, user, draw))).toEqual([
    'sudo -n useradd -m a',
    `sudo -n bash -c 'echo '\\''x'\\'' > /root/a'`,
    `sudo -n bash -c 'cd /srv'`,
  ]);
  expect(work.lines(draw, placeOf(machine, 'root', draw))[0]).toBe('useradd -m a');
});

test('most work is of a few lines', () => {
  for (const one of BENIGN)
    for (let seed = 0; seed < 20; seed++) expect(linesOf(one, seed).length).toBeLessThanOrEqual(30);
});

test('every kind of work is there', () => {
  expect(new Set(BENIGN.map(({ kind }) => kind)).size).toBe(9);
});
