import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attackNotice, attackTable, techniqueCount, techniqueNamed } from './attack-techniques.ts';
import { techniqueTable } from './generate-techniques.ts';

const MANIFEST = join(import.meta.dirname, '../../../shared/data/MANIFEST.json');

test('techniqueNamed() knows techniques and sub-techniques with their tactics', () => {
  expect(techniqueNamed('T1059.001')).toEqual({
    id: 'T1059.001',
    name: 'PowerShell',
    tactics: ['execution'],
  });
  expect(techniqueNamed('T1003')?.name).toBe('OS Credential Dumping');
  expect(techniqueNamed('T1053.005')?.tactics).toEqual(['execution', 'persistence', 'privilege-escalation']);
});

test('a withdrawn id stands for its successor, through several steps', () => {
  expect(techniqueNamed('T1574.002')?.id).toBe('T1574.001');
  expect(techniqueNamed('T1073')?.id).toBe('T1574.001');
});

test('an id that is none gives nothing', () => {
  for (const id of ['T0000', 'T9999.001', 'constructor', '']) expect(techniqueNamed(id)).toBeUndefined();
});

test('the table holds a whole version and what MITRE asks to go with it', () => {
  expect(attackTable().version).toMatch(/^\d+\.\d+$/);
  expect(techniqueCount()).toBeGreaterThan(650);
  expect(attackNotice()).toMatch(/© \d{4} The MITRE Corporation/);
});

test('techniqueTable() takes names, tactics and successors from a STIX bundle', () => {
  const pattern = (id: string, technique: string, more: object = {}) => ({
    type: 'attack-pattern',
    id,
    name: `name of ${technique}`,
    external_references: [{ source_name: 'mitre-attack', external_id: technique }],
    kill_chain_phases: [{ kill_chain_name: 'mitre-attack', phase_name: 'execution' }],
    ...more,
  });
  const revocation = {
    type: 'relationship',
    relationship_type: 'revoked-by',
    source_ref: 'p1',
    target_ref: 'p2',
  };
  const objects = [
    pattern('p1', 'T1000', { revoked: true }),
    pattern('p2', 'T1001'),
    revocation,
    { type: 'identity' },
  ];
  const table = techniqueTable({ type: 'bundle', objects }, '1.0');
  expect(table.techniques).toEqual({ T1001: { name: 'name of T1001', tactics: ['execution'] } });
  expect(table.revoked).toEqual({ T1000: 'T1001' });
  expect(() => techniqueTable({}, '1.0')).toThrow(/STIX bundle/);
});

(existsSync(MANIFEST) ? test : test.skip)(
  'every technique of the captures is named (needs ../shared/data)',
  () => {
    const { captures } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as {
      captures: { techniques?: string[] }[];
    };
    const ids = new Set(captures.flatMap(({ techniques }) => techniques ?? []));
    ids.delete('T0000'); // a placeholder of the origin
    expect([...ids].filter((id) => techniqueNamed(id) === undefined)).toEqual([]);
  },
);
