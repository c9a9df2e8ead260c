import { spawnSync } from 'node:child_process';
import { drawFrom } from '../draw.ts';
import type { Attack, Place } from '../scenario.ts';
import { ATTACKS } from './index.ts';

/** Numbers in [0, 1) that a seed repeats (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const SEEDS = [1, 2, 3, 5, 8, 13, 21, 34];

function placeOf(user: string): Place {
  return {
    hostname: 'box-1',
    users: ['anna', 'bela', 'carl'],
    user,
    home: user === 'root' ? '/root' : `/home/${user}`,
    address: '10.20.0.5',
    peers: ['10.20.0.9', '192.168.7.3', '45.77.12.9'],
    peerPorts: [80, 443, 8080, 9001],
    ports: [18080, 18081, 18082, 18083],
  };
}

function linesOf(emulation: Attack, seed: number): readonly string[] {
  const user = emulation.as === 'root' || (emulation.as === 'either' && seed % 2 === 0) ? 'root' : 'anna';
  return emulation.lines(drawFrom(randomFrom(seed * 7919)), placeOf(user));
}

test('an emulation has a name of its own in kebab-case, a family and ATT&CK ids', () => {
  expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
  for (const { name, family, techniques } of ATTACKS) {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(family).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(techniques.length).toBeGreaterThan(0);
    for (const id of techniques) expect(id).toMatch(/^T\d{4}(\.\d{3})?$/);
  }
  expect(new Set(ATTACKS.map(({ family }) => family)).size).toBeGreaterThanOrEqual(28);
});

test.each(ATTACKS)('$name is the same for one seed and differs between seeds', (emulation) => {
  expect(linesOf(emulation, 1)).toEqual(linesOf(emulation, 1));
  expect(new Set(SEEDS.map((seed) => linesOf(emulation, seed).join('\n'))).size).toBe(SEEDS.length);
});

test.each(ATTACKS)(
  '$name types 3 to 25 lines, none empty and none with a tab, which would complete',
  (emulation) => {
    for (const seed of SEEDS) {
      const lines = linesOf(emulation, seed);
      expect(lines.length).toBeGreaterThanOrEqual(3);
      expect(lines.length).toBeLessThanOrEqual(25);
      for (const line of lines) {
        expect(line.trim()).not.toBe('');
        expect(line).not.toMatch(/\t|undefined|\[object/);
      }
    }
  },
);

test.each(ATTACKS)('$name is what bash can read', (emulation) => {
  const input = SEEDS.map((seed) => linesOf(emulation, seed).join('\n')).join('\n');
  const { status, stderr } = spawnSync('bash', ['-n'], { input, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test.each(ATTACKS)('$name says nowhere what it is', (emulation) => {
  for (const seed of SEEDS) {
    expect(linesOf(emulation, seed).join('\n')).not.toMatch(
      /evil|malware|attack|payload|victim|hacker|\bc2\b|backdoor|exploit|emulat/i,
    );
  }
});

const OPTIONAL = [
  'crontab',
  'curl',
  'gcc',
  'gpg',
  'nc',
  'nmap',
  'npm',
  'openssl',
  'perl',
  'php',
  'setcap',
  'socat',
  'sshpass',
  'strace',
  'useradd',
  'wget',
  'xxd',
  'zip',
];

test.each(ATTACKS)('$name needs the programs that begin its commands', (emulation) => {
  const typed = SEEDS.flatMap((seed) => linesOf(emulation, seed)).join('\n');
  const used = OPTIONAL.filter((program) =>
    new RegExp(`(^|[|;&(]\\s*|sudo -n |timeout [0-9.]+ )${program} `, 'm').test(typed),
  );
  expect(emulation.needs).toEqual(expect.arrayContaining(used));
});
