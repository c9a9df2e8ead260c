import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeClock } from '../telemetry/clock.ts';
import { folderRegistry } from './embedded.ts';
import { historyContract } from './history.contract.ts';
import { promotionContract } from './promotion.contract.ts';
import { registryContract } from './registry.contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-registry-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
const newDirectory = (): string => {
  made += 1;
  return join(folder, String(made));
};

const MODEL = { files: { 'weights.bin': Buffer.from('weights') }, tags: {}, metrics: {} };

describe('folder registry', () => {
  const emptyPlace = async () => {
    const directory = newDirectory();
    return async () => folderRegistry({ directory });
  };
  registryContract(emptyPlace);
  historyContract(emptyPlace);
  promotionContract(emptyPlace);

  test('a version carries the time of its registration', async () => {
    const registry = folderRegistry({ directory: newDirectory(), clock: fakeClock(1234) });
    expect((await registry.register('gat', MODEL)).createdAt).toBe(1234);
  });

  test('bytes that changed or went missing are refused', async () => {
    const directory = newDirectory();
    const registry = folderRegistry({ directory });
    await registry.register('gat', MODEL);
    const path = join(directory, 'gat', '1', 'files', 'weights.bin');
    chmodSync(path, 0o644);
    writeFileSync(path, 'Weights');
    await expect(registry.file('gat', '1', 'weights.bin')).rejects.toMatchObject({ code: 'model-invalid' });
    rmSync(path);
    await expect(registry.file('gat', '1', 'weights.bin')).rejects.toMatchObject({ code: 'model-invalid' });
  });

  test('a damaged manifest is refused', async () => {
    const directory = newDirectory();
    const registry = folderRegistry({ directory });
    await registry.register('gat', MODEL);
    writeFileSync(join(directory, 'gat', '1', 'manifest.json'), '{"name":');
    await expect(registry.version('gat', '1')).rejects.toMatchObject({ code: 'model-invalid' });
  });

  test('a registration that was cut off is no version, and its number is not used again', async () => {
    const directory = newDirectory();
    mkdirSync(join(directory, 'gat', '1', 'files'), { recursive: true });
    writeFileSync(join(directory, 'gat', '1', 'files', 'weights.bin'), 'half');
    const registry = folderRegistry({ directory });
    expect(await registry.versions('gat')).toEqual([]);
    await expect(registry.version('gat', '1')).rejects.toMatchObject({ code: 'not-found' });
    expect((await registry.register('gat', MODEL)).version).toBe('2');
  });
});
