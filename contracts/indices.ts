/** How a field of an index can be asked for. `keyword` is exact, `number` and `date` (epoch seconds) have order. */
export type FieldKind = 'keyword' | 'number' | 'date';

/**
 * The fields that can be filtered, sorted and aggregated, per index; everything else of a document is kept
 * and returned whole but cannot be asked for. A dot goes into an object.
 */
export const INDICES = {
  'logster-events': {
    tenant_id: 'keyword',
    endpoint_id: 'keyword',
    platform: 'keyword',
    source: 'keyword',
    event_type: 'keyword',
    timestamp: 'date',
    ingested_at: 'date',
    'data.image': 'keyword',
    'data.user': 'keyword',
    'data.process_id': 'number',
    'data.process_guid': 'keyword',
    'data.destination_ip': 'keyword',
  },
  'logster-inferences': {
    tenant_id: 'keyword',
    endpoint_id: 'keyword',
    platform: 'keyword',
    prediction: 'keyword',
    model_version: 'keyword',
    timestamp: 'date',
    window_start: 'date',
    window_end: 'date',
    scored_at: 'date',
    attack_prob: 'number',
    confidence: 'number',
    inference_time_ms: 'number',
    'graph.num_nodes': 'number',
    'graph.num_edges': 'number',
    event_count: 'number',
  },
  'logster-alerts': {
    tenant_id: 'keyword',
    endpoint_id: 'keyword',
    platform: 'keyword',
    severity: 'keyword',
    status: 'keyword',
    verdict: 'keyword',
    first_seen: 'date',
    last_seen: 'date',
    updated_at: 'date',
    attack_prob: 'number',
    ttp_techniques: 'keyword', // an array: a document counts once for each of its values
    ttp_tactics: 'keyword',
  },
} as const satisfies Record<string, Record<string, FieldKind>>;

export type IndexName = keyof typeof INDICES;
export type FieldOf<I extends IndexName> = keyof (typeof INDICES)[I] & string;
