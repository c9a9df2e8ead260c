import { randomUUID } from 'node:crypto';
import { withServer } from '../with-server.ts';
import { between } from './between.ts';
import { MlflowClient } from './mlflow-client.ts';
import { historyOf, runsOf, stored } from './mlflow-look.ts';
import { mlflowTracking } from './mlflow-tracking.ts';
import type { TrackedRun, Tracking } from './tracking.ts';

import.meta.jest.setTimeout(60_000);

const RUN: TrackedRun = {
  experiment: 'windows',
  name: 'fold 1',
  params: {},
  metrics: [],
  tags: {},
  files: {},
};

withServer('TEST_MLFLOW', 'MLflow tracking', (url) => {
  let prefix = '';
  let tracking: Tracking;
  let client: MlflowClient;
  beforeEach(() => {
    prefix = `test-${randomUUID()}-`;
    tracking = mlflowTracking({ url, prefix });
    client = new MlflowClient({ url });
  });
  afterEach(async () => {
    await tracking.close();
    client.close();
  });

  test('logRun() keeps every step of a long training, its parameters, tags and files', async () => {
    const at = 1_700_000_000.5;
    const loss = Array.from({ length: 2500 }, (_, step) => ({
      key: 'loss',
      value: 1 / (step + 1),
      step,
      at: at + step,
    }));
    const params = Object.fromEntries(Array.from({ length: 250 }, (_, n) => [`p${n}`, 'x'.repeat(6000)]));
    const tags = { platform: 'windows' };
    const files = { 'card.md': Buffer.from('# Card') };
    const id = await tracking.logRun({ ...RUN, params, metrics: loss, tags, files });
    const [run] = await runsOf(client, `${prefix}windows`);
    expect(run).toMatchObject({ runId: id, status: 'FINISHED', params, tags, startedAt: at });
    expect(await historyOf(client, id, 'loss')).toEqual(loss);
    expect(await stored(client, run!.artifactUri).get('card.md')).toBe('# Card');
  });

  test('runs of one experiment that are logged at once all get into it', async () => {
    const ids = await Promise.all(Array.from({ length: 6 }, () => tracking.logRun(RUN)));
    expect((await runsOf(client, `${prefix}windows`)).map((run) => run.runId).sort()).toEqual(ids.sort());
  });

  test('a batch that arrives twice is kept once', async () => {
    const lossy = await between({
      behind: url,
      decide: ({ path }, seen) =>
        path.endsWith('log-batch') && seen.filter((one) => one.path === path).length % 2 === 1
          ? 'lose-answer'
          : 'forward',
    });
    const metrics = [{ key: 'loss', value: 1 / 3, step: 0, at: 1_700_000_000 }];
    const twice = mlflowTracking({ url: lossy.url, prefix });
    const id = await twice.logRun({ ...RUN, metrics, params: { rate: '0.1' }, tags: { a: 'b' } });
    expect(lossy.seen.filter((one) => one.path.endsWith('log-batch'))).toHaveLength(6);
    expect(await historyOf(client, id, 'loss')).toEqual(metrics);
    const [run] = await runsOf(client, `${prefix}windows`);
    expect(run).toMatchObject({ params: { rate: '0.1' }, tags: { a: 'b' } });
    await twice.close();
    await lossy.close();
  });

  test('what MLflow would not keep as it is is refused before a run begins', async () => {
    const one = { key: 'loss', value: 1, step: 0, at: 1 };
    const unfit: Partial<TrackedRun>[] = [
      { metrics: [{ ...one, value: Number.NaN }] },
      { metrics: [{ ...one, step: 0.5 }] },
      { params: { long: 'x'.repeat(6001) } },
      { files: { '../up': Buffer.alloc(1) } },
    ];
    for (const part of unfit) {
      await expect(tracking.logRun({ ...RUN, ...part })).rejects.toMatchObject({ code: 'input-invalid' });
    }
    expect(await runsOf(client, `${prefix}windows`)).toEqual([]);
  });

  test('after close() a run is refused', async () => {
    await tracking.close();
    await expect(tracking.logRun(RUN)).rejects.toMatchObject({ code: 'closed' });
  });
});
