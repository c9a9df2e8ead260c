import { LogsterError } from '../contracts/errors.ts';
import type { Capture } from './manifest.ts';

/** Captures of one machine closer than this share windows: one window and its tolerance for late events. */
export const PURGE_SECONDS = 190;

/** Licences whose captures may train a model that ships. */
const OPEN_LICENCES = /^(MIT|Apache-2\.0|CC0(-1\.0)?|own)(?![\w.-])/i;

/** Whether a model that ships may learn from a capture: role and licence allow it, and it is not held back. */
export function mayTrain(capture: Capture): boolean {
  return (
    !capture.heldBack && capture.role === 'train and judge' && OPEN_LICENCES.test(capture.licence.trim())
  );
}

/** The captures that a model that ships may learn from: none of them is of a held-back one's machine and time. */
export function trainingSide(captures: readonly Capture[]): readonly Capture[] {
  const heldBack = captures.filter((one) => one.heldBack);
  const train = captures.filter((one) => mayTrain(one) && !heldBack.some((other) => touches(one, other)));
  checkHeldBack(train, heldBack);
  return train;
}

/** Which fold each capture is in, by its id. */
export type Split = ReadonlyMap<string, number>;

/**
 * Divides captures into folds so that nothing that belongs together is parted: one cluster, one run, one
 * file. Folds are balanced by label and lab; the same captures always give the same folds. What is held back
 * gets none: it is on no side of any fold. Throws input-invalid when only a part of a run is held back.
 */
export function splitByCluster(captures: readonly Capture[], folds: number): Split {
  const split = new Map<string, number>();
  const loads = Array.from({ length: folds }, () => new Map<string, number>());
  const heldBack = captures.filter((one) => one.heldBack);
  const divided = captures.filter((one) => !one.heldBack);
  checkWholeRuns(divided, heldBack);
  const groups = groupsOf(divided).sort(
    (a, b) => b.length - a.length || (a[0]?.id ?? '').localeCompare(b[0]?.id ?? ''),
  );
  for (const group of groups) {
    const fold = lightest(loads, group);
    for (const capture of group) {
      split.set(capture.id, fold);
      for (const kind of kindsOf(capture)) loads[fold]?.set(kind, (loads[fold]?.get(kind) ?? 0) + 1);
    }
  }
  return split;
}

/**
 * One fold's two sides. `purged` are left out of both: they touch a judged or a held-back capture in machine
 * and time.
 */
export interface Parting {
  readonly train: readonly Capture[];
  readonly judge: readonly Capture[];
  readonly purged: readonly Capture[];
}

/**
 * What to train on and what to judge on when `fold` is held out; checked for leaks. Captures that are held back
 * are on neither side, and nothing near them in machine and time trains.
 */
export function holdOut(captures: readonly Capture[], split: Split, fold: number): Parting {
  const heldBack = captures.filter((one) => one.heldBack);
  const divided = captures.filter((one) => !one.heldBack);
  const judge = divided.filter((capture) => split.get(capture.id) === fold);
  const others = divided.filter((capture) => split.get(capture.id) !== fold);
  const near = [...judge, ...heldBack];
  const purged = others.filter((one) => near.some((other) => touches(one, other)));
  const train = others.filter((capture) => !purged.includes(capture));
  checkParted(train, judge);
  checkHeldBack(train, heldBack);
  return { train, judge, purged };
}

/** Throws input-invalid when the two sides share a cluster, a run, a file or a machine's time; names both. */
export function checkParted(train: readonly Capture[], judge: readonly Capture[]): void {
  checkUntied(train, judge, TIES);
}

/**
 * Throws input-invalid when something that trains is held back, or shares a run, a file or a machine's time with
 * what is. Clusters may recur: the held-back side is a split by time, of the same kinds of activity, later.
 */
export function checkHeldBack(train: readonly Capture[], heldBack: readonly Capture[]): void {
  const both = train.find((one) => one.heldBack);
  if (both)
    throw new LogsterError(
      'input-invalid',
      `The split leaks: ${both.id} is held back and trains; take it out`,
    );
  checkUntied(train, heldBack, PARTS_OF_RUN);
}

function checkUntied(train: readonly Capture[], judge: readonly Capture[], ties: readonly Tie[]): void {
  for (const one of train)
    for (const other of judge) {
      const tie = tieOf(one, other, ties);
      if (tie === null) continue;
      throw new LogsterError(
        'input-invalid',
        `The split leaks: ${one.id} trains and ${other.id} judges, but they ${tie}; put both on one side`,
      );
    }
}

function checkWholeRuns(divided: readonly Capture[], heldBack: readonly Capture[]): void {
  for (const one of heldBack)
    for (const other of divided) {
      const tie = PARTS_OF_RUN.find(([, key]) => key(one) !== null && key(one) === key(other));
      if (tie)
        throw new LogsterError(
          'input-invalid',
          `${one.id} is held back and ${other.id} is not, but they ${tie[0]}; set held_back on both`,
        );
    }
}

function tieOf(one: Capture, other: Capture, ties: readonly Tie[]): string | null {
  const shared = ties.find(([, key]) => key(one) !== null && key(one) === key(other));
  if (shared) return shared[0];
  return touches(one, other) ? `are of one machine within ${PURGE_SECONDS} s` : null;
}

type Tie = readonly [string, (capture: Capture) => string | null];

const PARTS_OF_RUN: readonly Tie[] = [
  ['are views of one run', (capture) => capture.run],
  ['are the same file', (capture) => capture.sha256],
];

const TIES: readonly Tie[] = [
  ['share a cluster', (capture) => `${capture.platform} ${capture.cluster}`],
  ...PARTS_OF_RUN,
];

/** Whether two captures are of one machine with less than a window's time between them. */
function touches(one: Capture, other: Capture): boolean {
  if (one.from === null || one.to === null || other.from === null || other.to === null) return false;
  if (one.from - other.to > PURGE_SECONDS || other.from - one.to > PURGE_SECONDS) return false;
  const machines = machinesOf(other);
  return machinesOf(one).some((machine) => machines.includes(machine));
}

/** A recording of a session sees that session alone: its run is the machine, not the computer it ran on. */
function machinesOf(capture: Capture): readonly string[] {
  if (capture.run !== capture.id) return [`run ${capture.run}`];
  return capture.hosts.map((host) => `${capture.lab} ${host.name.toLowerCase().split('.')[0]}`);
}

/** Captures that must stay together: the closure of all ties but the machine's, which `holdOut` purges. */
function groupsOf(captures: readonly Capture[]): Capture[][] {
  const parent = new Map(captures.map((capture) => [capture.id, capture.id]));
  const root = (id: string): string => {
    let at = id;
    while (parent.get(at) !== at) at = parent.get(at) ?? at;
    return at;
  };
  for (const [, key] of TIES) {
    const first = new Map<string, string>();
    for (const capture of captures) {
      const value = key(capture);
      if (value === null) continue;
      const known = first.get(value);
      if (known === undefined) first.set(value, capture.id);
      else parent.set(root(capture.id), root(known));
    }
  }
  const groups = new Map<string, Capture[]>();
  for (const capture of captures) {
    const group = groups.get(root(capture.id)) ?? [];
    group.push(capture);
    groups.set(root(capture.id), group);
  }
  return [...groups.values()];
}

const kindsOf = (capture: Capture): readonly string[] => [
  `label ${capture.attack === false ? 'benign' : capture.mark ? 'attack' : 'unmarked'}`,
  `lab ${capture.lab} ${capture.attack === false}`,
];

/** The fold where the group adds least to the sum of squares, i.e. where its kinds are rarest. */
function lightest(loads: readonly Map<string, number>[], group: readonly Capture[]): number {
  const added = new Map<string, number>();
  for (const capture of group)
    for (const kind of kindsOf(capture)) added.set(kind, (added.get(kind) ?? 0) + 1);
  const cost = loads.map((load) =>
    [...added].reduce(
      (sum, [kind, n]) => sum + (kind.startsWith('label') ? 3 : 1) * n * (load.get(kind) ?? 0),
      0,
    ),
  );
  return cost.indexOf(Math.min(...cost));
}
