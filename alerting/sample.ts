import type { NormalizedEvent } from '../contracts/event.ts';
import { idOf } from '../contracts/ids.ts';
import { type InferenceResult, inferenceResultSchema } from '../contracts/inference.ts';

/** For tests: a result of endpoint `h1` of tenant `acme`, an attack at 0.91; its ids follow from what it is of. */
export function resultOf(differing: Partial<InferenceResult> = {}): InferenceResult {
  const endpoint = differing.endpoint_id ?? 'h1';
  const end = differing.window_end ?? 1000;
  const of = [differing.tenant_id ?? 'acme', endpoint, differing.platform ?? 'windows', String(end)];
  return inferenceResultSchema.parse({
    inference_id: idOf('inference', ...of, '1'),
    window_id: idOf('window', ...of),
    tenant_id: 'acme',
    endpoint_id: endpoint,
    hostname: endpoint.toUpperCase(),
    platform: 'windows',
    window_start: end - 180,
    window_end: end,
    timestamp: end,
    scored_at: end,
    prediction: 'attack',
    attack_prob: 0.91,
    confidence: 0.91,
    model_name: 'logster-windows-gat',
    model_version: '1',
    backend: 'cpu',
    inference_time_ms: 1,
    queue_time_ms: 1,
    graph: { num_nodes: 3, num_edges: 2, node_types: {}, edge_types: {} },
    event_count: 2,
    event_ids: [],
    top_nodes: [{ type: 'process', label: 'powershell.exe', score: 0.6 }],
    top_edges: [
      { relation: 'spawned', source: 'cmd.exe', target: 'powershell.exe', event_id: 'e', score: 0.7 },
    ],
    prefiltered: false,
    reused: false,
    ...differing,
  });
}

/** For tests: a process start on endpoint `h1` of tenant `acme`. */
export function eventOf(name: string, timestamp: number, commandLine: string): NormalizedEvent {
  return {
    schema_version: 1,
    event_id: idOf('event', name),
    tenant_id: 'acme',
    endpoint_id: 'h1',
    hostname: 'H1',
    platform: 'windows',
    source: 'sysmon',
    event_type: 'process_create',
    timestamp,
    ingested_at: timestamp,
    data: { image: 'powershell.exe', command_line: commandLine },
    warnings: [],
  };
}
