import { join } from 'node:path';
import { sampleWindows } from './sample-windows.ts';

const MANIFEST = join(import.meta.dirname, '..', 'datasets', 'recordings', 'MANIFEST.json');

test('sampleWindows() takes a few windows of each of a few captures, the same every time', async () => {
  const graphs = await sampleWindows(MANIFEST, 'linux', { captures: 3, windowsEach: 2 });
  const again = await sampleWindows(MANIFEST, 'linux', { captures: 3, windowsEach: 2 });
  expect(graphs).toHaveLength(6);
  expect(again.map((graph) => graph.windowId)).toEqual(graphs.map((graph) => graph.windowId));
  expect(await sampleWindows(MANIFEST, 'windows', { captures: 3, windowsEach: 2 })).toEqual([]);
});
