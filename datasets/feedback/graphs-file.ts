import { LogsterError } from '../../contracts/errors.ts';
import { PLATFORMS } from '../../contracts/event.ts';
import { BATCH_LIMITS, type GraphBatch, type HeteroGraph } from '../../contracts/graph.ts';
import { decodeBatch } from '../../contracts/graph-batch.ts';
import { encodeBatch } from '../../featurize/batch.ts';

/** Bytes before each batch: its length as an unsigned 32-bit little-endian number, and four zeros. */
const HEAD_BYTES = 8;

/**
 * Graphs as one file: Arrow streams one after another (contracts/graph-batch.ts), each of one platform, preceded by
 * eight bytes that tell its length; platform by platform, in the order of the graphs given. What would name people or
 * machines stays out: no tenant, endpoint or host name, no labels of nodes, no ids of events.
 */
export function encodeFeedbackGraphs(graphs: readonly HeteroGraph[]): Buffer {
  const parts: Buffer[] = [];
  for (const platform of PLATFORMS) {
    const own = graphs.filter((graph) => graph.window.platform === platform).map(bare);
    for (let from = 0; from < own.length; from += BATCH_LIMITS.graphs) {
      const batch = encodeBatch(platform, own.slice(from, from + BATCH_LIMITS.graphs));
      const head = Buffer.alloc(HEAD_BYTES);
      head.writeUInt32LE(batch.length);
      parts.push(head, batch);
    }
  }
  return Buffer.concat(parts);
}

/** The batches of such a file, in its order. Throws input-invalid; `file` names it. */
export function decodeFeedbackGraphs(bytes: Buffer, file: string): readonly GraphBatch[] {
  const batches: GraphBatch[] = [];
  for (let at = 0; at < bytes.length; ) {
    const from = at + HEAD_BYTES;
    const length = from <= bytes.length ? bytes.readUInt32LE(at) : 0;
    if (length === 0 || from + length > bytes.length)
      throw new LogsterError('input-invalid', `${file} breaks off at byte ${at}; build the version again`);
    batches.push(decodeBatch(bytes.subarray(from, from + length)));
    at = from + length;
  }
  return batches;
}

function bare(graph: HeteroGraph): HeteroGraph {
  const { platform, start, end } = graph.window;
  return {
    ...graph,
    window: { tenantId: '', endpointId: '', hostname: '', platform, start, end },
    windowId: '',
    labels: graph.labels.map(() => ''),
    edgeEvents: graph.edgeEvents.map(() => ''),
  };
}
