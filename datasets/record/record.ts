import { setMaxListeners } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { ATTACKS } from '../scenarios/attack/index.ts';
import { BENIGN } from '../scenarios/benign/index.ts';
import { SERVICES } from '../scenarios/benign/services.ts';
import { type Draw, drawFrom } from '../scenarios/draw.ts';
import type { Attack } from '../scenarios/scenario.ts';
import { FIRST_LOGIN_ID, LAST_LOGIN_ID } from './audit-rules.ts';
import { LAUNCHER } from './bpf-program.ts';
import { type CaptureFile, openCaptureFile, type SourceName } from './capture-files.ts';
import type { SessionPlan } from './live.ts';
import { randomOf } from './random-of.ts';
import { rest } from './rest.ts';
import { installed } from './runnable.ts';
import { playSession } from './session.ts';
import { type Entry, finishManifest, keep, manifestEntry } from './session-manifest.ts';
import { auditSource, ebpfSource, type Source } from './sources.ts';
import { warmGo } from './warm-go.ts';

/** What to record. */
export interface RecordOptions {
  readonly folder: string; // MANIFEST.json and the captures
  readonly sources: readonly SourceName[];
  readonly parallel: number; // sessions at a time
  readonly rounds: number; // one after another; all sessions of a round are over before the next begins
  readonly minutes: number; // of a round; its sessions last from three quarters of it to all of it
  readonly mixedShare: number; // share of sessions with an attack in them
  readonly seed: number;
  readonly signal: AbortSignal; // ends all sessions early; what was recorded is kept
  readonly report: (line: string) => void;
}

type Views = Readonly<Partial<Record<SourceName, CaptureFile>>>;

interface Round {
  readonly count: number;
  readonly start: Date;
}

const SHORTEST_SHARE = 0.75;
const SETTLE_MS = 6_000; // the kernel's last events of a session come within this time
const STAGGER_MS = 700; // between the starts of a round's sessions

/**
 * Plays and records sessions, ordinary ones and attacked ones alike, and writes them as captures with a manifest.
 * Needs root, Linux with audit or tracepoints, and the programs of the sources; the machine itself stays as it is.
 */
export async function record(options: RecordOptions): Promise<void> {
  const { folder, report, rounds } = options;
  setMaxListeners(0, options.signal); // each person of each session waits on it
  if (process.getuid?.() !== 0) throw new LogsterError('unavailable', 'Recording needs root');
  await mkdir(folder, { recursive: true });
  if ((await installed([{ needs: ['go'] }])).length > 0) await warmGo();
  const work = await mkdtemp(join(tmpdir(), 'lgrec-'));
  const views = new Map<number, Views>();
  const sources: Source[] = [];
  const draw = drawFrom(randomOf(options.seed));
  try {
    for await (const source of listen(options, work, views)) sources.push(source);
    for (let count = 0; count < rounds && !options.signal.aborted; count++) {
      const round = { count, start: new Date() };
      const plans = await planRound(options, count, draw);
      report(
        `round ${count + 1} of ${rounds}: ${plans.length} sessions, ${plans.filter((one) => one.attack).length} attacked`,
      );
      await Promise.all(plans.map((plan, place) => recordOne(plan, place, options, { round, work, views })));
    }
  } finally {
    for (const source of sources) {
      const lost = await source.stop();
      if (lost > 0) report(`${lost} events were lost by the kernel`);
    }
    await rm(work, { recursive: true, force: true });
  }
  await finishManifest(folder);
}

/** Starts one source after the other, so that those at work can be stopped when the next one fails. */
async function* listen(
  { sources, report }: RecordOptions,
  work: string,
  views: ReadonlyMap<number, Views>,
): AsyncGenerator<Source> {
  if (sources.includes('auditd'))
    yield auditSource(join(work, 'audit'), (loginId, lines) => {
      const file = views.get(loginId - FIRST_LOGIN_ID)?.auditd;
      const at = Number(/msg=audit\((\d+\.\d+)/.exec(lines[0] ?? '')?.[1] ?? 0) * 1_000;
      for (const line of lines) file?.write(line, at);
    });
  if (sources.includes('ebpf'))
    yield ebpfSource(join(work, 'ebpf'), (launcher, event) => {
      const file = views.get(Number(launcher.slice(LAUNCHER.length)))?.ebpf;
      file?.write(JSON.stringify(event), Number(event.ts_ns) / 1e6);
    });
  report(`listening by ${sources.join(' and ')}`);
}

/** Draws a round: attacks are spread over all families before one comes twice. */
async function planRound(options: RecordOptions, round: number, draw: Draw): Promise<readonly SessionPlan[]> {
  const { parallel, minutes, mixedShare } = options;
  const benign = await installed(BENIGN);
  const services = await installed(SERVICES);
  const attacks = spread(await installed(ATTACKS), Math.round(parallel * mixedShare), draw);
  const attacked = new Set(draw.some([...Array(parallel).keys()], attacks.length));
  const rest = [...attacks];
  return Array.from({ length: parallel }, (_, place) => {
    const number = (round * parallel + place) % (LAST_LOGIN_ID - FIRST_LOGIN_ID);
    return {
      number,
      seed: draw.int(1, 2 ** 31 - 1),
      loginId: FIRST_LOGIN_ID + number,
      seconds: Math.round(
        minutes * 60 * (SHORTEST_SHARE + (1 - SHORTEST_SHARE) * (draw.int(0, 1000) / 1000)),
      ),
      attack: attacked.has(place) ? (rest.pop() ?? null) : null,
      benign,
      services: draw.some(services, draw.int(1, 3)),
    };
  });
}

function spread(attacks: readonly Attack[], count: number, draw: Draw): readonly Attack[] {
  const chosen: Attack[] = [];
  while (chosen.length < count && attacks.length > 0) {
    const families = draw.some([...new Set(attacks.map((one) => one.family))], count - chosen.length);
    for (const family of families) chosen.push(draw.pick(attacks.filter((one) => one.family === family)));
  }
  return chosen;
}

async function recordOne(
  plan: SessionPlan,
  place: number,
  { folder, sources, signal, report }: RecordOptions,
  {
    round,
    work,
    views,
  }: { readonly round: Round; readonly work: string; readonly views: Map<number, Views> },
): Promise<void> {
  await rest(place * STAGGER_MS, signal);
  if (signal.aborted) return;
  const id = `lin-session-${round.start.toISOString().slice(0, 16).replace(/\D/g, '')}-${plan.number}`;
  const files: { -readonly [source in SourceName]?: CaptureFile } = {};
  for (const source of sources) files[source] = await openCaptureFile(folder, id, source);
  views.set(plan.number, files);
  try {
    const played = await playSession(plan, work, signal);
    await pause(SETTLE_MS);
    const entries: Entry[] = [];
    for (const [source, file] of Object.entries(files) as [SourceName, CaptureFile][])
      entries.push(manifestEntry({ id, source, round: round.start }, plan, played, await file.close()));
    report(
      `${id}: ${await keep(folder, entries)}, ${played.work.length} pieces of work${played.attack ? `, ${plan.attack?.name}` : ''}`,
    );
  } catch (cause) {
    for (const file of Object.values(files)) await file.close();
    report(`${id} failed and is not in the manifest: ${reasonOf(cause)}`);
  } finally {
    views.delete(plan.number);
  }
}
