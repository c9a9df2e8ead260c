import type { ScoreJob } from '../../contracts/batch.ts';
import { LogsterError } from '../../contracts/errors.ts';
import { idOf } from '../../contracts/ids.ts';
import { RESULTS_TOPIC } from '../../contracts/topics.ts';
import { encodeBatch } from '../../featurize/batch.ts';
import { featureSchema } from '../../featurize/features.ts';
import type { Bus } from '../../ports/bus/bus.ts';
import type { Queue } from '../../ports/queue/queue.ts';
import type { State } from '../../ports/state/state.ts';
import { sampleWindows } from '../../train/sample-windows.ts';
import { capturesManifest } from './graph-sets.ts';

/** Captures of it ship with the project. */
export const PLATFORM = 'linux';
/** Small enough that a gap of fifty milliseconds is several batches. */
const GRAPHS = 16;
/** Batches that wait in the queue: the scorers never run dry. */
const WAITING = 30;
const PAUSE_MS = 5;

/** One batch as it left: when, by which version, which windows. */
export interface Left {
  readonly at: number; // milliseconds of performance.now()
  readonly version: string;
}

/** A bus that notes what is published as results. */
export interface Noted {
  readonly bus: Bus;
  readonly left: Left[];
  /** How often each window was published. */
  readonly times: Map<string, number>;
}

const WINDOW = /"window_id":"([^"]+)"/;
const VERSION = /"model_version":"([^"]+)"/;

/** Notes results once they are on the bus. */
export function noting(bus: Bus): Noted {
  const left: Left[] = [];
  const times = new Map<string, number>();
  return {
    left,
    times,
    bus: {
      ...bus,
      async publish(topic, messages) {
        await bus.publish(topic, messages);
        if (topic !== RESULTS_TOPIC) return;
        const texts = messages.map(({ value }) => value.toString());
        left.push({ at: performance.now(), version: VERSION.exec(texts[0] ?? '')?.[1] ?? '' });
        for (const text of texts) {
          const id = WINDOW.exec(text)?.[1] ?? '';
          times.set(id, (times.get(id) ?? 0) + 1);
        }
      },
    },
  };
}

/** Keeps a queue full with batches of recorded windows until it is stopped; then waits until all have left. */
export interface Feeder {
  /** Windows put into the queue. */
  fed(): readonly string[];
  stop(): Promise<void>;
}

/** Starts feeding. `left` tells how many batches have left. */
export async function feed(
  root: string,
  { queue, state }: { readonly queue: Queue<ScoreJob>; readonly state: State },
  left: () => number,
): Promise<Feeder> {
  const kinds = await batchKinds(root);
  const fed: string[] = [];
  let added = 0;
  let stopped = false;
  const add = async (): Promise<void> => {
    const { bytes, windows } = kinds(added);
    const batchId = idOf('batch', `swap ${added}`);
    const job: ScoreJob = {
      ...{ batch_id: batchId, platform: PLATFORM, key: `batch/${batchId}`, tenants: ['default'] },
      ...{ feature_schema: featureSchema(PLATFORM), graphs: windows.length, nodes: 0, edges: 0 },
      ...{ bytes: bytes.length, created_at: Date.now() / 1000 },
    };
    await state.set(job.key, bytes, 3600);
    await queue.add({ id: batchId, tenant: 'default', sizeBytes: bytes.length, data: job });
    fed.push(...windows);
    added++;
  };
  const running = (async () => {
    while (!stopped) {
      if (added - left() < WAITING) await add();
      else await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  })();
  return {
    fed: () => fed,
    async stop() {
      stopped = true;
      await running;
      while (left() < added) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    },
  };
}

/**
 * Batches of recorded windows, again and again under new names: each is a window of its own whose score no scorer
 * remembers.
 */
async function batchKinds(root: string) {
  const graphs = await sampleWindows(capturesManifest(root), PLATFORM, { captures: 30, windowsEach: 8 });
  const encoded: Buffer[] = [];
  for (let from = 0; from + GRAPHS <= graphs.length; from += GRAPHS) {
    const named = graphs.slice(from, from + GRAPHS).map((graph, place) => ({
      ...graph,
      windowId: windowName(0, place),
      contentHash: contentName(0, place),
    }));
    encoded.push(encodeBatch(PLATFORM, named));
  }
  if (encoded.length === 0)
    throw new LogsterError('input-invalid', `The captures hold fewer than ${GRAPHS} windows of ${PLATFORM}`);
  return (number: number) => {
    const bytes = Buffer.from(encoded[number % encoded.length] ?? Buffer.alloc(0));
    const windows: string[] = [];
    for (let place = 0; place < GRAPHS; place++) {
      for (const name of [windowName, contentName])
        bytes.write(name(number, place), bytes.indexOf(name(0, place)), 'latin1');
      windows.push(windowName(number, place));
    }
    return { bytes, windows };
  };
}

const eight = (number: number) => String(number).padStart(8, '0');
const windowName = (batch: number, place: number) => `${eight(batch)}-0000-4000-8000-0000${eight(place)}`;
const contentName = (batch: number, place: number) => `content ${eight(batch)} of ${eight(place)}`;
