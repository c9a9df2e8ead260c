import type { Platform } from './event.ts';

/** Node types per platform. The order is the order of nodes inside a graph and of the input projections. */
export const NODE_TYPES = {
  windows: ['process', 'file', 'script', 'network', 'registry'],
  linux: ['process', 'file', 'script', 'network', 'syscall'],
} as const satisfies Record<Platform, readonly string[]>;
export type NodeType = (typeof NODE_TYPES)[Platform][number];

/** A relation: the source's node type, its name and the target's node type. */
export interface Relation {
  readonly source: NodeType;
  readonly name: string;
  readonly target: NodeType;
}

const relation = (source: NodeType, name: string, target: NodeType): Relation => ({ source, name, target });

/** Relations per platform; an edge names one by its place here. Message passing adds each one's reverse. */
export const RELATIONS: Record<Platform, readonly Relation[]> = {
  windows: [
    relation('process', 'spawned', 'process'),
    relation('process', 'accessed', 'process'),
    relation('process', 'executed', 'file'),
    relation('process', 'executed', 'script'),
    relation('process', 'wrote', 'file'),
    relation('process', 'connected-to', 'network'),
    relation('process', 'set', 'registry'),
  ],
  linux: [
    relation('process', 'spawned', 'process'),
    relation('process', 'accessed', 'process'),
    relation('process', 'executed', 'file'),
    relation('process', 'executed', 'script'),
    relation('process', 'wrote', 'file'),
    relation('process', 'connected-to', 'network'),
    relation('process', 'performed', 'syscall'),
  ],
};

/** Width of a node's feature vector, the same for every node type; a type's unused places stay 0. */
export const FEATURES = 64;

/** Caps of one graph, from measured windows (99th percentiles); above them the rarest and most recent stay. */
export const CAPS = {
  nodes: { process: 400, file: 2048, script: 256, network: 256, registry: 2048, syscall: 256 },
  edges: 8192,
} as const satisfies { readonly nodes: Record<NodeType, number>; readonly edges: number };

/** A batch ends at whichever comes first. */
export const BATCH_LIMITS = { graphs: 256, edges: 65_536, waitMs: 200 } as const;

/** Where a window lies: whose it is and which seconds it covers, end exclusive. */
export interface WindowOf {
  readonly tenantId: string;
  readonly endpointId: string;
  readonly hostname: string;
  readonly platform: Platform;
  readonly start: number; // epoch seconds
  readonly end: number; // epoch seconds, the tick
}

/** What a cap cut off: how many nodes of each type, how many edges. Absent when nothing was. */
export interface Truncation {
  readonly nodes: Partial<Record<NodeType, number>>;
  readonly edges: number;
}

/**
 * One window as a typed, timed graph. Nodes are grouped by type in the order of `NODE_TYPES`; edges are merged
 * by (source, target, relation) and point from the acting process.
 */
export interface HeteroGraph {
  readonly window: WindowOf;
  readonly windowId: string; // UUID of (tenant, endpoint, platform, window end)
  readonly nodesPerType: readonly number[]; // in the order of NODE_TYPES[platform]
  readonly features: Float32Array; // [nodes, FEATURES], row-major
  readonly labels: readonly string[]; // per node, for people; never a feature
  readonly source: Int32Array; // [edges] node index
  readonly target: Int32Array; // [edges] node index
  readonly relation: Uint8Array; // [edges] place in RELATIONS[platform]
  readonly count: Uint32Array; // [edges] events merged into the edge
  readonly first: Float32Array; // [edges] seconds before the tick of the first event
  readonly last: Float32Array; // [edges] seconds before the tick of the last event
  readonly edgeEvents: readonly string[]; // per edge, the id of its most recent event
  readonly eventCount: number;
  readonly contentHash: string; // equal graphs (features and edges) have equal hashes
  readonly truncated?: Truncation;
}

/** One graph's place in a batch. */
export interface GraphInBatch {
  readonly window: WindowOf;
  readonly windowId: string;
  readonly eventCount: number;
  readonly contentHash: string;
  readonly nodesPerType: readonly number[];
  readonly nodeOffset: number; // of its first node in the batch
  readonly edgeOffset: number; // of its first edge in the batch
  readonly edges: number;
  readonly truncated?: Truncation;
}

/**
 * Up to `BATCH_LIMITS.graphs` graphs of one platform as one disjoint union. Nodes lie graph by graph and, inside
 * a graph, type by type; edges lie graph by graph; `source` and `target` count through the whole batch.
 */
export interface GraphBatch {
  readonly platform: Platform;
  readonly featureSchema: string;
  readonly graphs: readonly GraphInBatch[];
  readonly features: Float32Array; // [nodes, FEATURES]
  readonly source: Int32Array; // [edges]
  readonly target: Int32Array; // [edges]
  readonly relation: Uint8Array; // [edges]
  readonly count: Uint32Array; // [edges]
  readonly first: Float32Array; // [edges] seconds before the tick
  readonly last: Float32Array; // [edges] seconds before the tick
  nodeLabel(node: number): string;
  edgeEvent(edge: number): string;
}
