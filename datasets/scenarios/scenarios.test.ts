import { randomOf } from '../record/random-of.ts';
import { drawMachine, placeOf } from '../record/session-machine.ts';
import { ATTACKS } from './attack/index.ts';
import { BENIGN } from './benign/index.ts';
import { SERVICES } from './benign/services.ts';
import { drawFrom } from './draw.ts';
import type { Attack, Service } from './scenario.ts';

const ALL: readonly (Service | Attack)[] = [...BENIGN, ...SERVICES, ...ATTACKS];

function linesOf(one: Service | Attack, seed: number): readonly string[] {
  const draw = drawFrom(randomOf(seed));
  const machine = drawMachine(draw);
  const user = one.as === 'root' ? 'root' : (machine.accounts[0]?.name ?? 'root');
  return one.lines(draw, placeOf(machine, user, draw));
}

test('names are unique and in kebab-case', () => {
  const names = ALL.map((one) => one.name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
});

test.each(ALL.map((one) => [one.name, one] as const))(
  '%s follows from its seed and varies with it',
  (_, one) => {
    expect(linesOf(one, 7)).toEqual(linesOf(one, 7));
    const variants = new Set(Array.from({ length: 20 }, (_unused, seed) => linesOf(one, seed).join('\n')));
    expect(variants.size).toBeGreaterThan(10);
    for (let seed = 0; seed < 20; seed++) {
      const lines = linesOf(one, seed);
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) expect(line.trim()).not.toBe('');
    }
  },
);

test('emulations name their techniques by ATT&CK id', () => {
  for (const { techniques } of ATTACKS) {
    expect(techniques.length).toBeGreaterThan(0);
    for (const technique of techniques) expect(technique).toMatch(/^T\d{4}(\.\d{3})?$/);
  }
});

test('nothing that is typed tells by its words to which class it belongs', () => {
  const telling =
    /\b(evil|malware|malicious|payload|backdoor|victim|hacker|attack(er)?|exploit|rootkit|c2)\b/i;
  for (const one of ALL)
    for (let seed = 0; seed < 20; seed++)
      for (const line of linesOf(one, seed)) expect(line).not.toMatch(telling);
});
