import { LogsterError, reasonOf } from '../contracts/errors.ts';
import { PLATFORMS, type Platform } from '../contracts/event.ts';
import type { NodeType } from '../contracts/graph.ts';
import type { Deed } from './deed.ts';
import { packEdges } from './edge-list.ts';
import type { Entity, EntityType } from './entity.ts';
import { entityOf } from './entity.ts';
import { countOperation, OPERATIONS } from './entity-list.ts';
import type { Ledger, ProcessRow } from './ledger.ts';
import { addEdge, addProcess, emptyLedger, entityAt, entityTarget, processTarget } from './ledger.ts';
import type { Pane } from './pane.ts';

// The form of a checkpoint; another number is refused rather than guessed at.
const FORM = 1;

interface PaneForm {
  readonly form: number;
  readonly platform: Platform;
  readonly start: number;
  readonly eventCount: number;
  readonly waiting: readonly unknown[];
  readonly processes: readonly ProcessForm[];
  readonly entities: readonly EntityForm[];
  readonly edges: readonly EdgeForm[];
  readonly bearers: readonly number[];
  readonly overflow: Partial<Record<NodeType, number>>;
}
type ProcessForm = Omit<ProcessRow, 'place' | 'parent'> & { readonly parent: number };
type EntityForm = readonly [EntityType, string, readonly number[], number, number, number];
type EdgeForm = readonly [source: number, target: number, relation: number, number, number, number, string];

/** A pane as JSON text: names and counts; what its features hold is made again from the names. */
export function writePane(pane: Pane): Buffer {
  const { ledger } = pane;
  const form: PaneForm = {
    form: FORM,
    platform: pane.platform,
    start: pane.start,
    eventCount: pane.eventCount,
    waiting: pane.waiting.map(writeDeed),
    processes: ledger.processes.map(writeProcess),
    entities: ledger.entities.entity.map((entity, place) => writeEntity(ledger, entity, place)),
    edges: ledger.edges.eventId.map((eventId, place) => writeEdge(ledger, place, eventId)),
    bearers: [...ledger.byPid.values()].map((row) => row.place),
    overflow: ledger.overflow,
  };
  return Buffer.from(JSON.stringify(form));
}

/** The pane of `writePane`'s bytes. */
export function readPane(bytes: Buffer): Pane {
  let form: PaneForm;
  try {
    form = JSON.parse(bytes.toString('utf8')) as PaneForm;
  } catch (cause) {
    throw new LogsterError('input-invalid', `A pane's checkpoint is no JSON: ${reasonOf(cause)}`, { cause });
  }
  if (form?.form !== FORM || !PLATFORMS.includes(form.platform)) {
    throw new LogsterError(
      'input-invalid',
      `A pane's checkpoint has form ${form?.form}; this version reads ${FORM}`,
    );
  }
  const waiting = form.waiting.map((deed) => readDeed(form.platform, deed));
  return {
    platform: form.platform,
    start: form.start,
    eventCount: form.eventCount,
    waiting,
    ledger: readLedger(form),
  };
}

function readLedger(form: PaneForm): Ledger {
  const ledger = emptyLedger(form.platform);
  const rows = form.processes.map((row) => readProcess(ledger, row));
  form.processes.forEach(({ parent }, place) => {
    const row = rows[place];
    if (row) row.parent = rows[parent];
  });
  ledger.byPid.clear();
  for (const place of form.bearers) {
    const row = rows[place];
    if (row) ledger.byPid.set(row.pid, row);
  }
  const entities = form.entities.map((entity) => readEntity(ledger, entity));
  for (const [source, target, relation, count, first, last, eventId] of form.edges) {
    const from = rows[source];
    const process = rows[target];
    const entity = entities[target - rows.length];
    const to = process ? processTarget(process) : entity === undefined ? -1 : entityTarget(entity);
    if (from && to >= 0) addEdge(ledger, from, { relation, target: to, count, first, last, eventId });
  }
  packEdges(ledger.edges, rows.length);
  Object.assign(ledger.overflow, form.overflow);
  return ledger;
}

function writeProcess(row: ProcessRow): ProcessForm {
  const { place: _, parent, ...rest } = row;
  return { ...rest, parent: parent ? parent.place : -1 };
}

function readProcess(ledger: Ledger, form: ProcessForm): ProcessRow {
  const { parent: _, ...known } = form;
  return Object.assign(addProcess(ledger, form), known);
}

function writeEntity({ entities }: Ledger, { type, recipe }: Entity, place: number): EntityForm {
  const operations = [...entities.operations.subarray(place * OPERATIONS, (place + 1) * OPERATIONS)];
  const [marks = 0, events = 0, last = 0] = [
    entities.marks[place],
    entities.events[place],
    entities.last[place],
  ];
  return [type, recipe, operations, marks, events, last];
}

function readEntity(ledger: Ledger, [type, recipe, operations, marks, events, last]: EntityForm): number {
  const entity = entityOf(ledger.platform, type, recipe);
  const place = entityAt(ledger, entity, entity.hash);
  const { entities } = ledger;
  operations.slice(0, OPERATIONS).forEach((times, operation) => {
    if (times > 0) countOperation(entities, place, operation, times);
  });
  entities.marks[place] = marks;
  entities.events[place] = events;
  entities.last[place] = last;
  return place;
}

// targets count through the processes and on through the entities
function writeEdge({ edges, processes }: Ledger, place: number, eventId: string): EdgeForm {
  const { source, target, relation, count, first, last } = edges;
  const to = target[place] ?? 0;
  return [
    source[place] ?? 0,
    (to & 1) === 0 ? to >> 1 : processes.length + (to >> 1),
    relation[place] ?? 0,
    count[place] ?? 0,
    first[place] ?? 0,
    last[place] ?? 0,
    eventId,
  ];
}

function writeDeed(deed: Deed): unknown {
  if (deed.act !== 'used') return deed;
  return { ...deed, target: { type: deed.target.type, recipe: deed.target.recipe } };
}

function readDeed(platform: Platform, form: unknown): Deed {
  const deed = form as Deed;
  if (deed.act !== 'used') return deed;
  return { ...deed, target: entityOf(platform, deed.target.type, deed.target.recipe) };
}
