import { addEvents, edgeAt } from './edge-list.ts';
import { countOperation, OPERATIONS } from './entity-list.ts';
import type { Ledger, ProcessRow } from './ledger.ts';
import { addProcess, adopt, bear, entityAt, entityTarget, keepsIdentity, processTarget } from './ledger.ts';

/** Enters all of a later ledger into an earlier one, which changes; `later` stays as it is. */
export function mergeLedger(into: Ledger, later: Ledger): void {
  const processes: ProcessRow[] = [];
  for (const row of later.processes) processes.push(mergeProcess(into, row, processes));
  const entities = mergeEntities(into, later);
  mergeEdges(into, later, processes, entities);
  for (const [type, count] of Object.entries(later.overflow)) {
    const name = type as keyof Ledger['overflow'];
    into.overflow[name] = (into.overflow[name] ?? 0) + count;
  }
}

function mergeProcess(into: Ledger, row: ProcessRow, merged: readonly ProcessRow[]): ProcessRow {
  const parent = row.parent ? merged[row.parent.place] : undefined;
  const known = earlierOf(into, row, parent);
  const target = known ?? addProcess(into, row);
  if (!known) target.fresh = row.fresh;
  if (target.guid !== '' || !known || row.fresh) bear(into, target);
  if (row.image !== '' && (row.created || target.image === '')) target.image = row.image;
  if (row.commandLine !== '') target.commandLine = row.commandLine;
  if (row.originalName !== '') target.originalName = row.originalName;
  if (row.privilege !== undefined) target.privilege = row.privilege;
  if (target.start === 0) target.start = row.start;
  if (row.created && !target.created) target.beganAt = row.beganAt;
  target.created ||= row.created;
  target.ended = row.ended || (target.ended && !row.created);
  target.marks |= row.marks;
  target.events += row.events;
  target.last = Math.max(target.last, row.last);
  if (parent && parent !== target) target.parent = parent;
  return target;
}

function earlierOf(into: Ledger, row: ProcessRow, parent: ProcessRow | undefined): ProcessRow | undefined {
  const known = row.guid === '' ? undefined : into.byGuid.get(row.guid);
  if (known) return known;
  const bearer = into.byPid.get(row.pid);
  if (!bearer || row.fresh) return undefined;
  if (row.guid !== '') return bearer.guid === '' && !bearer.fresh ? adopt(into, bearer, row) : undefined;
  if (row.start > 0 && bearer.start > 0 && Math.abs(row.start - bearer.start) > 1) return undefined;
  return row.created && !keepsIdentity(bearer, parent) ? undefined : bearer;
}

// the places that the later ledger's entities have in the earlier one
function mergeEntities(into: Ledger, { entities: from }: Ledger): Int32Array {
  const places = new Int32Array(from.length);
  const { entities } = into;
  for (let row = 0; row < from.length; row++) {
    const entity = from.entity[row];
    if (!entity) continue;
    const place = entityAt(into, entity, from.hash[row] ?? 0);
    for (let left = from.done[row] ?? 0; left !== 0; left &= left - 1) {
      const operation = 31 - Math.clz32(left & -left); // lowest first: what was written and then run is marked
      countOperation(entities, place, operation, from.operations[row * OPERATIONS + operation] ?? 0);
    }
    entities.marks[place] = (entities.marks[place] ?? 0) | (from.marks[row] ?? 0);
    entities.events[place] = (entities.events[place] ?? 0) + (from.events[row] ?? 0);
    entities.last[place] = Math.max(entities.last[place] ?? 0, from.last[row] ?? 0);
    places[row] = place;
  }
  return places;
}

function mergeEdges(
  into: Ledger,
  { edges: from }: Ledger,
  processes: readonly ProcessRow[],
  entities: Int32Array,
): void {
  for (let edge = 0; edge < from.length; edge++) {
    const source = processes[from.source[edge] ?? 0];
    const to = from.target[edge] ?? 0;
    const process = (to & 1) === 0 ? processes[to >> 1] : undefined;
    const target = process ? processTarget(process) : entityTarget(entities[to >> 1] ?? 0);
    const place = edgeAt(into.edges, source?.place ?? 0, target, from.relation[edge] ?? 0);
    addEvents(into.edges, place, from, edge);
  }
}
