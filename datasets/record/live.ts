import { type Draw, drawFrom } from '../scenarios/draw.ts';
import { type Activity, type Attack, DAYS_A_MONTH, type Service } from '../scenarios/scenario.ts';
import { randomOf } from './random-of.ts';
import { rest } from './rest.ts';
import { type Machine, placeOf } from './session-machine.ts';
import { openShell } from './shell.ts';

/** What a session does, drawn before it begins. */
export interface SessionPlan {
  readonly number: number; // names it within a recording
  readonly seed: number;
  readonly loginId: number;
  readonly seconds: number;
  readonly attack: Attack | null;
  readonly benign: readonly Activity[];
  readonly services: readonly Service[];
}

/** What it did; times are epoch milliseconds. */
export interface PlayedSession {
  readonly machine: Machine;
  readonly start: number;
  readonly end: number;
  readonly attack: { readonly start: number; readonly end: number; readonly user: string } | null;
  readonly work: readonly Piece[]; // in the order they began
}

/** One piece of work, a service or an attack as it was played; times are epoch milliseconds. */
export interface Piece {
  readonly name: string;
  readonly user: string;
  readonly start: number;
  readonly end: number; // when its last line had returned; what it leaves running goes on
}

/** Where a session takes place. */
export interface Scene {
  readonly machine: Machine;
  readonly initPid: number; // its first process, as this machine numbers it
  readonly signal: AbortSignal; // ends it early
}

/** When an attack begins, as a share of the session's length. */
const [EARLIEST, LATEST] = [0.15, 0.75];
const LAST_START_MS = 20_000; // before the end nobody begins anything new

/** Services begin, people work, and in an attacked session one of them, at a random moment, is not who they seem. */
export async function live(plan: SessionPlan, scene: Scene): Promise<PlayedSession> {
  const start = Date.now();
  const draw = drawFrom(randomOf(plan.seed ^ 0x5bd1e995));
  const accounts = scene.machine.accounts.map((one) => one.name);
  const working = ['root', ...draw.some(accounts, draw.int(1, 2))];
  const share = EARLIEST + ((LATEST - EARLIEST) * draw.int(0, 1_000)) / 1_000;
  const attack = plan.attack && {
    ...attackerAmong(working, plan.attack, draw),
    at: start + plan.seconds * 1_000 * share,
  };
  const work: Piece[] = [];
  const marks = await Promise.all(
    working.map(async (user, place) => {
      await rest(draw.int(0, 20_000), scene.signal);
      return workAs(user, {
        plan,
        scene,
        draw: drawFrom(randomOf(plan.seed + 7919 * (1 + place))),
        end: start + plan.seconds * 1_000,
        attack: attack?.user === user ? attack : null,
        played: (piece) => work.push(piece),
      });
    }),
  );
  return {
    machine: scene.machine,
    start,
    end: Date.now(),
    attack: marks.find((one) => one !== null) ?? null,
    work: work.sort((a, b) => a.start - b.start),
  };
}

function attackerAmong(working: readonly string[], attack: Attack, draw: Draw) {
  const { as } = attack;
  const user = draw.pick(working.filter((one) => as === 'either' || (as === 'root') === (one === 'root')));
  return { attack, user };
}

interface Work {
  readonly plan: SessionPlan;
  readonly scene: Scene;
  readonly draw: Draw;
  readonly end: number; // epoch milliseconds
  readonly attack: { readonly attack: Attack; readonly at: number } | null;
  readonly played: (piece: Piece) => void;
}

/** One person's session from the first prompt to the last; the attack's mark where it was theirs. */
async function workAs(user: string, work: Work): Promise<PlayedSession['attack']> {
  const { plan, scene, draw, end, attack } = work;
  const over = (): boolean => scene.signal.aborted || Date.now() > end - LAST_START_MS;
  const needs = { initPid: scene.initPid, loginId: plan.loginId, session: plan.number, user };
  let shell = await openShell(needs);
  let mark: PlayedSession['attack'] = null;

  async function perform(activity: Service | Attack): Promise<void> {
    const start = Date.now();
    for (const line of activity.lines(draw, placeOf(scene.machine, user, draw))) {
      if (shell.closed()) shell = await openShell(needs);
      await shell.type(line);
      await rest(thinkingMs(draw), scene.signal);
      if (Date.now() > end || scene.signal.aborted) break;
    }
    work.played({ name: activity.name, user, start, end: Date.now() });
  }

  if (user === 'root') for (const service of plan.services) await perform(service);
  const month = monthOf(
    plan.benign.filter(({ as }) => as === 'either' || (as === 'root') === (user === 'root')),
  );
  while (!over()) {
    if (attack !== null && mark === null && Date.now() >= attack.at) {
      const start = Date.now();
      await perform(attack.attack);
      mark = { start, end: Date.now(), user };
    } else await perform(draw.pick(month));
    const next = attack !== null && mark === null ? Math.max(attack.at, Date.now()) : end;
    await rest(Math.max(500, Math.min(idleMs(draw), next - Date.now())), scene.signal);
  }
  await shell.close();
  return mark;
}

/** A month of work to draw from: each activity once for every day on which people come to it. */
export const monthOf = (activities: readonly Activity[]): readonly Activity[] =>
  activities.flatMap((one) => Array<Activity>(DAYS_A_MONTH[one.often]).fill(one));

const thinkingMs = (draw: Draw): number => draw.int(1, 12) * draw.int(100, 1_000);

/** Between two pieces of work: mostly short, by chance as long as a break. */
const idleMs = (draw: Draw): number => (draw.chance(0.15) ? draw.int(120, 300) : draw.int(5, 100)) * 1_000;
