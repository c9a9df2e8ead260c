import { join } from 'node:path';
import { checkModels } from './check-models.ts';

const models = join(import.meta.dirname, '..', '..', 'models');

test('checkModels() scores the golden batch of every shipped model', async () => {
  expect(await checkModels(models, 'wasm')).toEqual([
    'logster-windows-gat scores its golden batch',
    'logster-linux-gat scores its golden batch',
  ]);
});
