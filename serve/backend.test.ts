import { cpuEngine } from '../models/cpu-engine.ts';
import type { Engine, EngineMaker } from '../models/engine.ts';
import { syntheticModel } from '../models/synthetic.ts';
import { chooseBackend } from './backend.ts';

/** A machine on which nothing but plain JavaScript proves itself. */
async function onlyCpu(engineOf: EngineMaker): Promise<Engine> {
  if (engineOf !== cpuEngine) throw new Error('wrong scores');
  return cpuEngine(syntheticModel('linux'));
}

test('auto falls back to what proves itself and says of every better one why not', async () => {
  const { engine, passedOver } = await chooseBackend('auto', onlyCpu);
  expect(engine.name).toBe('cpu');
  engine.close();
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
