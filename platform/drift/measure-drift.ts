import type { Drift } from '../../contracts/drift.ts';
import { FEWEST_WINDOWS } from '../../contracts/drift.ts';
import type { Platform } from '../../contracts/event.ts';
import { decodeBatch } from '../../contracts/graph-batch.ts';
import { graphsOf } from '../../contracts/graphs-of.ts';
import type { AlertStore } from '../../ports/alerts/alerts.ts';
import type { Documents } from '../../ports/documents/documents.ts';
import type { GraphStore, KeptWindow } from '../../ports/graphs/graphs.ts';
import type { ModelVersion, Registry } from '../../ports/registry/registry.ts';
import { modelNameOf } from '../../serve/champions.ts';
import { type DriftMeter, driftMeter } from '../../train/drift/drift.ts';
import { precisionByWeek } from '../../train/drift/precision.ts';
import { decodeReference, REFERENCE_FILE, type Reference } from '../../train/drift/reference.ts';

/** Where drift is read from. */
export interface DriftSources {
  readonly graphs: GraphStore;
  readonly registry: Registry;
  readonly alerts: AlertStore;
  readonly documents: Documents;
  /** Share of windows below the threshold of keeping whose graphs are kept. */
  readonly sampleShare: number;
}

export interface Period {
  readonly from: number; // epoch seconds
  readonly until: number;
}

/** More graphs change no figure that is shown; so many take about two seconds. */
const MOST_GRAPHS = 2000;
const MOST_WINDOWS = 20_000;
const PAGE = 1000;
const GRAPHS_AT_ONCE = 50;

const WEEKS_OF_VERDICTS = 12;
const MOST_VERDICTS = 10_000;
const DAY_SECONDS = 86_400;

/**
 * How far a platform's windows of a period have moved from what its champion learnt from, with the precision of
 * twelve weeks' verdicts. Every attack's graph is kept but only a share of the others, so an attack counts as that
 * share of a window.
 */
export async function measureDrift(
  platform: Platform,
  sources: DriftSources,
  { from, until }: Period,
): Promise<Drift> {
  const { documents, alerts, registry } = sources;
  const champion = await registry.alias(modelNameOf(platform), 'champion');
  const filter = { equals: { platform }, range: { timestamp: { from, to: until } } };
  const { count } = await documents.figures('logster-inferences', filter, { count: { kind: 'count' } });
  const since = until - WEEKS_OF_VERDICTS * 7 * DAY_SECONDS;
  const verdicts = await alerts.feedback(since, MOST_VERDICTS, { platform, newestFirst: true });
  const frame = {
    ...{ platform, model: champion?.version ?? null, at: until, from, until },
    scored: count ?? 0,
    precision: precisionByWeek(verdicts),
  };
  const nothing = { ...frame, windows: 0, endpoints: 0, shifts: null };
  if (!champion) return { ...nothing, reason: 'no-champion' };
  const reference = await referenceIn(registry, champion);
  if (!reference) return { ...nothing, reason: 'no-reference' };
  const meter = await metered(reference, champion.version, sources, { from, until });
  const shifts = meter.shifts();
  return {
    ...frame,
    ...{ windows: meter.windows(), endpoints: meter.endpoints(), shifts },
    reason: meter.windows() < FEWEST_WINDOWS ? 'too-few' : null,
  };
}

/** The reference of a version; nothing for one that was registered without. */
export async function referenceIn(
  registry: Registry,
  { name, version, files }: ModelVersion,
): Promise<Reference | undefined> {
  if (!files.some((file) => file.name === REFERENCE_FILE)) return undefined;
  return decodeReference(await registry.file(name, version, REFERENCE_FILE), `${name}@${version}`);
}

async function metered(
  reference: Reference,
  version: string,
  { graphs, sampleShare }: DriftSources,
  { from, until }: Period,
): Promise<DriftMeter> {
  const meter = driftMeter(reference);
  const weightOf = ({ because }: KeptWindow): number => (because === 'attack' ? sampleShare : 1);
  const kept = (await windowsOf(graphs, { platform: reference.platform, from, until })).filter(
    (one) => one.featureSchema === reference.featureSchema && weightOf(one) > 0,
  );
  for (const one of kept.filter(({ modelVersion }) => modelVersion === version))
    meter.addScore({ endpoint: endpointOf(one), score: one.attackProb, weight: weightOf(one) });
  const chosen = distinct(kept);
  const step = Math.ceil(chosen.length / MOST_GRAPHS);
  const spread = chosen.filter((_, place) => place % Math.max(1, step) === 0);
  for (let first = 0; first < spread.length; first += GRAPHS_AT_ONCE) {
    const part = spread.slice(first, first + GRAPHS_AT_ONCE);
    for (const one of await graphs.get(part.map(({ inferenceId }) => inferenceId)))
      for (const graph of graphsOf(decodeBatch(one.bytes)))
        meter.addGraph({ endpoint: endpointOf(one), graph, weight: weightOf(one) });
  }
  return meter;
}

async function windowsOf(
  graphs: GraphStore,
  filter: Period & { readonly platform: Platform },
): Promise<readonly KeptWindow[]> {
  const windows: KeptWindow[] = [];
  while (windows.length < MOST_WINDOWS) {
    const page = await graphs.list(filter, { limit: PAGE, offset: windows.length });
    windows.push(...page);
    if (page.length < PAGE) break;
  }
  return windows;
}

/** Each content of an endpoint once, as in the reference: two versions keep the same graph twice. */
function distinct(windows: readonly KeptWindow[]): readonly KeptWindow[] {
  const byContent = new Map(windows.map((one) => [`${endpointOf(one)} ${one.contentHash}`, one]));
  return [...byContent.values()];
}

const endpointOf = ({ tenantId, endpointId }: KeptWindow): string => `${tenantId} ${endpointId}`;
