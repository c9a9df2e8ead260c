import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderRegistry } from '../ports/registry/embedded.ts';
import { promoteVersion, rollBack } from '../ports/registry/promotion.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { modelNameOf } from '../serve/champions.ts';
import { projectRoot } from './root.ts';
import { registerShippedModels } from './shipped-models.ts';

const NAME = modelNameOf('linux');
const signed = { at: 1_772_442_000, by: 'kim', why: 'a test' };

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'logster-shipped-'));
  cpSync(join(projectRoot(), 'models', 'linux'), join(directory, 'models', 'linux'), { recursive: true });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const opened = () => folderRegistry({ directory: join(directory, 'registry') });
const ship = (registry: ReturnType<typeof opened>) =>
  registerShippedModels(registry, join(directory, 'models'), recordedTelemetry().log);
/** The next release ships other files. */
const release = (text: string) => writeFileSync(join(directory, 'models', 'linux', 'card.md'), text);
const champion = async (registry: ReturnType<typeof opened>) =>
  (await registry.alias(NAME, 'champion'))?.version;

test('what ships is registered once and serves, and a newer one takes its place', async () => {
  const registry = opened();
  await ship(registry);
  await ship(registry);
  expect(await registry.versions(NAME)).toHaveLength(1);
  release('newer');
  await ship(registry);
  expect(await champion(registry)).toBe('2');
  expect((await registry.version(NAME, '1')).metrics).toHaveProperty('prAuc');
});

test('what somebody promoted or went back to stays, whatever ships', async () => {
  const registry = opened();
  await ship(registry);
  release('newer');
  await ship(registry);
  const { version } = await registry.register(NAME, {
    files: {},
    tags: { origin: 'fine-tuned' },
    metrics: {},
  });
  await promoteVersion(registry, { name: NAME, version }, signed);
  await ship(registry);
  expect(await champion(registry)).toBe(version);
  await rollBack(registry, NAME, signed);
  await promoteVersion(registry, { name: NAME, version: '1' }, signed);
  await ship(registry);
  expect(await champion(registry)).toBe('1');
});
