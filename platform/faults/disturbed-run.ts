import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alert } from '../../contracts/alert.ts';
import {
  DEAD_LETTER_TOPIC,
  EVENTS_TOPIC,
  GROUPS,
  RAW_TOPICS,
  RESULTS_TOPIC,
} from '../../contracts/topics.ts';
import { captureLines } from '../../datasets/captures.ts';
import { workedExample } from '../../datasets/worked-example/worked-example.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { readConfig } from '../config.ts';
import { openPorts, type Ports } from '../open-ports.ts';
import { asideSettings, startProduct } from '../product-process.ts';
import { type Recording, replay } from '../replay.ts';
import { projectRoot } from '../root.ts';
import type { StageName } from '../wire.ts';

const root = projectRoot();

/** What a run leaves behind for people: which windows were scored, which alerts stand, how much was stored or refused. */
export interface Outcome {
  readonly inferences: readonly string[];
  readonly alerts: readonly object[];
  readonly events: number;
  readonly deadLetters: number;
}

/** Stages that share a process; each process is one that can be killed. */
export type Processes = readonly (readonly StageName[])[];
export const ALL_IN_ONE: Processes = [[]];
export const APART: Processes = [['ingest', 'featurize'], ['serve'], ['alerting', 'index', 'api']];

/** A product under test while recordings are replayed into it. */
export interface Product {
  readonly ports: Ports;
  readonly settings: Readonly<Record<string, string>>;
  /** Kills one of its processes without a warning and starts it again. */
  killAndRestart(place: number): void;
  readonly processes: number;
  /** Starts one more process with these stages; the answer stops it in order. */
  add(stages: readonly StageName[]): () => Promise<void>;
}

export interface RunOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly processes?: Processes;
  /**
   * Seconds of the recordings per second; they last about five minutes. At 40 the ten seconds that an event may be late
   * are a quarter of a second, within which a busy machine no longer reads three topics in step; at Infinity the replay
   * waits for each slice.
   */
  readonly speed: number;
  readonly recordings?: readonly Recording[];
  /** What happens meanwhile; the run goes on until it has ended. */
  readonly disturb?: (product: Product) => Promise<void>;
}

/** Replays recordings into a product of its own and answers what came of it. */
export async function runDisturbed(options: RunOptions): Promise<Outcome> {
  const { processes = ALL_IN_ONE, speed, disturb } = options;
  const directory = mkdtempSync(join(tmpdir(), 'logster-run-'));
  const settings = { ...asideSettings(directory), ...options.settings };
  const ports = await openPorts(readConfig(settings, root), recordedTelemetry());
  const children = processes.map((stages) => startProduct(root, settings, stages));
  const added = new Set<ChildProcess>();
  const product: Product = {
    ports,
    settings,
    processes: processes.length,
    killAndRestart(place) {
      children[place]?.kill('SIGKILL');
      children[place] = startProduct(root, settings, processes[place] ?? []);
    },
    add(stages) {
      const child = startProduct(root, settings, stages);
      added.add(child);
      return () => stopped(child);
    },
  };
  try {
    const disturbed = disturb?.(product);
    const recordings = options.recordings ?? standardRecordings();
    await Promise.all([
      replay({ bus: ports.bus, recordings, speed, now: false, closeWindows: true }),
      disturbed,
    ]);
    await settled(ports);
    return await outcomeOf(ports);
  } finally {
    await Promise.all([...children, ...added].map(stopped));
    await ports.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** An attack on Windows, and one on Linux seen by two sensors. */
export function standardRecordings(): Recording[] {
  const { lines } = workedExample(1_772_442_000, 120);
  return [
    { name: 'worked example', lines: lines.map((line) => Buffer.from(line)) },
    ...(['revshell-bash-129-auditd.log.gz', 'revshell-bash-129-ebpf.ndjson.gz'] as const).map(
      (file, place) => ({
        name: file,
        lines: captureLines(join(root, 'datasets', 'recordings', `lin-rec-attack-${file}`)),
        host: `host-${place}`,
      }),
    ),
  ];
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
}

async function outcomeOf({ documents, alerts, bus }: Ports): Promise<Outcome> {
  const { documents: found } = await documents.search('logster-inferences', { limit: 10_000 });
  const { total: events } = await documents.search('logster-events', { limit: 1 });
  const { alerts: listed } = await alerts.list({}, { limit: 1000, offset: 0 });
  const dead = await bus.offsets(DEAD_LETTER_TOPIC);
  return {
    inferences: found.map((body) => `${body.inference_id} of ${body.event_count} events`).sort(),
    alerts: listed.map(comparable).sort((a, b) => (a.key < b.key ? -1 : 1)),
    events,
    deadLetters: dead.reduce((sum, { next }) => sum + next, 0),
  };
}

/** Without what belongs to the wall clock of a run. */
function comparable(alert: Alert) {
  return {
    key: `${alert.endpoint_id} ${alert.first_seen}`,
    last_seen: alert.last_seen,
    count: alert.count,
    severity: alert.severity,
    attack_prob: alert.attack_prob.toFixed(4),
    inferences: [...alert.inference_ids].sort(),
    techniques: [...alert.ttp_techniques].sort(),
  };
}

const SETTLE_MS = 240_000;
/** As many looks without a change, a quarter of a second apart. */
const CALM_LOOKS = 12;

/** Everything that was published has been taken in, scored, alerted, explained and indexed. */
async function settled(ports: Ports): Promise<void> {
  const deadline = Date.now() + SETTLE_MS;
  let calm = 0;
  let last = '';
  while (calm < CALM_LOOKS) {
    if (Date.now() > deadline) throw new Error(`not settled within ${SETTLE_MS / 1000} s: ${last}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
    const { isDone, picture } = await look(ports);
    calm = isDone && picture === last ? calm + 1 : 0;
    last = picture;
  }
}

async function look({ bus, queue, documents, alerts }: Ports) {
  const lags = await Promise.all([
    ...RAW_TOPICS.map((topic) => bus.lag(GROUPS.ingest, topic)),
    bus.lag(GROUPS.featurize, EVENTS_TOPIC),
    bus.lag(GROUPS.alerting, RESULTS_TOPIC),
    bus.lag(GROUPS.index, RESULTS_TOPIC),
    bus.lag(GROUPS.index, EVENTS_TOPIC),
  ]);
  const { waiting, active } = await queue.stats();
  const { total } = await documents.search('logster-inferences', { limit: 1 });
  const { alerts: listed } = await alerts.list({}, { limit: 1000, offset: 0 });
  const behind = lags.map((lag) => lag.reduce((sum, n) => sum + n, 0));
  const isDone = behind.every((n) => n === 0) && waiting + active === 0 && total > 0;
  const explained = listed.map((one) => [one.updated_at, one.count]);
  return { isDone, picture: JSON.stringify({ behind, waiting, active, total, explained }) };
}
