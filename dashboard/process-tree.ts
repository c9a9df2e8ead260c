import type { EventData, NormalizedEvent } from '../contracts/event.ts';

/** A process of the tree. Names and command lines are the endpoint's own: text, never markup. */
export interface ProcessRow {
  readonly id: string;
  readonly depth: number; // 0: a root
  readonly process_id: number | null;
  readonly image: string;
  /** What it ran, one after the other: more than one where the process replaced itself (exec). */
  readonly command_lines: readonly string[];
  readonly user: string;
  readonly started_at: number | null; // event time; null: its start was not seen
  readonly events: number; // its own events inside the window
  readonly evidence: readonly string[]; // ids of its own events that carry the verdict
  readonly techniques: readonly string[]; // shown by its own events
  readonly leads_to_evidence: boolean; // it or a descendant has evidence
}

export interface ProcessTree {
  readonly rows: readonly ProcessRow[]; // parents before children, siblings by start
  readonly hidden: number; // processes left out for length; never one that leads to evidence, if 400 hold those
}

/** For each event that carries the verdict, the techniques it shows. */
export type Evidence = ReadonlyMap<string, readonly string[]>;

/** As many processes as a graph has at most. */
const MOST_ROWS = 400;

interface Node {
  readonly id: string;
  processId: number | null;
  image: string;
  readonly commandLines: string[];
  user: string;
  startedAt: number | null;
  firstAt: number;
  events: number;
  readonly evidence: string[];
  readonly techniques: Set<string>;
  parent: Node | undefined;
  readonly children: Node[];
  leads: boolean;
}

/**
 * The processes of the events and their ancestors as far as the events tell. `events` in order of time;
 * `before` holds the starts of ancestors from before the window, which count as no events of it.
 */
export function processTree(
  events: readonly NormalizedEvent[],
  evidence: Evidence,
  before: readonly NormalizedEvent[] = [],
): ProcessTree {
  const nodes = new Map<string, Node>();
  for (const event of before) enter(nodes, event, undefined);
  for (const event of events) enter(nodes, event, evidence);
  const roots = [...nodes.values()].filter((node) => node.parent === undefined);
  for (const node of nodes.values()) {
    if (node.evidence.length === 0) continue;
    for (let up: Node | undefined = node; up && !up.leads; up = up.parent) up.leads = true;
  }
  return rowsOf(roots, nodes.size);
}

/** What names a process in a source: its own unique id, else its number. Undefined where neither is known. */
export function processKey(guid: string | undefined, processId: number | undefined): string | undefined {
  if (guid !== undefined && guid !== '') return guid;
  return processId === undefined ? undefined : `pid ${processId}`;
}

/** Whether the event tells of a process's start. */
export function isStart(event: NormalizedEvent): boolean {
  return event.event_type === 'process_create';
}

function enter(nodes: Map<string, Node>, event: NormalizedEvent, evidence: Evidence | undefined): void {
  const { data } = event;
  const key = processKey(data.process_guid, data.process_id);
  if (key === undefined) return;
  const node = obtain(nodes, key, event.timestamp);
  node.processId ??= data.process_id ?? null;
  describe(node, event);
  const parentKey = processKey(data.parent_process_guid, data.parent_process_id);
  if (parentKey !== undefined) {
    const parent = obtain(nodes, parentKey, event.timestamp);
    parent.processId ??= data.parent_process_id ?? null;
    describeParent(parent, data);
    attach(node, parent);
  }
  if (evidence === undefined) return;
  node.events++;
  const techniques = evidence.get(event.event_id);
  if (techniques === undefined) return;
  node.evidence.push(event.event_id);
  for (const technique of techniques) node.techniques.add(technique);
}

function obtain(nodes: Map<string, Node>, id: string, at: number): Node {
  const known = nodes.get(id);
  if (known) return known;
  const node: Node = {
    ...{ id, processId: null, image: '', commandLines: [], user: '', startedAt: null, firstAt: at },
    ...{ events: 0, evidence: [], techniques: new Set<string>(), parent: undefined, children: [] },
    leads: false,
  };
  nodes.set(id, node);
  return node;
}

function describe(node: Node, event: NormalizedEvent): void {
  const { image, command_line, user } = event.data;
  if (node.user === '' && user !== undefined) node.user = user;
  if (image !== undefined && (node.image === '' || isStart(event))) node.image = image;
  if (command_line !== undefined && !node.commandLines.includes(command_line)) {
    if (node.commandLines.length === 0 || isStart(event)) node.commandLines.push(command_line);
  }
  if (isStart(event)) node.startedAt ??= event.timestamp;
}

function describeParent(parent: Node, { parent_image, parent_command_line }: EventData): void {
  if (parent.image === '' && parent_image !== undefined) parent.image = parent_image;
  if (parent.commandLines.length === 0 && parent_command_line !== undefined) {
    parent.commandLines.push(parent_command_line);
  }
}

/** Numbers are used again, so a parent can seem to descend from its child: then the link is left out. */
function attach(node: Node, parent: Node): void {
  if (node.parent !== undefined) return;
  for (let up: Node | undefined = parent; up; up = up.parent) if (up === node) return;
  node.parent = parent;
  parent.children.push(node);
}

function rowsOf(roots: readonly Node[], total: number): ProcessTree {
  const leading = (node: Node) => Number(node.leads);
  const inOrder = (nodes: readonly Node[]) =>
    [...nodes].sort((a, b) => (a.startedAt ?? a.firstAt) - (b.startedAt ?? b.firstAt));
  const crowded = total > MOST_ROWS;
  const rows: ProcessRow[] = [];
  const waiting = inOrder(roots)
    .sort((a, b) => leading(b) - leading(a))
    .reverse()
    .map((node) => ({ node, depth: 0 }));
  for (let next = waiting.pop(); next && rows.length < MOST_ROWS; next = waiting.pop()) {
    const { node, depth } = next;
    if (crowded && !node.leads && depth > 0) continue; // bystanders go first
    rows.push(rowOf(node, depth));
    for (const child of inOrder(node.children).reverse()) waiting.push({ node: child, depth: depth + 1 });
  }
  return { rows, hidden: total - rows.length };
}

function rowOf(node: Node, depth: number): ProcessRow {
  return {
    id: node.id,
    depth,
    process_id: node.processId,
    image: node.image,
    command_lines: node.commandLines,
    user: node.user,
    started_at: node.startedAt,
    events: node.events,
    evidence: node.evidence,
    techniques: [...node.techniques].sort(),
    leads_to_evidence: node.leads,
  };
}
