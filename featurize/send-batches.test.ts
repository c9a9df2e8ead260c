import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ScoreJob, scoreJobSchema } from '../contracts/batch.ts';
import type { NormalizedEvent } from '../contracts/event.ts';
import { BATCH_LIMITS } from '../contracts/graph.ts';
import { decodeBatch } from '../contracts/graph-batch.ts';
import { idOf } from '../contracts/ids.ts';
import { embeddedBus } from '../ports/bus/embedded.ts';
import { embeddedQueue } from '../ports/queue/embedded.ts';
import { embeddedState } from '../ports/state/embedded.ts';
import { systemClock } from '../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { batchSender } from './send-batches.ts';
import { type ClosedWindow, slidingWindows } from './window.ts';

/** Closed windows of one endpoint of a tenant, each with one process more than the one before. */
function windowsOf(tenant: string, count: number): ClosedWindow[] {
  const windows = slidingWindows({ windowSeconds: 30 });
  for (let place = 0; place < count; place++) {
    const event: NormalizedEvent = {
      schema_version: 1,
      event_id: idOf('event', tenant, String(place)),
      tenant_id: tenant,
      endpoint_id: 'web',
      hostname: 'web',
      platform: 'windows',
      source: 'sysmon',
      event_type: 'process_create',
      timestamp: 1_700_000_000 + place * 30,
      ingested_at: 0,
      data: { image: 'C:\\Windows\\System32\\cmd.exe', process_id: place, parent_process_id: 4 },
      warnings: [],
    };
    windows.add(event, 0);
  }
  windows.finish();
  return [...windows.closed()];
}

test('batchSender() fills batches to their limit, tenants in turns, and confirms what is queued', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sender-'));
  const bus = embeddedBus({ directory: join(directory, 'bus') });
  const state = embeddedState({ directory: join(directory, 'state') });
  const limits = { jobs: 100, bytes: 2 ** 28 };
  const queue = embeddedQueue<ScoreJob>({
    directory: join(directory, 'queue'),
    name: 'score-windows',
    limits,
  });
  const telemetry = recordedTelemetry();
  const sender = batchSender({
    bus,
    state,
    queue,
    telemetry,
    clock: systemClock,
    waitMs: 20,
    onFull: () => {},
  });
  const loud = sender.send(windowsOf('loud', 900));
  const quiet = sender.send(windowsOf('quiet', 9));
  expect(await loud).toBe(true);
  expect(await quiet).toBe(true);

  const jobs: ScoreJob[] = [];
  const tenantsOfFirst = new Set<string>();
  const worker = queue.work(
    async ({ data }) => {
      jobs.push(scoreJobSchema.parse(data));
      const batch = decodeBatch((await state.get(data.key)) ?? Buffer.alloc(0));
      if (jobs.length === 1) for (const { window } of batch.graphs) tenantsOfFirst.add(window.tenantId);
      expect(batch.featureSchema).toBe(data.feature_schema);
    },
    { concurrency: 1, stalledAfterMs: 10_000, attempts: 1 },
  );
  const deadline = Date.now() + 10_000;
  while (jobs.length < 4 && Date.now() < deadline) await new Promise(setImmediate);
  expect(jobs.map((job) => job.graphs)).toEqual([256, 256, 256, 141]);
  expect(Math.max(...jobs.map((job) => job.graphs))).toBe(BATCH_LIMITS.graphs);
  expect(tenantsOfFirst).toEqual(new Set(['loud', 'quiet'])); // though loud had 900 windows waiting before
  expect((await queue.failed(1)).length).toBe(0);

  await worker.close();
  const never = sender.send(windowsOf('late', 1));
  await sender.close();
  expect(typeof (await never)).toBe('boolean');
  expect(await sender.send(windowsOf('later', 1))).toBe(false);
  await queue.close();
  await bus.close();
  await state.close();
  await rm(directory, { recursive: true, force: true });
});
