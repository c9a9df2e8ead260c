import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** Who may import whom; a folder may always import from itself. Floors, from the ground up. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  contracts: [],
  ports: ['contracts'],
  models: ['contracts', 'ports'],
  ingest: ['contracts', 'ports'],
  featurize: ['contracts', 'ports'],
  alerting: ['contracts', 'ports'],
  dashboard: ['contracts', 'ports'],
  serve: ['contracts', 'ports', 'models'],
  datasets: ['contracts', 'ports', 'ingest', 'featurize'],
  train: ['contracts', 'ports', 'datasets', 'models', 'ingest', 'featurize', 'serve', 'alerting'],
  platform: [
    'contracts',
    'ports',
    'models',
    'ingest',
    'featurize',
    'alerting',
    'dashboard',
    'serve',
    'datasets',
    'train',
  ],
};

/** A port's implementations, beside its interface and contract suite. */
const IMPLEMENTATION =
  /^ports\/(bus|queue|state|documents|alerts|graphs|registry)\/(?!(\1|\w+\.contract|kafka-settings|tracking|promotion|shadow-report)\.ts$)/;

function sourcesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith('dashboard/page/'));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const specifiers = [
    ...text.matchAll(/^\s*(?:import|export)\b[^'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]/gm),
  ];
  return specifiers
    .map((match) => match[1] ?? match[2] ?? '')
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => relative(ROOT, resolve(ROOT, dirname(file), specifier)));
}

const isTest = (file: string) => /\.(test|contract)\.ts$/.test(file);

const everyImport = Object.keys(MAY_IMPORT).flatMap((folder) =>
  sourcesBelow(folder).flatMap((file) => importsOf(file).map((target) => ({ file, folder, target }))),
);

test('the table names every top-level folder with code', () => {
  expect(everyImport.length).toBeGreaterThan(50);
});

test.each(Object.keys(MAY_IMPORT))('%s imports only from the floors below it', (folder) => {
  const allowed = [folder, ...(MAY_IMPORT[folder] ?? [])];
  const wrong = everyImport
    .filter((edge) => edge.folder === folder && !isTest(edge.file))
    .filter(({ target }) => !allowed.includes(target.split('/')[0] ?? ''));
  expect(wrong.map(({ file, target }) => `${file} -> ${target}`)).toEqual([]);
});

test('only platform/open-ports.ts and tests name an implementation of a port', () => {
  const wrong = everyImport
    .filter(({ file, folder }) => folder !== 'ports' && !isTest(file) && file !== 'platform/open-ports.ts')
    .filter(({ target }) => IMPLEMENTATION.test(target));
  expect(wrong.map(({ file, target }) => `${file} -> ${target}`)).toEqual([]);
});
