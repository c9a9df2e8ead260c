import { type HeteroGraph, NODE_TYPES, type NodeType, RELATIONS } from '../../contracts/graph.ts';
import type { Picture } from './show.ts';

/** More nodes than this make a picture that nobody reads. */
const MOST_NODES = 24;
const LABEL_CHARACTERS = 34;
const ROW_PIXELS = 24;
const LAYER_PIXELS = 165;

/** One colour per node type, told apart by people with any common colour vision (Okabe and Ito). */
const COLOURS: Readonly<Record<NodeType, string>> = {
  process: '#0072b2',
  file: '#009e73',
  script: '#e69f00',
  network: '#d55e00',
  registry: '#cc79a7',
  syscall: '#999999',
};

export interface GraphPictureOptions {
  readonly title: string;
  /** [nodes] how much each node weighs; those that weigh most are drawn, with the processes they descend from. */
  readonly weight: Float32Array;
  readonly most?: number;
}

interface Edge {
  readonly source: number;
  readonly target: number;
  readonly relation: string;
  readonly count: number;
}

/** A window's graph in layers: processes from left to right by who started whom, at the right what they touched. */
export function graphPicture(graph: HeteroGraph, options: GraphPictureOptions): Picture {
  const { title, weight, most = MOST_NODES } = options;
  const edges = edgesOf(graph);
  const parent = parents(edges);
  const drawn = chosen(weight, parent, most);
  const among = edges.filter(({ source, target }) => drawn.has(source) && drawn.has(target));
  const place = layered(drawn, typesOf(graph), parent, among);
  return pictureOf(title, nodesOf(graph, weight, place), linesOf(among, place));
}

function edgesOf({ source, target, relation, count, window }: HeteroGraph): readonly Edge[] {
  return Array.from(source, (from, at) => ({
    source: from,
    target: target[at] ?? 0,
    relation: RELATIONS[window.platform][relation[at] ?? 0]?.name ?? '',
    count: count[at] ?? 0,
  }));
}

function typesOf({ nodesPerType, window }: HeteroGraph): readonly NodeType[] {
  return nodesPerType.flatMap((count, type) =>
    new Array<NodeType>(count).fill(NODE_TYPES[window.platform][type] ?? 'process'),
  );
}

/** Who started each process. */
function parents(edges: readonly Edge[]): ReadonlyMap<number, number> {
  const spawned = edges.filter(({ relation, source, target }) => relation === 'spawned' && source !== target);
  return new Map(spawned.map(({ source, target }) => [target, source]));
}

function chosen(
  weight: Float32Array,
  parent: ReadonlyMap<number, number>,
  most: number,
): ReadonlySet<number> {
  const order = [...weight.keys()].sort((a, b) => (weight[b] ?? 0) - (weight[a] ?? 0) || a - b);
  const drawn = new Set<number>();
  for (const node of order.slice(0, most)) {
    for (let at: number | undefined = node; at !== undefined && !drawn.has(at); at = parent.get(at))
      drawn.add(at);
  }
  return drawn;
}

type Places = ReadonlyMap<number, { readonly layer: number; readonly row: number }>;

/** A process stands one layer right of who started it, each family in rows of its own; the rest beside its first actor. */
function layered(
  drawn: ReadonlySet<number>,
  types: readonly NodeType[],
  parent: ReadonlyMap<number, number>,
  edges: readonly Edge[],
): Places {
  const places = new Map<number, { layer: number; row: number }>();
  const processes = [...drawn].filter((node) => types[node] === 'process').sort((a, b) => a - b);
  const children = (of: number | undefined) =>
    processes.filter((node) => parentWithin(node, parent, drawn) === of && !places.has(node));
  let row = 0;
  const put = (node: number, layer: number): void => {
    if (places.has(node)) return;
    places.set(node, { layer, row });
    const below = children(node);
    below.forEach((child, at) => {
      if (at > 0) row++;
      put(child, layer + 1);
    });
  };
  for (const root of children(undefined)) {
    put(root, 0);
    row++;
  }
  for (const node of processes) put(node, 0); // a loop of parents has no root
  const right = Math.max(0, ...[...places.values()].map(({ layer }) => layer)) + 1;
  const others = [...drawn].filter((node) => types[node] !== 'process');
  const actorRow = (node: number) =>
    Math.min(
      ...edges.filter(({ target }) => target === node).map(({ source }) => places.get(source)?.row ?? 0),
    );
  others
    .map((node) => ({ node, wish: actorRow(node) }))
    .sort((a, b) => a.wish - b.wish || a.node - b.node)
    .forEach(({ node }, at) => {
      places.set(node, {
        layer: right,
        row: (at * Math.max(row - 1, others.length - 1)) / Math.max(1, others.length - 1),
      });
    });
  return places;
}

function parentWithin(node: number, parent: ReadonlyMap<number, number>, drawn: ReadonlySet<number>) {
  const own = parent.get(node);
  return own !== undefined && drawn.has(own) ? own : undefined;
}

function nodesOf(graph: HeteroGraph, weight: Float32Array, places: Places) {
  const types = typesOf(graph);
  return [...places].map(([node, { layer, row }]) => ({
    layer,
    row,
    type: types[node] ?? 'process',
    name: shortened(graph.labels[node] ?? ''),
    weight: Number((weight[node] ?? 0).toFixed(3)),
  }));
}

function linesOf(edges: readonly Edge[], places: Places) {
  return edges.flatMap(({ source, target, relation, count }) => {
    const [from, to] = [places.get(source), places.get(target)];
    if (!from || !to || source === target) return [];
    return [{ layer: from.layer, row: from.row, layer2: to.layer, row2: to.row, relation, events: count }];
  });
}

/** The end of a path says more than its beginning. */
const shortened = (label: string): string => {
  const clean = label.replace(/\p{Cc}+/gu, ' ');
  return clean.length > LABEL_CHARACTERS ? `…${clean.slice(1 - LABEL_CHARACTERS)}` : clean;
};

function pictureOf(
  title: string,
  nodes: ReturnType<typeof nodesOf>,
  lines: ReturnType<typeof linesOf>,
): Picture {
  const layers = Math.max(...nodes.map(({ layer }) => layer), 1);
  const rows = Math.max(...nodes.map(({ row }) => row), 1);
  const x = { field: 'layer', type: 'quantitative', axis: null, scale: { domain: [-0.1, layers + 1.2] } };
  const y = {
    field: 'row',
    type: 'quantitative',
    axis: null,
    scale: { domain: [rows + 0.7, -0.7], nice: false },
  };
  const types = [...new Set(nodes.map(({ type }) => type))];
  const color = {
    field: 'type',
    type: 'nominal',
    title: null,
    scale: { domain: types, range: types.map((type) => COLOURS[type]) },
    legend: { orient: 'top' },
  };
  return {
    title,
    width: LAYER_PIXELS * (layers + 1),
    height: ROW_PIXELS * (rows + 1.4),
    view: { stroke: null },
    layer: [
      {
        data: { values: lines },
        mark: { type: 'rule', color: '#6b7280', strokeWidth: 1, opacity: 0.35 },
        encoding: {
          x,
          y,
          x2: { field: 'layer2' },
          y2: { field: 'row2' },
          tooltip: [{ field: 'relation' }, { field: 'events' }],
        },
      },
      {
        data: { values: nodes },
        mark: { type: 'point', filled: true, opacity: 1 },
        encoding: {
          x,
          y,
          color,
          size: {
            field: 'weight',
            type: 'quantitative',
            title: 'adds to the score',
            scale: { range: [30, 420], domainMin: 0, clamp: true },
            legend: null,
          },
          tooltip: [{ field: 'name' }, { field: 'type' }, { field: 'weight' }],
        },
      },
      {
        data: { values: nodes },
        mark: { type: 'text', align: 'left', dx: 11, dy: -7, fontSize: 11 },
        encoding: { x, y, text: { field: 'name' } },
      },
    ],
  };
}
