import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchResult } from '../../contracts/bench.ts';
import { LogsterError } from '../../contracts/errors.ts';
import { PLATFORMS } from '../../contracts/event.ts';
import { featureSchema } from '../../featurize/features.ts';
import { decodeModel, encodeModel, goldenOf } from '../../models/artifact.ts';
import { besideTrees } from '../../models/beside-trees.ts';
import { wasmEngine } from '../../models/wasm/engine.ts';
import { promoteVersion, rollBack } from '../../ports/registry/promotion.ts';
import type { Registry } from '../../ports/registry/registry.ts';
import { systemClock } from '../../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import type { Telemetry } from '../../ports/telemetry/telemetry.ts';
import { modelNameOf } from '../../serve/champions.ts';
import { serve } from '../../serve/serve.ts';
import { readConfig } from '../config.ts';
import { openPorts } from '../open-ports.ts';
import { usageOf } from '../process-usage.ts';
import { asideSettings } from '../product-process.ts';
import { feed, type Left, noting, PLATFORM } from './swap-load.ts';

const SWAPS = 200;
/** Two promotions, each of a version that must be loaded, then a rollback, whose version is loaded still. */
const STEPS = ['promotion', 'promotion', 'rollback'] as const;
/** More than the two that are loaded at a time. */
const VERSIONS = 4;
/** Memory is compared from here: each of these windows is another, so a scorer's remembered scores are full by then. */
const WARM_UP_WINDOWS = 60_000;
/** How often the registry is asked here; the product asks every 1.5 s. */
const POLL_MS = 300;
/** What a swap may still do after the switch: the old version is unloaded. */
const AFTER_MS = 300;
const LATE_MS = 60_000;
const MIB = 2 ** 20;

/** One swap, or a stretch of the same load without one. */
interface Stretch {
  readonly kind: (typeof STEPS)[number] | 'none';
  readonly longestGapMs: number;
  /** From the alias' move to the first result of the version. */
  readonly toFirstMs: number;
}

/** As the product keeps graphs by its settings. */
const KEEP = { from: 0.5, sampleShare: 0.01, retentionDays: 90 };

/**
 * Swaps versions 200 times in the running product's serving stage while its queue is full: whether every window leaves
 * exactly once, how long answers pause, how soon a promotion shows, whether memory stays. Stretches of the same load
 * without a swap alternate with the swaps.
 */
export async function benchSwap(root: string, swaps = SWAPS): Promise<readonly BenchResult[]> {
  if (process.platform !== 'linux')
    throw new LogsterError('unavailable', 'The swap benchmark reads /proc, which only Linux has');
  const directory = mkdtempSync(join(tmpdir(), 'logster-swap-'));
  const telemetry = recordedTelemetry();
  const ports = await openPorts(readConfig(asideSettings(directory), root), telemetry, {
    only: ['bus', 'queue', 'state', 'registry', 'graphs'],
  });
  await registerVersions(root, ports.registry);
  const noted = noting(ports.bus);
  const switches = switchTimes(telemetry);
  const stage = await serve({
    ...{ queue: ports.queue, state: ports.state, bus: noted.bus, registry: ports.registry },
    graphs: ports.graphs,
    ...{ telemetry: switches.telemetry, clock: systemClock },
    options: {
      ...{ scorers: 1, backend: 'wasm', registryPollMs: POLL_MS, featureSchema, keep: KEEP },
      scorerScript: join(root, 'dist', 'serve', 'scorer.js'),
    },
  });
  const memory = async () => {
    const { detail } = await stage.health();
    const [pid = 0] = detail.scorers as readonly number[];
    return usageOf(pid).memoryBytes / MIB;
  };
  try {
    const feeder = await feed(root, ports, () => noted.left.length);
    await until(() => noted.left.length > 50);
    const begun = performance.now();
    const stretches: Stretch[] = [];
    let memoryBefore = Number.NaN;
    for (let swap = 0; swap < swaps; swap++) {
      const done = await swapOnce(ports.registry, noted.left, switches, swap);
      stretches.push(done.stretch, await withoutSwap(noted.left, done.tookMs));
      if (Number.isNaN(memoryBefore) && noted.times.size > WARM_UP_WINDOWS) memoryBefore = await memory();
    }
    const seconds = (performance.now() - begun) / 1000;
    const memoryAfter = await memory();
    await feeder.stop();
    const twice = [...noted.times.values()].filter((times) => times > 1).length;
    const lost = feeder.fed().filter((window) => !noted.times.has(window)).length;
    const windows = { fed: feeder.fed().length, lost, twice, perSecond: feeder.fed().length / seconds };
    return rowsOf(stretches, windows, { before: memoryBefore, after: memoryAfter });
  } finally {
    await stage.close();
    await ports.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The shipped champions, and of one platform further versions whose scores differ a little. */
async function registerVersions(root: string, registry: Registry): Promise<void> {
  for (const platform of PLATFORMS) {
    const folder = join(root, 'models', platform);
    const files = Object.fromEntries(
      readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]),
    );
    const model = decodeModel(files);
    const name = modelNameOf(platform);
    for (let copy = 0; copy < (platform === PLATFORM ? VERSIONS : 1); copy++) {
      const parameters = model.parameters.map((value) => value * (1 + copy * 1e-3));
      const engine = besideTrees(wasmEngine({ ...model, parameters }), model);
      const golden = model.golden && (await goldenOf(engine, model.golden.batch));
      engine.close();
      const encoded = encodeModel({ ...model, parameters, ...(golden && { golden }) });
      await registry.register(name, { files: encoded, tags: { copy: String(copy) }, metrics: {} });
    }
    await registry.setAlias(name, 'champion', '1');
  }
}

/** Notes when a version takes over. */
function switchTimes(telemetry: Telemetry) {
  const at = new Map<string, number>();
  const info: Telemetry['log']['info'] = (sentence, fields = {}) => {
    if (sentence === 'A new champion took over') at.set(String(fields['to']), performance.now());
  };
  return { at, telemetry: { ...telemetry, log: { ...telemetry.log, info } } };
}

async function swapOnce(
  registry: Registry,
  left: readonly Left[],
  switches: ReturnType<typeof switchTimes>,
  swap: number,
): Promise<{ readonly stretch: Stretch; readonly tookMs: number }> {
  const name = modelNameOf(PLATFORM);
  const kind = STEPS[swap % STEPS.length] ?? 'promotion';
  const signed = { at: Date.now() / 1000, by: 'bench', why: `swap ${swap}` };
  const taken = [await registry.alias(name, 'champion'), await registry.alias(name, 'previous')];
  const free = Array.from({ length: VERSIONS }, (_, place) => String(((swap + place) % VERSIONS) + 1));
  const version = free.find((one) => !taken.some((other) => other?.version === one)) ?? '1';
  switches.at.clear();
  const begun = performance.now();
  const moved =
    kind === 'promotion'
      ? await promoteVersion(registry, { name, version }, signed)
      : await rollBack(registry, name, signed);
  const to = moved?.to ?? '';
  await until(() => switches.at.has(to));
  const switched = switches.at.get(to) ?? Number.NaN;
  const isFirst = (one: Left) => one.at > switched && one.version === to;
  await until(() => left.at(-1)?.version === to && left.some(isFirst));
  const toFirstMs = (left.find(isFirst)?.at ?? Number.NaN) - begun;
  await new Promise((resolve) => setTimeout(resolve, AFTER_MS));
  const end = performance.now();
  const stretch = { kind, longestGapMs: longestGap(left, begun, end), toFirstMs };
  return { stretch, tookMs: end - begun };
}

async function withoutSwap(left: readonly Left[], ms: number): Promise<Stretch> {
  const begun = performance.now();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return { kind: 'none', longestGapMs: longestGap(left, begun, performance.now()), toFirstMs: 0 };
}

/** The longest time between two batches that left one after the other, of those that reach into a stretch. */
function longestGap(left: readonly Left[], begun: number, end: number): number {
  let longest = 0;
  for (let place = left.length - 1; place > 0; place--) {
    const [before, after] = [left[place - 1]?.at ?? 0, left[place]?.at ?? 0];
    if (after < begun) break;
    if (before < end) longest = Math.max(longest, after - before);
  }
  return longest;
}

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 5) {
    if (waited > LATE_MS)
      throw new LogsterError('unavailable', 'A swap did not come; the machine is too busy to measure');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

interface Windows {
  readonly fed: number;
  readonly lost: number;
  readonly twice: number;
  readonly perSecond: number;
}

function rowsOf(
  stretches: readonly Stretch[],
  { fed, lost, twice, perSecond }: Windows,
  memory: { readonly before: number; readonly after: number },
): BenchResult[] {
  const swaps = stretches.filter(({ kind }) => kind !== 'none');
  const gaps = (some: readonly Stretch[], share: number) =>
    quantile(
      some.map((one) => one.longestGapMs),
      share,
    );
  const calm = stretches.filter(({ kind }) => kind === 'none');
  const first = (of: Stretch['kind'], share: number) =>
    quantile(
      swaps.filter(({ kind }) => kind === of).map((one) => one.toFirstMs / 1000),
      share,
    );
  const target = (name: string, unit: string, ours: number, peerValue: number): BenchResult => ({
    ...{ name, unit, ours, peer: 'target', peerValue, ratio: peerValue / ours },
  });
  const without = (share: number): BenchResult => ({
    ...{ name: `longest pause, p${share * 100}`, unit: 'ms', ours: gaps(swaps, share) },
    ...{
      peer: 'without a swap',
      peerValue: gaps(calm, share),
      ratio: gaps(calm, share) / gaps(swaps, share),
    },
  });
  const all = (name: string, wrong: number): BenchResult => ({
    ...{ name, unit: `of ${fed}`, ours: wrong, peer: 'target', peerValue: 0, ratio: wrong === 0 ? 1 : 0 },
  });
  return [
    all(`windows lost in ${swaps.length} swaps`, lost),
    all(`windows published twice in ${swaps.length} swaps`, twice),
    without(0.5),
    without(0.99),
    target('pause owed to the swap, p99', 'ms', Math.max(0.1, gaps(swaps, 0.99) - gaps(calm, 0.99)), 50),
    target('promotion to first result, p50', 's', first('promotion', 0.5), 5),
    target('promotion to first result, p99', 's', first('promotion', 0.99), 5),
    target('rollback to first result, p99', 's', first('rollback', 0.99), 5),
    {
      ...{
        name: 'memory of the scorer',
        unit: 'MiB',
        ours: memory.after,
        peer: `after ${WARM_UP_WINDOWS} windows`,
      },
      ...{ peerValue: memory.before, ratio: memory.before / memory.after },
    },
    { ...target('load', 'windows/s', perSecond, perSecond), peer: 'itself' },
  ];
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
