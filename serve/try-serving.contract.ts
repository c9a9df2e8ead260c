import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SCORE_QUEUE, type ScoreJob } from '../contracts/batch.ts';
import { LogsterError } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import { encodeGraphBatch } from '../contracts/graph-batch.ts';
import { idOf } from '../contracts/ids.ts';
import { type InferenceResult, inferenceResultSchema } from '../contracts/inference.ts';
import type { Stage } from '../contracts/stage.ts';
import { RESULTS_TOPIC, type Topic } from '../contracts/topics.ts';
import { encodeModel } from '../models/artifact.ts';
import { syntheticBatch, syntheticSizes } from '../models/synthetic.ts';
import { embeddedBus } from '../ports/bus/embedded.ts';
import { embeddedGraphs } from '../ports/graphs/embedded.ts';
import type { GraphStore } from '../ports/graphs/graphs.ts';
import { embeddedQueue } from '../ports/queue/embedded.ts';
import { folderRegistry } from '../ports/registry/embedded.ts';
import type { Registry } from '../ports/registry/registry.ts';
import { embeddedState } from '../ports/state/embedded.ts';
import { systemClock } from '../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { modelNameOf } from './champions.ts';
import { provenModel } from './scorer-fixtures.ts';
import { type ServeNeeds, serve } from './serve.ts';

export const scorerScript = join(import.meta.dirname, '..', 'dist', 'serve', 'scorer.js');

const KEEP = { from: 0.5, sampleShare: 0, retentionDays: 90 };

export type ServeBench = Awaited<ReturnType<typeof serveBench>>;

/** The serving stage on embedded ports, with a version of each platform's model that serves. */
export async function serveBench() {
  const directory = mkdtempSync(join(tmpdir(), 'logster-serve-'));
  const telemetry = recordedTelemetry();
  const below = (name: string) => ({ directory: join(directory, name) });
  const bus = embeddedBus(below('bus'));
  const state = embeddedState(below('state'));
  const queue = embeddedQueue<ScoreJob>({
    ...below('queue'),
    name: SCORE_QUEUE,
    limits: { jobs: 100, bytes: 1 << 28 },
  });
  const folder = folderRegistry(below('registry'));
  const graphs = await embeddedGraphs({ file: join(directory, 'graphs.db') });
  let onResults: () => Promise<void> = () => Promise.resolve();
  let isAway = false;
  /** The registry, as long as it is there. */
  const registry: Registry = {
    ...folder,
    async file(...which) {
      if (isAway) throw new LogsterError('unavailable', 'The registry does not answer');
      return folder.file(...which);
    },
  };
  const register = async (
    platform: Platform,
    seed: number,
    spoil?: (files: Record<string, Buffer>) => void,
    shift?: number,
  ): Promise<string> => {
    const files = encodeModel(await provenModel(platform, seed, shift));
    spoil?.(files);
    const { version } = await registry.register(modelNameOf(platform), { files, tags: {}, metrics: {} });
    return version;
  };
  const promote = async (platform: Platform, seed: number, spoil?: (files: Record<string, Buffer>) => void) =>
    registry.setAlias(modelNameOf(platform), 'champion', await register(platform, seed, spoil));
  await promote('windows', 1);
  await promote('linux', 1);
  let stage: Stage | undefined;
  return {
    telemetry,
    state,
    queue,
    graphs,
    registry,
    register,
    promote,
    /** Called after results were published; what it throws the stage takes for the bus's failure. */
    afterResults(hook: () => Promise<void>) {
      onResults = hook;
    },
    setAway(away: boolean) {
      isAway = away;
    },
    async start(
      backend: 'auto' | 'wasm' = 'wasm',
      scorers = 1,
      script = scorerScript,
      more: Partial<ServeNeeds['options']> = {},
      keeping: GraphStore = graphs,
    ) {
      stage = await serve({
        queue,
        state,
        bus: {
          ...bus,
          async publish(topic, messages) {
            await bus.publish(topic, messages);
            if (topic === RESULTS_TOPIC) await onResults();
          },
        },
        registry,
        graphs: keeping,
        telemetry,
        clock: systemClock,
        options: { scorers, backend, scorerScript: script, registryPollMs: 50, keep: KEEP, ...more },
      });
      return stage;
    },
    async add(seed: number, graphs = 4, keepBytes = true, tenantId = 'default'): Promise<ScoreJob> {
      const batch = syntheticBatch('windows', syntheticSizes(graphs, seed), seed);
      const named = {
        ...batch,
        graphs: batch.graphs.map((graph, place) => ({
          ...graph,
          window: { ...graph.window, tenantId },
          windowId: idOf('window', `${seed}/${place}`),
          contentHash: `${seed}/${place}`,
        })),
      };
      const bytes = encodeGraphBatch(named);
      const job: ScoreJob = {
        batch_id: idOf('batch', String(seed)),
        platform: 'windows',
        key: `batch/${seed}`,
        feature_schema: 'synthetic',
        tenants: ['default'],
        graphs,
        nodes: 0,
        edges: batch.source.length,
        bytes: bytes.length,
        created_at: systemClock.now(),
      };
      if (keepBytes) await state.set(job.key, bytes);
      await queue.add({ id: job.batch_id, tenant: 'default', sizeBytes: bytes.length, data: job });
      return job;
    },
    async messages(topic: Topic): Promise<unknown[]> {
      const offsets = await bus.offsets(topic);
      const pages = await Promise.all(
        offsets.map(({ first, next }, partition) => bus.read(topic, partition, first, next - first || 1)),
      );
      return pages.flat().map(({ value }) => JSON.parse(value.toString()) as unknown);
    },
    async results(): Promise<InferenceResult[]> {
      return (await this.messages(RESULTS_TOPIC)).map((message) => inferenceResultSchema.parse(message));
    },
    async close() {
      await stage?.close();
      await bus.close();
      await state.close();
      await queue.close();
      await registry.close();
      await graphs.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
