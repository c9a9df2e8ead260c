import { promoteVersion, rollBack, withdrawChallenger } from './promotion.ts';
import type { RegistryPlace } from './registry.contract.ts';
import type { Alias, Registry } from './registry.ts';

const NAME = 'logster-linux-gat';
const MODEL = { files: { 'weights.bin': Buffer.from('weights') }, tags: {}, metrics: {} };

/** What promotion and rollback do in every registry. */
export function promotionContract(emptyPlace: RegistryPlace): void {
  let registry: Registry;
  let time = 1_700_000_000;
  const signed = (why: string) => ({ at: ++time, by: 'ada', why });
  const aliased = async (alias: Alias) => (await registry.alias(NAME, alias))?.version;
  const promote = (version: string, why = 'better') =>
    promoteVersion(registry, { name: NAME, version }, signed(why));
  const changes = async () =>
    (await registry.history(NAME)).map(({ change, version, from }) => `${change} ${version} from ${from}`);

  beforeEach(async () => {
    registry = await (await emptyPlace())();
    for (let n = 0; n < 3; n++) await registry.register(NAME, MODEL);
  });
  afterEach(() => registry.close());

  test('promoteVersion() moves the champion, keeps the one before, ends the challenge and writes it down', async () => {
    expect(await promote('1')).toEqual({ from: null, to: '1' });
    expect(await aliased('previous')).toBeUndefined();
    await registry.setAlias(NAME, 'challenger', '2');
    expect(await promote('2', 'two fewer alarms')).toEqual({ from: '1', to: '2' });
    expect(await aliased('champion')).toBe('2');
    expect(await aliased('previous')).toBe('1');
    expect(await aliased('challenger')).toBeUndefined();
    expect(await changes()).toEqual(['promoted 1 from null', 'promoted 2 from 1']);
    const [, last] = await registry.history(NAME);
    expect(last).toMatchObject({ by: 'ada', why: 'two fewer alarms', at: time });
  });

  test('a challenger that another version overtakes stays the challenger', async () => {
    await promote('1');
    await registry.setAlias(NAME, 'challenger', '2');
    await promote('3');
    expect(await aliased('challenger')).toBe('2');
    expect(await aliased('previous')).toBe('1');
  });

  test('what serves already, or is not there, is not promoted, and nothing moves', async () => {
    await promote('1');
    await promote('2');
    await expect(promote('2')).rejects.toMatchObject({ code: 'input-invalid' });
    await expect(promote('9')).rejects.toMatchObject({ code: 'not-found' });
    expect([await aliased('champion'), await aliased('previous')]).toEqual(['2', '1']);
    expect(await changes()).toHaveLength(2);
  });

  test('rollBack() brings back what served before, once', async () => {
    await promote('1');
    await promote('2');
    expect(await rollBack(registry, NAME, signed('it alarms all night'))).toEqual({ from: '2', to: '1' });
    expect([await aliased('champion'), await aliased('previous')]).toEqual(['1', undefined]);
    expect((await changes()).at(-1)).toBe('rolled-back 1 from 2');
    await expect(rollBack(registry, NAME, signed('again'))).rejects.toMatchObject({ code: 'not-found' });
    expect(await aliased('champion')).toBe('1');
  });

  test('of several who see the same fault one rolls back', async () => {
    await promote('1');
    await promote('2');
    await promote('3');
    expect(await rollBack(registry, NAME, signed('errors'), '3')).toEqual({ from: '3', to: '2' });
    expect(await rollBack(registry, NAME, signed('errors'), '3')).toBeUndefined();
    expect(await aliased('champion')).toBe('2');
    expect((await changes()).filter((one) => one.startsWith('rolled-back'))).toHaveLength(1);
  });

  test('a challenger is withdrawn once, and another one stays', async () => {
    await promote('1');
    await registry.setAlias(NAME, 'challenger', '2');
    const withdraw = (version: string) =>
      withdrawChallenger(registry, { name: NAME, version }, signed('it errs'));
    await withdraw('3');
    expect(await aliased('challenger')).toBe('2');
    await withdraw('2');
    await withdraw('2');
    expect(await aliased('challenger')).toBeUndefined();
    expect(await changes()).toEqual(['promoted 1 from null', 'withdrawn 2 from null']);
  });

  test('without a version that served before, nothing is rolled back', async () => {
    await expect(rollBack(registry, NAME, signed('?'))).rejects.toMatchObject({ code: 'not-found' });
    await promote('1');
    await expect(rollBack(registry, NAME, signed('?'))).rejects.toMatchObject({ code: 'not-found' });
    expect(await aliased('champion')).toBe('1');
  });
}
