import type { NormalizedEvent } from '../contracts/event.ts';
import { inferenceResultSchema } from '../contracts/inference.ts';
import { buildGraph } from './build-graph.ts';
import { slidingWindows } from './window.ts';
import { failedResult, idleResult } from './window-result.ts';

const event: NormalizedEvent = {
  schema_version: 1,
  event_id: '00000000-0000-5000-8000-000000000000',
  tenant_id: 'acme',
  endpoint_id: 'web',
  hostname: 'web.example.org',
  platform: 'linux',
  source: 'auditd',
  event_type: 'process_create',
  timestamp: 1_700_000_000,
  ingested_at: 1_700_000_000,
  data: { image: '/usr/sbin/cron', process_id: 5, parent_process_id: 1 },
  warnings: [],
};

function oneWindow() {
  const windows = slidingWindows();
  windows.add(event, event.timestamp);
  windows.finish();
  const [closed] = windows.closed();
  return closed!;
}

test('idleResult() tells what was skipped, by whose rules, and with which graph', () => {
  const closed = oneWindow();
  const graph = buildGraph(closed.window, closed.panes);
  const result = idleResult(graph, { version: 'abc', scoredAt: 5 });
  expect(inferenceResultSchema.parse(result)).toEqual(result);
  expect(result).toMatchObject({
    prediction: 'benign',
    prefiltered: true,
    model_version: 'abc',
    event_count: 1,
  });
  expect(result.window_end - result.window_start).toBe(180);
  expect(result.graph.num_nodes).toBe(graph.labels.length);
  expect(Object.values(result.graph.edge_types).reduce((sum, count) => sum + count, 0)).toBe(
    result.graph.num_edges,
  );
});

test('failedResult() is an error of one window, under the ids that its score would have had', () => {
  const closed = oneWindow();
  const graph = buildGraph(closed.window, closed.panes);
  const result = failedResult(closed, { version: 'abc', scoredAt: 5, error: 'why' });
  expect(inferenceResultSchema.parse(result)).toEqual(result);
  expect(result).toMatchObject({
    prediction: 'error',
    error: 'why',
    window_id: graph.windowId,
    prefiltered: false,
  });
});
