import { mkdtempSync, rmSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Alert } from '../contracts/alert.ts';
import { captureLines } from '../datasets/captures.ts';
import { reachableWindows, readVerdicts } from '../datasets/feedback/gather.ts';
import { readManifest } from '../datasets/manifest.ts';
import { trainingSide } from '../datasets/split.ts';
import { buildVersion } from '../datasets/version/build.ts';
import { promoteVersion, rollBack } from '../ports/registry/promotion.ts';
import { systemClock } from '../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { SERVER_VARIABLES, withServers } from '../ports/with-server.ts';
import { modelNameOf } from '../serve/champions.ts';
import { cachedReading, cachedWindows, codeVersion } from '../train/example-cache.ts';
import { bless } from '../train/gate/bless.ts';
import { candidateOf } from '../train/gate/candidate.ts';
import { frozenCaptures } from '../train/gate/frozen.ts';
import { jobLines } from '../train/job-fixtures.ts';
import { loadVersion } from '../train/load-model.ts';
import { tuneFromVersion } from '../train/tune-from-version.ts';
import { answerThat } from './answer-that.ts';
import { start } from './commands/start.ts';
import { readConfig } from './config.ts';
import { type DistributedSite, distributedSite } from './distributed-site.ts';
import { openPorts } from './open-ports.ts';
import { asideSettings } from './product-process.ts';
import { replay } from './replay.ts';
import { projectRoot } from './root.ts';
import { STAGES } from './wire.ts';

const root = projectRoot();
const MODEL = modelNameOf('linux');
/** Seconds of the job on each machine: twenty windows and more. */
const JOB_SECONDS = 600;
const signed = (why: string) => ({ at: systemClock.now(), by: 'the story', why });

/** Captures to learn from and to judge by, few enough to be read while somebody waits. */
async function smallManifest(folder: string): Promise<string> {
  const file = join(root, 'datasets', 'sessions', 'MANIFEST.json');
  const { captures } = await readManifest(file);
  const some = (from: typeof captures, attack: boolean, count: number) => {
    const byRun = new Map(
      from.filter((one) => (one.attack !== false) === attack).map((one) => [one.run, one]),
    );
    return [...byRun.values()].slice(0, count);
  };
  const [train, held] = [trainingSide(captures), captures.filter((one) => one.heldBack)];
  // the gate wants five runs with an attack and an hour of ordinary work
  const chosen = [
    ...some(train, true, 4),
    ...some(train, false, 4),
    ...some(held, true, 5),
    ...some(held, false, 4),
  ];
  const ids = new Set(chosen.map((one) => one.id));
  const whole = JSON.parse(await readFile(file, 'utf8')) as { captures: { id: string }[] };
  await mkdir(folder, { recursive: true });
  for (const { file: from } of chosen) await cp(from, join(folder, basename(from)));
  const own = join(folder, 'MANIFEST.json');
  await writeFile(
    own,
    JSON.stringify({ ...whole, captures: whole.captures.filter(({ id }) => ids.has(id)) }),
  );
  return own;
}

/** A product that runs, what people do with it, and what it answers. */
async function openStory(settings: Readonly<Record<string, string>>) {
  const directory = mkdtempSync(join(tmpdir(), 'logster-learning-'));
  const config = readConfig({ ...asideSettings(directory), ...settings }, root);
  const product = await start({ config, root, stages: STAGES, demo: false, say: () => undefined });
  const ports = await openPorts(config, recordedTelemetry());
  const api = product.addresses.api ?? '';
  const scored = async (host: string) =>
    (
      await ports.documents.search('logster-inferences', {
        filter: { equals: { endpoint_id: host } },
        limit: 500,
      })
    ).documents;
  return {
    directory,
    config,
    ports,
    scored,
    async alerts(host: string): Promise<readonly Alert[]> {
      const response = await fetch(`${api}/alerts?endpoint_id=${host}`);
      return ((await response.json()) as { alerts: Alert[] }).alerts;
    },
    async post<T>(path: string, body: unknown): Promise<T> {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${api}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
      return (await response.json()) as T;
    },
    /** Replays lines as the telemetry of a host and waits until its last windows are scored. */
    async play(host: string, lines: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<readonly Alert[]> {
      const recordings = [{ name: host, lines, host }];
      await replay({
        ...{ bus: ports.bus, recordings, speed: Number.POSITIVE_INFINITY, now: false, closeWindows: true },
      });
      let before = -1;
      await answerThat(
        async () => (await scored(host)).length,
        (count) => {
          const calm = count > 0 && count === before;
          before = count;
          return calm;
        },
      );
      await new Promise((resolve) => setTimeout(resolve, 1500)); // alerting reads what was published behind the index
      return this.alerts(host);
    },
    async close() {
      await ports.close();
      await product.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
type Story = Awaited<ReturnType<typeof openStory>>;

const inventoryOn = (host: number): Buffer[] =>
  jobLines('inventory', host, JOB_SECONDS)
    .trimEnd()
    .split('\n')
    .map((line) => Buffer.from(line));
const attack = (): AsyncIterable<Buffer> =>
  captureLines(join(root, 'datasets', 'recordings', 'lin-rec-attack-revshell-bash-129-ebpf.ndjson.gz'));

/** The champion's version in the results of a host. */
async function versionsOn({ scored }: Story, host: string): Promise<ReadonlySet<string>> {
  return new Set((await scored(host)).map((one) => String(one.model_version)));
}

/** A false alarm that repeats, twenty verdicts on it, and a new version that has learnt from them. */
async function learn(story: Story, manifest: string): Promise<string> {
  const { ports, directory } = story;
  const alarms = [
    ...(await story.play('build-1', inventoryOn(1))),
    ...(await story.play('build-2', inventoryOn(2))),
  ];
  const inferences = alarms.flatMap((one) => one.inference_ids).slice(0, 20);
  expect(inferences).toHaveLength(20);
  const verdicts = inferences.map((inference_id) => ({
    ...{
      inference_id,
      is_true_positive: false,
      reason: 'automation',
      analyst: 'analyst',
      notes: 'the inventory',
    },
  }));
  await story.post('/feedback/bulk', { verdicts });

  const given = await readVerdicts(ports.alerts, 0);
  expect(given).toHaveLength(20);
  const windows = await reachableWindows(ports.graphs, given);
  const captureFolder = join(manifest, '..');
  const code = await codeVersion();
  const built = await buildVersion({
    ...{
      manifest: await readManifest(manifest),
      captureFolder,
      readWindows: (capture) => cachedReading(capture, join(directory, 'cache'), code),
    },
    ...{ outFolder: join(directory, 'versions'), folds: 2, fitted: [], report: () => undefined },
    feedback: {
      verdicts: given,
      windows,
      graphs: ports.graphs,
      accepted: [],
    },
  });
  expect(built.feedback?.rows).toBeGreaterThan(0);

  const tuned = await tuneFromVersion({
    ...{ champion: await loadVersion(ports.registry, MODEL), versionFolder: built.folder, seed: 1 },
    ...{ capturesFolder: captureFolder, cacheFolder: join(directory, 'cache') },
    ...{ clock: systemClock, report: () => undefined },
  });
  const { version } = await ports.registry.register(MODEL, tuned);
  await ports.registry.setAlias(MODEL, 'challenger', version);
  return version;
}

/** The gate's word on the challenger, on captures that neither version learnt from. */
async function blessed({ ports, directory }: Story, version: string, manifest: string): Promise<boolean> {
  const champion = await ports.registry.alias(MODEL, 'champion');
  if (!champion) throw new Error('nothing serves');
  const folderOf = async (id: string) => (id === champion.tags.data ? null : join(directory, 'versions', id));
  const candidates = {
    champion: await candidateOf(ports.registry, champion, async () => null),
    challenger: await candidateOf(ports.registry, await ports.registry.version(MODEL, version), folderOf),
  };
  const code = await codeVersion();
  const report = await bless(
    ports.registry,
    {
      ...candidates,
      platform: 'linux',
      frozen: await frozenCaptures({
        ...{
          platform: 'linux',
          manifestFiles: [manifest],
          frozenFiles: [],
          candidates: Object.values(candidates),
        },
      }),
      clock: systemClock,
      scorer: { script: join(root, 'dist/serve/scorer.js'), backend: 'wasm' },
      windowsOf: (capture) => cachedWindows(capture, join(directory, 'cache'), code),
    },
    { by: 'the story', why: 'twenty verdicts on the inventory' },
  );
  expect(report.reasons).toEqual([]);
  return report.passed;
}

/** From a false alarm to a version that knows better, and back. */
function story(site: () => Pick<DistributedSite, 'settings' | 'cleanUp'>): void {
  const here = site();
  let told: Story;
  let manifest = '';
  beforeAll(async () => {
    told = await openStory(here.settings);
    manifest = await smallManifest(join(told.directory, 'captures'));
  }, 120_000);
  afterAll(async () => {
    await told?.close();
    await here.cleanUp();
  }, 60_000);

  test('verdicts on a repeating false alarm become a version that no longer raises it and still finds attacks', async () => {
    const { ports } = told;
    const { version: first = '' } = (await ports.registry.alias(MODEL, 'champion')) ?? {};
    expect((await told.play('victim-1', attack())).length).toBeGreaterThan(0);
    const second = await learn(told, manifest);
    expect(await blessed(told, second, manifest)).toBe(true);

    // while telemetry flows, every window is scored once, by the one version or the other
    const flowing = told.play('build-3', inventoryOn(3));
    await promoteVersion(ports.registry, { name: MODEL, version: second }, signed('it knows the inventory'));
    await flowing;
    const ends = (await told.scored('build-3')).map((one) => Number(one.window_end));
    expect(new Set(ends).size).toBe(ends.length);
    for (const version of await versionsOn(told, 'build-3')) expect([first, second]).toContain(version);

    await answerThat(
      async () => {
        const host = `probe-${Date.now()}`;
        await told.play(host, attack());
        return versionsOn(told, host);
      },
      (versions) => versions.has(second),
    );
    expect(await told.play('build-5', inventoryOn(5))).toEqual([]);
    expect(await versionsOn(told, 'build-5')).toEqual(new Set([second]));
    expect((await told.play('victim-2', attack())).length).toBeGreaterThan(0);

    await rollBack(ports.registry, MODEL, signed('to see that it goes back'));
    await answerThat(
      async () => {
        const host = `probe-${Date.now()}`;
        await told.play(host, attack());
        return versionsOn(told, host);
      },
      (versions) => versions.has(first),
    );
    expect((await told.play('build-6', inventoryOn(6))).length).toBeGreaterThan(0);
    const changes = (await ports.registry.history(MODEL)).map((one) => one.change);
    expect(changes).toEqual(['blessed', 'promoted', 'rolled-back']);
  }, 300_000);
}

describe('on embedded ports', () => story(() => ({ settings: {}, cleanUp: async () => undefined })));

withServers(SERVER_VARIABLES, 'on distributed ports', (addresses) => story(() => distributedSite(addresses)));
