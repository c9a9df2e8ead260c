import { existsSync } from 'node:fs';
import { idOf } from '../contracts/ids.ts';
import type { InferenceResult } from '../contracts/inference.ts';
import { eventually } from '../ports/eventually.ts';
import { promoteVersion, rollBack } from '../ports/registry/promotion.ts';
import { shadowReport } from '../ports/state/shadow-report.ts';
import { modelNameOf } from './champions.ts';
import { type ServeBench, scorerScript, serveBench } from './try-serving.contract.ts';

const suite = existsSync(scorerScript) ? describe : describe.skip;
const name = modelNameOf('windows');
const signed = { at: 1, by: 'test', why: 'to see' };
/** A machine that others use may take long. */
const PATIENCE_MS = 60_000;

suite('hot swap (needs dist/, which `npm test` builds)', () => {
  let at: ServeBench;
  beforeEach(async () => {
    at = await serveBench();
  });
  afterEach(() => at.close());

  const serves = (version: string) =>
    eventually(
      `version ${version} serves`,
      () =>
        at.telemetry.lines.findLast((line) => line.sentence === 'A new champion took over')?.fields.to ===
        version,
      PATIENCE_MS,
    );
  const results = async (count: number): Promise<InferenceResult[]> => {
    // counted once they are on the bus; reading them all again and again would keep the machine busy
    const published = () => at.telemetry.counted('inferences_total') >= count;
    await eventually(`${count} results`, published, PATIENCE_MS);
    return at.results();
  };
  const batchOf = (all: readonly InferenceResult[], seed: number) => {
    const ids = Array.from({ length: 10 }, (_, place) => idOf('window', `${seed}/${place}`));
    return all.filter((one) => ids.includes(one.window_id));
  };
  const loadings = () => at.telemetry.lines.filter((line) => line.sentence === 'A model was loaded').length;
  const promote = async (seed: number, shift?: number): Promise<string> => {
    const version = await at.register('windows', seed, undefined, shift);
    await promoteVersion(at.registry, { name, version }, signed);
    return version;
  };

  test('two promotions under load lose nothing, double nothing, and no batch mixes versions', async () => {
    await at.start();
    for (let seed = 1; seed <= 60; seed++) {
      if (seed === 20) await promote(2);
      if (seed === 21) await promote(3);
      await at.add(seed, 6);
    }
    await serves('3');
    await at.add(61, 6);
    const all = await results(61 * 6);
    expect(all).toHaveLength(61 * 6);
    expect(new Set(all.map((one) => one.window_id)).size).toBe(61 * 6);
    expect(all.filter((one) => one.prediction === 'error')).toEqual([]);
    for (let seed = 1; seed <= 61; seed++) {
      const own = batchOf(all, seed);
      expect(own).toHaveLength(6);
      expect(new Set(own.map((one) => one.model_version)).size).toBe(1);
    }
    expect(batchOf(all, 61)[0]?.model_version).toBe('3');
  });

  test('the version before stays loaded: a rollback needs neither files nor loading', async () => {
    const stage = await at.start();
    await promote(2);
    await serves('2');
    expect((await stage.health()).detail).toMatchObject({ previous: { windows: '1' } });
    const before = loadings();
    at.setAway(true);
    await rollBack(at.registry, name, signed);
    await serves('1');
    expect(loadings()).toBe(before);
    await at.add(1);
    expect((await results(4))[0]?.model_version).toBe('1');
  });

  test('a batch whose publication failed after a swap is scored by the version that scored it first', async () => {
    await at.start();
    let failures = 0;
    at.afterResults(async () => {
      if (failures++ > 0) return;
      await promote(2);
      await serves('2');
      throw new Error('the confirmation was lost');
    });
    await at.add(1);
    await results(4); // of the second try: the first was not confirmed
    const all = await at.results();
    expect(all).toHaveLength(8);
    expect(new Set(all.map((one) => one.inference_id)).size).toBe(4);
    expect(new Set(all.map((one) => one.model_version))).toEqual(new Set(['1']));
  });

  test('a version that alerts on everything is taken back by itself, until it is promoted again', async () => {
    const stage = await at.start();
    for (let seed = 1; seed <= 6; seed++) await at.add(seed, 100);
    await results(600);
    const loud = await promote(2, -50);
    await serves(loud);
    for (let seed = 11; seed <= 16; seed++) await at.add(seed, 100);
    await serves('1');
    expect(at.telemetry.counted('trip_wire_total', { platform: 'windows' })).toBe(1);
    const lastChange = async () => (await at.registry.history(name)).at(-1);
    const isBack = async () => (await lastChange())?.change === 'rolled-back'; // told after it is done
    await eventually('the registry follows', isBack, PATIENCE_MS);
    expect((await at.registry.alias(name, 'champion'))?.version).toBe('1');
    const last = await lastChange();
    expect(last).toMatchObject({ by: 'trip-wire', version: '1', from: loud });
    expect(last?.why).toMatch(/windows would alert|stability index/);
    expect((await stage.health()).detail.tripped).toEqual([expect.stringContaining(`windows@${loud}: `)]);
    await promoteVersion(at.registry, { name, version: loud }, signed);
    await serves(loud);
  }, 120_000); // every one of a thousand attacks is explained

  test('a challenger is scored beside the champion, and results stay the champion’s', async () => {
    const version = await at.register('windows', 2);
    await at.registry.setAlias(name, 'challenger', version);
    const stage = await at.start('wasm', 1, scorerScript, { shadowShare: 1 });
    await eventually('the challenger is there', async () => {
      const { detail } = await stage.health();
      return JSON.stringify(detail.challengers).includes(`"version":"${version}"`);
    });
    for (let seed = 1; seed <= 5; seed++) {
      await at.add(seed);
      await results(seed * 4);
    }
    const all = await at.results();
    expect(all).toHaveLength(20);
    expect(new Set(all.map((one) => one.model_version))).toEqual(new Set(['1']));
    await eventually(
      'a report',
      async () => (await shadowReport(at.state, 'windows')).length > 0,
      PATIENCE_MS,
    );
    const [report] = await shadowReport(at.state, 'windows');
    expect(report).toMatchObject({ champion: '1', challenger: version, failed: 0 });
    expect(report?.windows).toBeGreaterThan(0);
  });

  test('a canary tenant gets the challenger’s results, and the champion’s once it is gone', async () => {
    const version = await at.register('windows', 2);
    await at.registry.setAlias(name, 'challenger', version);
    const stage = await at.start('wasm', 1, scorerScript, { canary: { share: 0, tenants: ['acme'] } });
    const isThere = async () => JSON.stringify((await stage.health()).detail.challengers) !== '{}';
    await eventually('the challenger is there', isThere);
    await at.add(1, 4, true, 'acme');
    await at.add(2, 4, true, 'other');
    const of = (tenant: string) => (one: InferenceResult) => one.tenant_id === tenant;
    const all = await results(8);
    expect(all.filter(of('acme')).map((one) => one.model_version)).toEqual(Array(4).fill(version));
    expect(all.filter(of('other')).map((one) => one.model_version)).toEqual(Array(4).fill('1'));
    await at.registry.removeAlias(name, 'challenger');
    await eventually('it is gone', async () => !(await isThere()));
    await at.add(3, 4, true, 'acme');
    const last = batchOf(await results(12), 3);
    expect(last.map((one) => one.model_version)).toEqual(Array(4).fill('1'));
  });

  test('a canary that alerts on everything is taken out by itself, and the registry follows', async () => {
    const calm = await at.register('windows', 1, undefined, 50);
    await at.registry.setAlias(name, 'champion', calm);
    const loud = await at.register('windows', 2, undefined, -50);
    await at.registry.setAlias(name, 'challenger', loud);
    const stage = await at.start('wasm', 1, scorerScript, { canary: { share: 0, tenants: ['acme'] } });
    const isThere = async () => JSON.stringify((await stage.health()).detail.challengers) !== '{}';
    await eventually('the challenger is there', isThere);
    for (let seed = 1; seed <= 6; seed++) await at.add(seed, 100);
    for (let seed = 11; seed <= 16; seed++) await at.add(seed, 100, true, 'acme');
    const lastChange = async () => (await at.registry.history(name)).at(-1);
    const isOut = async () => (await lastChange())?.change === 'withdrawn';
    await eventually('the registry follows', isOut, PATIENCE_MS);
    expect(await lastChange()).toMatchObject({ by: 'trip-wire', version: loud });
    expect((await lastChange())?.why).toMatch(/windows would alert/);
    expect(await at.registry.alias(name, 'challenger')).toBeUndefined();
    expect(at.telemetry.counted('trip_wire_total', { platform: 'windows', reason: 'alerts' })).toBe(1);
    await at.add(21, 4, true, 'acme');
    const all = await results(1204);
    expect(batchOf(all, 21).map((one) => one.model_version)).toEqual(Array(4).fill(calm));
    expect(new Set(all.map((one) => one.window_id)).size).toBe(1204);
  }, 120_000); // every one of its attacks is explained

  test('a broken challenger is refused, and the champion never notices', async () => {
    const spoil = (files: Record<string, Buffer>) => void files['weights.bin']?.writeFloatLE(1e9, 0);
    const version = await at.register('windows', 2, spoil);
    await at.registry.setAlias(name, 'challenger', version);
    const stage = await at.start('wasm', 1, scorerScript, {
      shadowShare: 1,
      canary: { share: 1, tenants: [] },
    });
    const refused = async () => (await stage.health()).detail.refused as string[];
    await eventually('the refusal', async () => (await refused()).length === 1);
    await at.add(1);
    expect((await results(4)).map((one) => one.model_version)).toEqual(Array(4).fill('1'));
  });

  test('a champion of another feature table never serves', async () => {
    const stage = await at.start('wasm', 1, scorerScript, { featureSchema: () => 'synthetic' });
    await at.promote('windows', 2, (files) => {
      const manifest = JSON.parse(files['model.json']!.toString());
      files['model.json'] = Buffer.from(JSON.stringify({ ...manifest, featureSchema: 'other' }));
    });
    const refused = async () => (await stage.health()).detail.refused as string[];
    await eventually('the refusal', async () => (await refused()).length === 1);
    expect((await refused())[0]).toContain('was trained on features other');
  });
});
