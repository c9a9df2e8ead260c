/**
 * Topics with their partition counts. Raising a live topic's count moves keys and breaks order, so they are
 * fixed here (Logster reference, section 2; `logster-dead-letter` is ours).
 */
export const TOPICS = {
  'sysmon-logs': { partitions: 6, retentionHours: 24 },
  'linux-auditd-logs': { partitions: 6, retentionHours: 24 },
  'linux-ebpf-process-logs': { partitions: 6, retentionHours: 24 },
  'linux-ebpf-file-logs': { partitions: 6, retentionHours: 24 },
  'linux-ebpf-network-logs': { partitions: 6, retentionHours: 24 },
  'normalized-endpoint-events': { partitions: 12, retentionHours: 72 },
  'logster-inference-results': { partitions: 6, retentionHours: 72 },
  'logster-alerts': { partitions: 3, retentionHours: 720 },
  'logster-dead-letter': { partitions: 3, retentionHours: 720 },
} as const satisfies Record<string, { readonly partitions: number; readonly retentionHours: number }>;

export type Topic = keyof typeof TOPICS;
export type RawTopic =
  | 'sysmon-logs'
  | 'linux-auditd-logs'
  | `linux-ebpf-${'process' | 'file' | 'network'}-logs`;

export const RAW_TOPICS = [
  'sysmon-logs',
  'linux-auditd-logs',
  'linux-ebpf-process-logs',
  'linux-ebpf-file-logs',
  'linux-ebpf-network-logs',
] as const satisfies readonly RawTopic[];

export const EVENTS_TOPIC = 'normalized-endpoint-events';
export const RESULTS_TOPIC = 'logster-inference-results';
export const ALERTS_TOPIC = 'logster-alerts';
export const DEAD_LETTER_TOPIC = 'logster-dead-letter';

/** Consumer groups, one per stage that reads. */
export const GROUPS = {
  ingest: 'logster-normalizer',
  featurize: 'logster-inference',
  alerting: 'logster-alerts',
  index: 'logster-indexer',
} as const;

/** Message headers that Logster itself sets. Values are text. */
export const HEADERS = {
  /** W3C trace context. */
  trace: 'traceparent',
  /** On a raw message: seconds to add to the event's own time. `replay --now` sets it. */
  timeShift: 'logster-time-shift',
  /**
   * On a message with an empty value: "this endpoint's stream has reached this event time" (epoch seconds).
   * A replay ends a capture with it so that the last windows need not wait for the wall clock. On raw topics
   * the endpoint stands in `logster-endpoint`, the platform in `logster-platform`.
   */
  watermark: 'logster-watermark',
  endpoint: 'logster-endpoint',
  platform: 'logster-platform',
} as const;
