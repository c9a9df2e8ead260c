import {
  type Data,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Table,
  tableFromIPC,
  tableToIPC,
  Uint8,
  Uint32,
  Utf8,
} from 'apache-arrow';
import { LogsterError } from './errors.ts';
import { PLATFORMS, type Platform } from './event.ts';
import { FEATURES, type GraphBatch, type GraphInBatch } from './graph.ts';

// The form of the stream; another number is refused rather than guessed at.
const FORM = '1';

/** The texts of a batch in lots that follow one another: of every node and of every edge. */
export interface BatchTexts {
  readonly labels: readonly (readonly string[])[];
  readonly events: readonly (readonly string[])[];
}

/** A batch as an Arrow IPC stream. Who has the texts in lots gives them so: it saves asking for each. */
export function writeTables(batch: GraphBatch, texts: BatchTexts = textsOf(batch)): Buffer {
  const columns = [
    listOf('graphs', graphColumns(batch)),
    listOf('nodes', nodeColumns(batch, texts.labels)),
    listOf('edges', edgeColumns(batch, texts.events)),
  ];
  const fields = columns.map(({ name, data }) => new Field(name, data.type, false));
  const metadata = new Map([
    ['form', FORM],
    ['platform', batch.platform],
    ['featureSchema', batch.featureSchema],
  ]);
  const children = columns.map(({ data }) => data);
  const row = makeData({ type: new Struct(fields), length: 1, nullCount: 0, children });
  const bytes = tableToIPC(new Table(new RecordBatch(new Schema(fields, metadata), row)), 'stream');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function textsOf({ features, source, nodeLabel, edgeEvent }: GraphBatch): BatchTexts {
  const labels = Array.from({ length: features.length / FEATURES }, (_, node) => nodeLabel(node));
  return { labels: [labels], events: [Array.from(source, (_, edge) => edgeEvent(edge))] };
}

interface Column {
  readonly name: string;
  readonly data: Data;
}

// one row that holds a whole table: a list of structs
function listOf(name: string, columns: readonly Column[]): Column {
  const fields = columns.map(({ name, data }) => new Field(name, data.type, false));
  const children = columns.map(({ data }) => data);
  const length = children[0]?.length ?? 0;
  const child = makeData({ type: new Struct(fields), length, nullCount: 0, children });
  const valueOffsets = Int32Array.of(0, length);
  const type = new List(new Field('row', child.type, false));
  return { name, data: makeData({ type, length: 1, nullCount: 0, valueOffsets, child }) };
}

function graphColumns({ graphs }: GraphBatch): readonly Column[] {
  const text = (name: string, of: (graph: GraphInBatch) => string): Column =>
    textColumn(name, [graphs.map(of)]);
  const whole = (name: string, of: (graph: GraphInBatch) => number): Column => ({
    name,
    data: makeData({ type: new Int32(), data: Int32Array.from(graphs, of) }),
  });
  const real = (name: string, of: (graph: GraphInBatch) => number): Column => ({
    name,
    data: makeData({ type: new Float64(), data: Float64Array.from(graphs, of) }),
  });
  return [
    text('window_id', (graph) => graph.windowId),
    text('tenant_id', (graph) => graph.window.tenantId),
    text('endpoint_id', (graph) => graph.window.endpointId),
    text('hostname', (graph) => graph.window.hostname),
    real('start', (graph) => graph.window.start),
    real('end', (graph) => graph.window.end),
    whole('event_count', (graph) => graph.eventCount),
    text('content_hash', (graph) => graph.contentHash),
    text('nodes_per_type', (graph) => graph.nodesPerType.join(' ')),
    whole('node_offset', (graph) => graph.nodeOffset),
    whole('edge_offset', (graph) => graph.edgeOffset),
    whole('edges', (graph) => graph.edges),
    text('truncated', (graph) => (graph.truncated ? JSON.stringify(graph.truncated) : '')),
  ];
}

function nodeColumns(batch: GraphBatch, labels: BatchTexts['labels']): readonly Column[] {
  const nodes = batch.features.length / FEATURES;
  const types = new Uint8Array(nodes);
  for (const graph of batch.graphs) {
    let node = graph.nodeOffset;
    graph.nodesPerType.forEach((count, type) => {
      types.fill(type, node, node + count);
      node += count;
    });
  }
  const child = makeData({ type: new Float32(), data: batch.features });
  const type = new FixedSizeList(FEATURES, new Field('feature', child.type, false));
  return [
    { name: 'type', data: makeData({ type: new Uint8(), data: types }) },
    { name: 'features', data: makeData({ type, length: nodes, nullCount: 0, child }) },
    textColumn('label', labels),
  ];
}

function edgeColumns(batch: GraphBatch, events: BatchTexts['events']): readonly Column[] {
  return [
    { name: 'source', data: makeData({ type: new Int32(), data: batch.source }) },
    { name: 'target', data: makeData({ type: new Int32(), data: batch.target }) },
    { name: 'relation', data: makeData({ type: new Uint8(), data: batch.relation }) },
    { name: 'count', data: makeData({ type: new Uint32(), data: batch.count }) },
    { name: 'first', data: makeData({ type: new Float32(), data: batch.first }) },
    { name: 'last', data: makeData({ type: new Float32(), data: batch.last }) },
    textColumn('event', events),
  ];
}

// one encoding of a lot's texts together is several times faster than one of each
function textColumn(name: string, lots: readonly (readonly string[])[]): Column {
  const joined = lots.map((texts) => texts.join(''));
  const sizes = joined.map((text) => Buffer.byteLength(text));
  const length = lots.reduce((sum, texts) => sum + texts.length, 0);
  const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, 0));
  const valueOffsets = new Int32Array(length + 1);
  let place = 0;
  let end = 0;
  lots.forEach((texts, lot) => {
    const text = joined[lot] ?? '';
    bytes.write(text, end, 'utf8');
    const plain = sizes[lot] === text.length; // ASCII: a character is a byte
    for (const one of texts) {
      end += plain ? one.length : Buffer.byteLength(one);
      place += 1;
      valueOffsets[place] = end;
    }
  });
  const data = makeData({ type: new Utf8(), length, nullCount: 0, valueOffsets, data: bytes });
  return { name, data };
}

/** The batch of `writeTables`' bytes, which must lie at a multiple of 8. */
export function readTables(bytes: Buffer): GraphBatch {
  const table = tableFromIPC(bytes);
  const platform = platformOf(table);
  const columns = new Map<string, Data>();
  for (const field of table.schema.fields) {
    const struct = table.getChild(field.name)?.data[0]?.children[0];
    struct?.type.children?.forEach((child: Field, i: number) => {
      const data = struct.children[i];
      if (data) columns.set(`${field.name}.${child.name}`, data);
    });
  }
  const of = (name: string): Data => {
    const data = columns.get(name);
    if (!data) throw new LogsterError('input-invalid', `A batch has no column ${name}; encode it again`);
    return data;
  };
  const labels = texts(of('nodes.label'));
  const events = texts(of('edges.event'));
  const features = of('nodes.features').children[0];
  return {
    platform,
    featureSchema: table.schema.metadata.get('featureSchema') ?? '',
    graphs: readGraphs(platform, of),
    features: (features ? valuesOf(features) : new Float32Array(0)) as Float32Array,
    source: valuesOf(of('edges.source')) as Int32Array,
    target: valuesOf(of('edges.target')) as Int32Array,
    relation: valuesOf(of('edges.relation')) as Uint8Array,
    count: valuesOf(of('edges.count')) as Uint32Array,
    first: valuesOf(of('edges.first')) as Float32Array,
    last: valuesOf(of('edges.last')) as Float32Array,
    nodeLabel: labels,
    edgeEvent: events,
  };
}

function platformOf(table: Table): Platform {
  const { metadata } = table.schema;
  const platform = PLATFORMS.find((name) => name === metadata.get('platform'));
  if (metadata.get('form') === FORM && platform) return platform;
  throw new LogsterError(
    'input-invalid',
    `A batch has form ${metadata.get('form')} for platform ${metadata.get('platform')}; this version reads form ${FORM}`,
  );
}

function readGraphs(platform: Platform, of: (name: string) => Data): readonly GraphInBatch[] {
  const number = (name: string) => of(`graphs.${name}`).values as Int32Array | Float64Array;
  const text = (name: string) => texts(of(`graphs.${name}`));
  const [windowId, tenantId, endpointId, hostname] = [
    'window_id',
    'tenant_id',
    'endpoint_id',
    'hostname',
  ].map(text);
  const [start, end, events] = ['start', 'end', 'event_count'].map(number);
  const [nodes, edgesBefore, edges] = ['node_offset', 'edge_offset', 'edges'].map(number);
  const [hash, perType, cut] = ['content_hash', 'nodes_per_type', 'truncated'].map(text);
  return Array.from({ length: of('graphs.window_id').length }, (_, i) => {
    const truncated = cut?.(i) ?? '';
    return {
      window: {
        tenantId: tenantId?.(i) ?? '',
        endpointId: endpointId?.(i) ?? '',
        hostname: hostname?.(i) ?? '',
        platform,
        start: start?.[i] ?? 0,
        end: end?.[i] ?? 0,
      },
      windowId: windowId?.(i) ?? '',
      eventCount: events?.[i] ?? 0,
      contentHash: hash?.(i) ?? '',
      nodesPerType: perType?.(i).split(' ').map(Number) ?? [],
      nodeOffset: nodes?.[i] ?? 0,
      edgeOffset: edgesBefore?.[i] ?? 0,
      edges: edges?.[i] ?? 0,
      ...(truncated === '' ? {} : { truncated: JSON.parse(truncated) }),
    };
  });
}

// Arrow pads a column's bytes to multiples of 8
function valuesOf(data: Data): unknown {
  return data.values.subarray(0, data.length);
}

function texts(data: Data): (place: number) => string {
  const offsets = data.valueOffsets as Int32Array;
  const bytes = Buffer.from(data.values.buffer, data.values.byteOffset, data.values.byteLength);
  return (place) => bytes.toString('utf8', offsets[place], offsets[place + 1]);
}
