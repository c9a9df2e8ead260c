import type { EntityRow, Ledger, ProcessRow } from './ledger.ts';
import { addProcess, adopt, bear, entityRow, keepsIdentity, orderMarks } from './ledger.ts';

/** Which rows of the earlier ledger the later one's rows became, by their places. */
export interface Merged {
  readonly processes: readonly ProcessRow[];
  readonly entities: readonly EntityRow[];
}

/** Enters the rows of a later ledger into an earlier one, which changes; `later` and its edges stay as they are. */
export function mergeRows(into: Ledger, later: Ledger): Merged {
  const processes: ProcessRow[] = [];
  for (const row of later.processes) processes.push(mergeProcess(into, row, processes));
  const entities: EntityRow[] = [];
  for (const row of later.entities) entities.push(mergeEntity(into, row));
  for (const [type, count] of Object.entries(later.overflow)) {
    const name = type as keyof Ledger['overflow'];
    into.overflow[name] = (into.overflow[name] ?? 0) + count;
  }
  return { processes, entities };
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

function mergeEntity(into: Ledger, row: EntityRow): EntityRow {
  const target = entityRow(into, row.entity);
  for (let place = 0; place < row.operations.length; place++) {
    const count = row.operations[place];
    if (!count) continue;
    target.marks |= orderMarks(target, place);
    target.operations[place] = (target.operations[place] ?? 0) + count;
  }
  target.marks |= row.marks;
  target.events += row.events;
  target.last = Math.max(target.last, row.last);
  return target;
}
