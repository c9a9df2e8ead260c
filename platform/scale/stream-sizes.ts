import { compressFrameSync } from 'lz4-napi';
import type { Platform } from '../../contracts/event.ts';
import { INDICES } from '../../contracts/indices.ts';
import { encodeBatch } from '../../featurize/batch.ts';
import { buildGraph } from '../../featurize/build-graph.ts';
import type { ClosedWindow } from '../../featurize/window.ts';
import type { Message } from '../../ports/bus/bus.ts';
import type { Document } from '../../ports/documents/documents.ts';
import type { WindowSize } from './simulate.ts';

/** Bytes of one message, and how often it fits into its compressed self. */
export interface MessageSize {
  readonly count: number;
  readonly bytes: number; // mean, value and key
  readonly lz4Ratio: number;
}

/** What a publisher packs together: the batches that the bus port writes. */
const PACKED = 500;
const GRAPHS_PER_BATCH = 64;

/** Mean size of messages, compressed as Kafka compresses what is published together. */
export function sizeOf(messages: readonly Message[]): MessageSize {
  let bytes = 0;
  let packed = 0;
  for (let from = 0; from < messages.length; from += PACKED) {
    const lot = messages.slice(from, from + PACKED).flatMap(({ key, value }) => [Buffer.from(key), value]);
    const plain = Buffer.concat(lot);
    bytes += plain.length;
    packed += compressFrameSync(plain).length;
  }
  return { count: messages.length, bytes: bytes / messages.length, lz4Ratio: bytes / packed };
}

/** Mean bytes of the document that Elasticsearch is sent for a message. */
export function documentBytes(
  index: keyof typeof INDICES,
  messages: readonly Message[],
  idField: string,
): number {
  let bytes = 0;
  for (const { value } of messages) {
    const json = value.toString();
    const body = JSON.parse(json) as Document;
    bytes += Buffer.byteLength(documentText(index, String(body[idField]), body, json));
  }
  return bytes / messages.length;
}

/** Nodes, edges and share of a batch's bytes of every window; the bytes of a batch are shared by nodes. */
export function windowSizes(windows: readonly ClosedWindow[]): {
  readonly sizes: readonly WindowSize[];
  readonly lz4Ratio: number;
} {
  const sizes: WindowSize[] = [];
  let bytes = 0;
  let packed = 0;
  for (const platform of ['windows', 'linux'] satisfies Platform[]) {
    const own = windows.filter(({ window }) => window.platform === platform);
    for (let from = 0; from < own.length; from += GRAPHS_PER_BATCH) {
      const graphs = own
        .slice(from, from + GRAPHS_PER_BATCH)
        .map(({ window, panes }) => buildGraph(window, panes));
      const batch = encodeBatch(platform, graphs);
      const nodes = graphs.reduce((sum, graph) => sum + graph.labels.length, 0);
      bytes += batch.length;
      packed += compressFrameSync(batch).length;
      for (const graph of graphs) {
        sizes.push({
          ...{ platform, nodes: graph.labels.length, edges: graph.source.length },
          bytes: (batch.length * graph.labels.length) / nodes,
        });
      }
    }
  }
  return { sizes, lz4Ratio: bytes / packed };
}

/** A document in the form of the Elasticsearch port, whose own way is hidden behind it; a test holds them alike. */
export function documentText(index: keyof typeof INDICES, id: string, body: Document, json: string): string {
  const stored: Record<string, unknown> = { id };
  for (const [name, kind] of Object.entries(INDICES[index])) {
    const value = name
      .split('.')
      .reduce<unknown>((held, step) => (held as Document | undefined)?.[step], body);
    if (value === undefined || value === null) continue;
    stored[name] = kind === 'keyword' ? String(value) : Number(value);
  }
  const time = Number(body.timestamp);
  return JSON.stringify({ ...stored, '@timestamp': Math.round(time * 1000), body: json });
}
