import type { RawTopic } from '../contracts/topics.ts';
import type { Metrics } from '../ports/telemetry/telemetry.ts';
import type { RecordReading } from './read.ts';

const SOURCE = {
  'sysmon-logs': 'sysmon',
  'linux-auditd-logs': 'auditd',
  'linux-ebpf-process-logs': 'ebpf',
  'linux-ebpf-file-logs': 'ebpf',
  'linux-ebpf-network-logs': 'ebpf',
} as const satisfies Record<RawTopic, string>;

/**
 * Counts what became of a batch, so that records = readings with events + joined + dropped + dead:
 * `raw_events_total`, `normalized_events_total`, `joined_records_total`, `dropped_events_total`,
 * `parse_errors_total` (dead, and ids that no table knows) and `dead_letter_total`.
 */
export function tally(
  topic: RawTopic,
  readings: readonly RecordReading[],
  lostWatermarks: number,
  metrics: Metrics,
): void {
  const source = SOURCE[topic];
  const counts = new Map<string, number>();
  const add = (name: string, by = 1) => counts.set(name, (counts.get(name) ?? 0) + by);
  for (const reading of readings) {
    if (!reading.ok) {
      add(`${reading.kind} ${reading.reason}`);
      continue;
    }
    if (reading.events.length === 0) add('joined ');
    for (const event of reading.events) add(`event ${event.event_type}`);
  }
  if (lostWatermarks > 0) add('dropped watermark-without-endpoint', lostWatermarks);
  if (readings.length > 0) metrics.count('raw_events_total', { topic }, readings.length);
  for (const [name, by] of counts) {
    const [kind, what = ''] = name.split(' ', 2);
    if (kind === 'event') metrics.count('normalized_events_total', { source, event_type: what }, by);
    else if (kind === 'joined') metrics.count('joined_records_total', { source }, by);
    else if (kind === 'dropped') metrics.count('dropped_events_total', { source, reason: what }, by);
    else metrics.count('dead_letter_total', { stage: 'ingest', reason: what }, by);
    if (kind === 'dead' || what === 'unknown-event-id') {
      metrics.count('parse_errors_total', { source, reason: what }, by);
    }
  }
}
