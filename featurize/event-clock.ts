import type { NormalizedEvent } from '../contracts/event.ts';

/** An event and when it was published (epoch seconds of the log's clock, so that a second reading agrees). */
export interface Arrival {
  readonly event: NormalizedEvent;
  readonly arrivedAt: number;
}

/** What is known of one endpoint's clock. Plain data: it goes into checkpoints as it is. */
export interface EventClock {
  /** Newest trusted event time; undefined until three events, or a silence, have shown what time it is there. */
  reached?: number;
  /** Arrival of the newest trusted event. */
  reachedAt: number;
  /** Event time that the stream was declared to have reached. */
  floor: number;
  /** Arrivals in doubt, in order; the first is the one whose time is doubted. */
  held: Arrival[];
}

export interface ClockRules {
  /** How far behind the newest trusted event another may come. */
  readonly latenessSeconds: number;
  /** An event further ahead than this (and than the time that really went by) is in doubt. */
  readonly jumpSeconds: number;
  /** After so long without an event the endpoint counts as silent. */
  readonly silenceSeconds: number;
  /** After so long without a trusted event the stream has ended; what comes then begins a new one. */
  readonly forgetSeconds: number;
}

/** What became of an event. All but `taken` and `held` are reasons for which it is in no window. */
export type Fate = 'taken' | 'held' | DropReason;

export const DROP_REASONS = [
  'late', // behind the watermark of its endpoint
  'after-silence', // every window that could hold it was closed while the endpoint was silent
  'clock-ahead', // far ahead of what its endpoint said before and after
  'duplicate', // the same event id again
  'too-many-endpoints', // its endpoint is new and there is no room for another
] as const;
export type DropReason = (typeof DROP_REASONS)[number];

/** Receives each event once its fate is known; places trusted ones and answers what came of it. */
export type Settle = (arrival: Arrival, verdict: 'trusted' | DropReason) => Fate;

/** Two more events on its side decide about a doubted one: a majority of three, so one liar never wins. */
const VOTES = 2;
/** Bound of what is held for one endpoint; reached only when stragglers alone arrive and nothing votes. */
const MAX_HELD = 64;

/** A clock of which nothing is known yet. */
export function newClock(arrivedAt: number): EventClock {
  return { reachedAt: arrivedAt, floor: 0, held: [] };
}

/** Event time below which an arriving event is late. */
export function watermarkOf(clock: EventClock, rules: ClockRules): number {
  return Math.max(clock.floor, (clock.reached ?? 0) - rules.latenessSeconds);
}

/**
 * Takes the next event of an endpoint. Whether it is trusted, late or in doubt follows from the endpoint's own
 * events and their publication times alone, so reading the log again, at any speed, decides the same.
 */
export function hearEvent(clock: EventClock, arrival: Arrival, rules: ClockRules, settle: Settle): Fate {
  if (clock.held.length > 0) return hold(clock, arrival, rules, settle);
  const at = arrival.event.timestamp;
  if (clock.reached === undefined || at > plausible(clock, arrival.arrivedAt, rules)) {
    clock.held.push(arrival);
    return 'held';
  }
  if (at < watermarkOf(clock, rules)) return settle(arrival, 'late');
  return trust(clock, arrival, settle);
}

/** Decides about held events by the time that has gone by until `now` (same clock as arrivals). */
export function hearSilence(clock: EventClock, now: number, rules: ClockRules, settle: Settle): void {
  for (let first = clock.held[0]; first !== undefined; first = clock.held[0]) {
    const newest = clock.held.at(-1) ?? first;
    if (clock.reached === undefined) {
      if (now - newest.arrivedAt < rules.silenceSeconds) return; // others may still contradict it
      accept(clock, rules, settle);
      continue;
    }
    // nothing has contradicted it until the stream counts as ended: what comes then begins a new one
    const ended = now - newest.arrivedAt >= rules.forgetSeconds;
    if (!ended && first.event.timestamp > plausible(clock, now, rules)) return;
    accept(clock, rules, settle);
  }
}

/** The stream says that it has reached `at`: held events up to there are confirmed, later ones stay in doubt. */
export function hearWatermark(clock: EventClock, at: number, rules: ClockRules, settle: Settle): void {
  while ((clock.held[0]?.event.timestamp ?? Number.POSITIVE_INFINITY) <= at) accept(clock, rules, settle);
  clock.floor = Math.max(clock.floor, at);
}

/** The stream ends here: nothing contradicts what is still held. */
export function hearEnd(clock: EventClock, rules: ClockRules, settle: Settle): void {
  while (clock.held.length > 0) accept(clock, rules, settle);
}

/** The furthest event time that needs no confirmation. */
function plausible(clock: EventClock, now: number, rules: ClockRules): number {
  return Math.max(clock.floor, clock.reached ?? 0) + Math.max(0, now - clock.reachedAt) + rules.jumpSeconds;
}

function hold(clock: EventClock, arrival: Arrival, rules: ClockRules, settle: Settle): Fate {
  if (clock.held.some(({ event }) => event.event_id === arrival.event.event_id)) {
    return settle(arrival, 'duplicate'); // a redelivery is no second witness
  }
  clock.held.push(arrival);
  const [doubted, ...witnesses] = clock.held;
  const line = (doubted?.event.timestamp ?? 0) - rules.latenessSeconds;
  const reached = clock.reached ?? Number.NEGATIVE_INFINITY;
  const times = witnesses.map(({ event }) => event.timestamp);
  const pro = times.filter((time) => time >= line).length;
  const contra = times.filter((time) => time < line && time > reached).length; // stragglers vote for nothing
  if (pro >= VOTES) accept(clock, rules, settle);
  else if (contra >= VOTES || clock.held.length >= MAX_HELD) reject(clock, rules, settle);
  return 'held';
}

function accept(clock: EventClock, rules: ClockRules, settle: Settle): void {
  const [doubted, ...rest] = clock.held;
  clock.held = [];
  if (doubted) {
    if (doubted.event.timestamp < watermarkOf(clock, rules)) settle(doubted, 'late');
    else trust(clock, doubted, settle);
  }
  for (const arrival of rest) hearEvent(clock, arrival, rules, settle);
}

function reject(clock: EventClock, rules: ClockRules, settle: Settle): void {
  const [doubted, ...rest] = clock.held;
  clock.held = [];
  if (doubted) settle(doubted, 'clock-ahead');
  for (const arrival of rest) hearEvent(clock, arrival, rules, settle);
}

function trust(clock: EventClock, arrival: Arrival, settle: Settle): Fate {
  clock.reached = Math.max(clock.reached ?? Number.NEGATIVE_INFINITY, arrival.event.timestamp);
  clock.reachedAt = Math.max(clock.reachedAt, arrival.arrivedAt);
  return settle(arrival, 'trusted');
}
