import { CAPS, type NodeType } from '../contracts/graph.ts';
import type { Deed, ProcessRef } from './deed.ts';
import { countOperation, placeOfEntity } from './entity-list.ts';
import { programName } from './image-class.ts';
import type { Ledger, ProcessRow, SeenEdge } from './ledger.ts';
import {
  addEdge,
  addProcess,
  adopt,
  entityAt,
  entityTarget,
  keepsIdentity,
  processTarget,
} from './ledger.ts';

// Twice what a graph may hold: enough for the caps to choose from, and a flood cannot fill the memory.
const LIMIT = 2;

/** Enters one deed. Deeds must come in the order of their times, since a process id changes its bearer. */
export function enter(ledger: Ledger, deed: Deed): void {
  const { at, actor } = deed;
  const begins = deed.act === 'began' || deed.act === 'forked';
  if (ledger.processes.length >= LIMIT * CAPS.nodes.process * 4 && !isKnown(ledger, actor)) {
    overflow(ledger, 'process');
    return;
  }
  const row = begins ? begin(ledger, deed) : bearerOf(ledger, actor);
  hear(row, deed);
  row.events += 1;
  row.last = at;
  if (deed.act === 'ended') row.ended = true;
  if (deed.act === 'accessed') access(ledger, row, deed);
  if (deed.act === 'used') use(ledger, row, deed);
}

function access(ledger: Ledger, row: ProcessRow, deed: Deed & { act: 'accessed' }): void {
  const target = bearerOf(ledger, deed.target);
  target.marks |= deed.targetMarks;
  target.last = deed.at;
  addEdge(ledger, row, once(deed, ACCESSED, processTarget(target)));
}

function use(ledger: Ledger, row: ProcessRow, deed: Deed & { act: 'used' }): void {
  const { target, operation, at } = deed;
  const { type } = target;
  const full = (ledger.perType[type] ?? 0) >= LIMIT * CAPS.nodes[type];
  if (full && placeOfEntity(ledger.entities, target, target.hash) < 0) {
    overflow(ledger, type);
    return;
  }
  const place = entityAt(ledger, target, target.hash);
  const { entities } = ledger;
  countOperation(entities, place, operation, 1);
  entities.marks[place] = (entities.marks[place] ?? 0) | deed.targetMarks;
  entities.events[place] = (entities.events[place] ?? 0) + 1;
  entities.last[place] = at;
  addEdge(ledger, row, once(deed, deed.relation, entityTarget(place)));
}

// places of the first two relations, equal on both platforms
const SPAWNED = 0;
const ACCESSED = 1;

function once({ at, eventId }: Deed, relation: number, target: number): SeenEdge {
  return { relation, target, count: 1, first: at, last: at, eventId };
}

function overflow(ledger: Ledger, type: NodeType): void {
  ledger.overflow[type] = (ledger.overflow[type] ?? 0) + 1;
}

function isKnown(ledger: Ledger, ref: ProcessRef): boolean {
  return ref.guid === '' ? ledger.byPid.has(ref.pid) : ledger.byGuid.has(ref.guid);
}

function bearerOf(ledger: Ledger, ref: ProcessRef): ProcessRow {
  const bearer = ref.pid >= 0 ? ledger.byPid.get(ref.pid) : undefined;
  if (ref.guid === '') {
    if (bearer && !isAnother(bearer, ref)) return bearer;
    return addProcess(ledger, ref);
  }
  const known = ledger.byGuid.get(ref.guid);
  if (known) return known;
  if (bearer && bearer.guid === '' && !bearer.fresh) return adopt(ledger, bearer, ref);
  return addProcess(ledger, ref);
}

// sensors round start times differently; two processes of one id never start within a second
function isAnother(bearer: ProcessRow, ref: ProcessRef): boolean {
  return bearer.start > 0 && ref.start > 0 && Math.abs(bearer.start - ref.start) > 1;
}

// Two sensors (Sysmon and the security log) tell of one start within this many seconds.
const SAME_START = 2;

function begin(ledger: Ledger, deed: Deed & { act: 'began' | 'forked' }): ProcessRow {
  const parent = deed.parent ? bearerOf(ledger, deed.parent) : undefined;
  if (parent && deed.parent && parent.image === '') parent.image = deed.parent.image;
  const row = bearerAtStart(ledger, deed, parent);
  const again = row.created && row.parent === parent;
  if (!row.created) row.beganAt = deed.at;
  row.created = true;
  row.ended = false;
  if (deed.act === 'began' && deed.actor.image !== '') row.image = deed.actor.image;
  if (deed.act === 'forked' && row.image === '') row.image = parent?.image ?? '';
  if (!parent || parent === row) return row;
  row.parent = parent;
  parent.last = deed.at;
  if (!again) addEdge(ledger, parent, once(deed, SPAWNED, processTarget(row)));
  return row;
}

function bearerAtStart(
  ledger: Ledger,
  deed: Deed & { act: 'began' | 'forked' },
  parent: ProcessRow | undefined,
): ProcessRow {
  const { actor, at } = deed;
  const known = actor.guid === '' ? undefined : ledger.byGuid.get(actor.guid);
  if (known) return known;
  const bearer = ledger.byPid.get(actor.pid);
  if (!bearer) return startRow(ledger, actor, ledger.platform === 'windows' || deed.act === 'forked');
  const toldTwice =
    bearer.created &&
    at - bearer.beganAt < SAME_START &&
    programName(bearer.image) === programName(actor.image);
  if (actor.guid !== '') {
    return bearer.guid === '' && toldTwice ? adopt(ledger, bearer, actor) : startRow(ledger, actor, true);
  }
  if (ledger.platform === 'windows') return toldTwice ? bearer : startRow(ledger, actor, true);
  if (deed.act === 'forked') {
    const early = bearer.created && at - bearer.beganAt < SAME_START && bearer.parent === parent;
    return early ? bearer : startRow(ledger, actor, true);
  }
  return keepsIdentity(bearer, parent) && !isAnother(bearer, actor) ? bearer : startRow(ledger, actor, true);
}

function startRow(ledger: Ledger, ref: ProcessRef, fresh: boolean): ProcessRow {
  const row = addProcess(ledger, ref);
  row.fresh = fresh;
  return row;
}

function hear(row: ProcessRow, deed: Deed): void {
  if (row.image === '') row.image = deed.actor.image;
  if (row.start === 0) row.start = deed.actor.start;
  const { news } = deed;
  if (!news) return;
  if (news.commandLine !== undefined && news.commandLine !== '') row.commandLine = news.commandLine;
  if (news.originalName !== undefined && news.originalName !== '') row.originalName = news.originalName;
  if (news.privilege !== undefined) row.privilege = news.privilege;
  if (news.marks !== undefined) row.marks |= news.marks;
}
