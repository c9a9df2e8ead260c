import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '../../datasets/manifest.ts';
import { folderRegistry } from '../../ports/registry/embedded.ts';
import { writeTestManifest } from '../example-fixtures.ts';
import { ORIGIN_FILE, originFile } from '../origin.ts';
import { datasetVersion } from '../tune-fixtures.ts';
import { candidateOf } from './candidate.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-candidate-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('what a version learnt from is what its dataset version says, else its own word, else not known', async () => {
  const entries = ['a', 'b'].map((id) => ({ id, attack: id === 'a', seconds: 240, sha256: null }));
  const { captures } = await readManifest(writeTestManifest(join(folder, 'captures'), entries));
  const built = await datasetVersion(captures, [], join(folder, 'versions'));
  const origin = originFile({
    ...{ from: null, data: built.id, seed: 1, code: 'c', recipe: {}, feedback: [] },
    weights: { corpus: 1, asked: 0, given: 0 },
    captures: captures
      .slice(0, 1)
      .map((capture) => ({ capture, content: { windows: [], pairs: [] } as never })),
  });
  const registry = folderRegistry({ directory: join(folder, 'registry') });
  const idsOf = async (files: Record<string, Buffer>, known: boolean) => {
    const version = await registry.register('m', { files, tags: { data: built.id }, metrics: {} });
    const { learntFrom } = await candidateOf(registry, version, async () => (known ? built.folder : null));
    return learntFrom?.map((one) => one.id) ?? null;
  };
  expect(await idsOf({ [ORIGIN_FILE]: origin }, true)).toEqual(['a', 'b']);
  expect(await idsOf({ [ORIGIN_FILE]: origin }, false)).toEqual(['a']);
  expect(await idsOf({}, false)).toBeNull();
  expect(await idsOf({ [ORIGIN_FILE]: Buffer.from('{') }, false)).toBeNull();
});
