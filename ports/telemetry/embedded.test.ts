import { plainLog, prometheusMetrics, recordedTelemetry } from './embedded.ts';

test('prometheusMetrics() exposes counters, gauges and histograms under the product prefix', async () => {
  const { metrics, text } = prometheusMetrics();
  metrics.count('raw_events_total', { topic: 'sysmon-logs' }, 3);
  metrics.gauge('queue_depth', 7);
  metrics.observe('inference_ms', 4, { platform: 'linux' });
  const shown = await text();
  expect(shown).toContain('logster_raw_events_total{topic="sysmon-logs"} 3');
  expect(shown).toContain('logster_queue_depth 7');
  expect(shown).toContain('logster_inference_ms_count{platform="linux"} 1');
});

test('plainLog() leaves out what is below its level and writes no control characters', () => {
  const lines: string[] = [];
  const log = plainLog('info', (line) => lines.push(line));
  log.debug('hidden');
  log.warn('Dropped a record', { image: 'a\u001b[2Jb' });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d warn {2}Dropped a record image=a\?\[2Jb\n$/);
});

test('recordedTelemetry() sums a counter over the labels that are asked for', () => {
  const telemetry = recordedTelemetry();
  telemetry.metrics.count('dropped', { reason: 'a', source: 'x' });
  telemetry.metrics.count('dropped', { reason: 'b', source: 'x' }, 2);
  expect([telemetry.counted('dropped'), telemetry.counted('dropped', { reason: 'b' })]).toEqual([3, 2]);
});
