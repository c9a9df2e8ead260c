import { cpuEngine } from '../models/cpu-engine.ts';
import type { EngineMaker } from '../models/engine.ts';
import { chooseBackend } from './backend.ts';

/** A machine on which nothing but plain JavaScript proves itself. */
async function onlyCpu(engineOf: EngineMaker): Promise<void> {
  if (engineOf !== cpuEngine) throw new Error('wrong scores');
}

test('auto falls back to what proves itself and says of every better one why not', async () => {
  const { name, engineOf, passedOver } = await chooseBackend('auto', onlyCpu);
  expect([name, engineOf]).toEqual(['cpu', cpuEngine]);
  expect(passedOver.map((one) => one.name)).toEqual(['gpu', 'webgpu', 'native', 'wasm']);
  expect(passedOver[1]?.reason).toContain('only when LOGSTER_BACKEND names it');
  expect(passedOver[3]?.reason).toBe('wrong scores');
});

test('a backend that is asked for and fails is not replaced by another', async () => {
  await expect(chooseBackend('wasm', onlyCpu)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/wasm: wrong scores.*LOGSTER_BACKEND=auto/),
  });
});
