import { type JobLine, jobLine, type LineLimits } from './job-line.ts';
import { type Moments, moments } from './moments.ts';
import { exponential } from './random-draws.ts';
import type { Timetable } from './timetable.ts';

/** A batch on its way through the queue. */
export interface ScoreWork {
  readonly bytes: number;
  readonly serviceSeconds: number;
  /** Its results are published. */
  readonly done: (at: number) => void;
}

export interface StationOptions {
  readonly scorers: number;
  /** Jobs a scorer's process takes from the queue at a time: one is computed, the others lie ready. */
  readonly ahead: number;
  readonly limits: LineLimits;
  readonly attempts: number;
  /** How long the lock of a job lasts without being renewed; it is renewed, and looked at, every half of it. */
  readonly stalledAfterSeconds: number;
  /** Mean seconds between two kills of one scorer's process; Infinity for none. */
  readonly killedEverySeconds: number;
  /** From a kill until the process takes jobs again. */
  readonly restartSeconds: number;
  /** What happens before is not counted. */
  readonly countFrom: number;
}

/** What is to be known of the queue and the scorers. */
export interface StationFigures {
  readonly wait: Moments; // seconds between entering the queue and being computed
  readonly service: Moments;
  readonly between: Moments; // seconds between two arrivals
  readonly busySeconds: number;
  readonly mostWaiting: number;
  readonly mostBytes: number;
  readonly returned: number;
  readonly failed: number;
}

export interface ScorerStation {
  add(work: ScoreWork): 'added' | 'full';
  /** Called once, when a place has become free. */
  onRoom(then: () => void): void;
  readonly figures: StationFigures;
}

interface Job {
  readonly work: ScoreWork;
  readonly addedAt: number;
  attempts: number;
}

interface Scorer {
  held: Job[];
  life: number; // grows with every kill, so that what was planned before does not happen
  up: boolean;
  computing: boolean;
}

/** The queue with its scorers. Of the scorers that have room, the one that asked first gets the next job. */
export function scorerStation(time: Timetable, random: () => number, options: StationOptions): ScorerStation {
  const line: JobLine<Job> = jobLine(options.limits);
  const asking: Scorer[] = [];
  const waitsForRoom: (() => void)[] = [];
  const [wait, service, between] = [moments(), moments(), moments()];
  let lastArrival = Number.NaN;
  const counts = { busySeconds: 0, mostWaiting: 0, mostBytes: 0, returned: 0, failed: 0 };
  const counted = () => time.now >= options.countFrom;

  function handOut(): void {
    while (asking.length > 0 && line.waiting > 0) {
      const scorer = asking.shift() as Scorer;
      if (!scorer.up || scorer.held.length >= options.ahead) continue;
      const job = line.take() as Job;
      job.attempts += 1;
      scorer.held.push(job);
      if (scorer.held.length < options.ahead) asking.push(scorer);
      compute(scorer);
    }
    if (counted()) counts.mostWaiting = Math.max(counts.mostWaiting, line.waiting);
  }

  function compute(scorer: Scorer): void {
    const job = scorer.held[0];
    if (scorer.computing || !job) return;
    scorer.computing = true;
    if (counted()) {
      wait.add(time.now - job.addedAt);
      service.add(job.work.serviceSeconds);
      counts.busySeconds += job.work.serviceSeconds;
    }
    const { life } = scorer;
    time.at(time.now + job.work.serviceSeconds, () => {
      if (scorer.life !== life) return;
      scorer.computing = false;
      const wasFull = scorer.held.length >= options.ahead;
      scorer.held.shift();
      end(job);
      job.work.done(time.now);
      if (wasFull) asking.push(scorer);
      compute(scorer);
      handOut();
    });
  }

  function end(job: Job): void {
    line.done(job.work.bytes);
    for (const then of waitsForRoom.splice(0)) then();
  }

  function kill(scorer: Scorer): void {
    const half = options.stalledAfterSeconds / 2;
    for (const job of scorer.held) {
      // the lock was renewed at some moment of the last half; then the next look finds it
      const back = half + random() * half + random() * half;
      time.at(time.now + back, () => comeBack(job));
    }
    Object.assign(scorer, { held: [], life: scorer.life + 1, up: false, computing: false });
    time.at(time.now + options.restartSeconds, () => {
      scorer.up = true;
      if (!asking.includes(scorer)) asking.push(scorer);
      planKill(scorer);
      handOut();
    });
  }

  function comeBack(job: Job): void {
    if (counted()) counts.returned += 1;
    if (job.attempts >= options.attempts) {
      counts.failed += 1;
      end(job);
      return;
    }
    line.giveBack(job);
    handOut();
  }

  function planKill(scorer: Scorer): void {
    if (!Number.isFinite(options.killedEverySeconds)) return;
    time.at(time.now + exponential(random, options.killedEverySeconds), () => kill(scorer));
  }

  for (let place = 0; place < options.scorers; place++) {
    const scorer: Scorer = { held: [], life: 0, up: true, computing: false };
    asking.push(scorer);
    planKill(scorer);
  }
  return {
    add(work) {
      const answer = line.add({ work, addedAt: time.now, attempts: 0 }, work.bytes);
      if (answer === 'full') return answer;
      if (counted()) {
        if (Number.isFinite(lastArrival)) between.add(time.now - lastArrival);
        counts.mostBytes = Math.max(counts.mostBytes, line.heldBytes);
      }
      lastArrival = time.now;
      handOut();
      return answer;
    },
    onRoom: (then) => waitsForRoom.push(then),
    get figures() {
      return { wait, service, between, ...counts };
    },
  };
}
