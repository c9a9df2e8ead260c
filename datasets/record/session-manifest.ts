import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SOURCES, type SourceName, type WrittenFile } from './capture-files.ts';
import type { PlayedSession, SessionPlan } from './live.ts';

/** A manifest's entry of one view of a session; its form is that of every manifest, see docs/datasets.md. */
export type Entry = Readonly<Record<string, unknown>> & {
  readonly file: string;
  readonly lines: number;
  readonly session: {
    readonly round: string;
    readonly start: string;
    readonly end: string;
    /** What was done, by whom, and when: seconds of the session from the first line typed to the last returned. */
    readonly work: readonly (readonly [name: string, user: string, from: number, to: number])[];
  };
};

const JOURNAL = 'sessions.ndjson'; // entries as sessions end: a recording that is cut short keeps what it has
const HELD_BACK_SHARE = 0.25;
const MOST_LINES = 40_000; // of a view: a repository carries no more
const FORMATS = {
  auditd: 'auditd raw text (log_format=RAW)',
  ebpf: 'ndjson; one eBPF tracepoint event a line',
} as const;
const NOTE =
  'Sessions recorded for this project on Linux: two views (auditd text, eBPF JSON) of each. Harmless emulations in namespaces without a way out. Licence: that of the project.';

/** Describes one view of a played session. */
export function manifestEntry(
  { id, source, round }: { readonly id: string; readonly source: SourceName; readonly round: Date },
  { attack }: SessionPlan,
  played: PlayedSession,
  written: WrittenFile,
): Entry {
  const marked = attack !== null && played.attack !== null;
  const time = (ms: number): string => new Date(ms).toISOString();
  const twin = SOURCES.find((other) => other !== source) ?? source;
  const hosts = [{ name: played.machine.hostname }];
  return {
    id: `${id}-${source}`,
    platform: 'linux',
    source,
    format: FORMATS[source],
    hosts,
    attack: marked ? 'mixed' : false,
    ...(marked && played.attack
      ? {
          attack_window: {
            kind: 'exact (first line typed to last)',
            start: time(played.attack.start),
            end: time(played.attack.end),
          },
          techniques: attack.techniques,
          emulation: attack.name,
        }
      : {}),
    cluster: marked ? `session-${attack.family}` : id,
    licence: 'own (project)',
    lab: 'own-sessions',
    run: id,
    role: 'train and judge',
    file: written.file,
    lines: written.lines,
    bytes: written.bytes,
    sha256: written.sha256,
    origin: `recorded for this project by logster record; twin: ${id}-${twin}`,
    session: {
      round: round.toISOString(),
      start: time(played.start),
      end: time(played.end),
      work: played.work.map(({ name, user, start, end }) => [
        name,
        user,
        secondsOf(start - played.start),
        secondsOf(end - played.start),
      ]),
    },
    first_ts: time(written.first),
    last_ts: time(written.last),
  };
}

const secondsOf = (ms: number): number => Math.round(ms / 100) / 10;

/** Adds a session's views to the journal; one that is too large or in which a source saw nothing is removed. Says what became of it. */
export async function keep(folder: string, entries: readonly Entry[]): Promise<string> {
  const most = Math.max(...entries.map((one) => one.lines));
  if (most <= MOST_LINES && entries.every((one) => one.lines > 0)) {
    await appendFile(join(folder, JOURNAL), entries.map((one) => `${JSON.stringify(one)}\n`).join(''));
    return 'kept';
  }
  for (const { file } of entries) await rm(join(folder, file));
  return most > MOST_LINES ? `not kept (${most} lines)` : 'not kept (a source saw nothing)';
}

/**
 * Writes MANIFEST.json of all sessions in a folder. The newest rounds are held back from all training and tuning,
 * as many as come nearest to a quarter of the time recorded.
 */
export async function finishManifest(folder: string): Promise<void> {
  const lines = (await readFile(join(folder, JOURNAL), 'utf8')).split('\n').filter(Boolean);
  const entries = lines.map((line) => JSON.parse(line) as Entry);
  entries.sort((a, b) => (a.session.start < b.session.start ? -1 : 1));
  const from = firstRoundHeldBack(entries);
  const captures = entries.map((entry) => ({
    ...entry,
    ...(entry.session.round >= from ? { held_back: true } : {}),
  }));
  const text = JSON.stringify({ version: 1, note: NOTE, captures }, null, 1);
  await writeFile(join(folder, 'MANIFEST.json'), `${text}\n`);
}

/** The start of the oldest round that is held back. */
export function firstRoundHeldBack(entries: readonly Pick<Entry, 'session'>[]): string {
  const hours = (some: readonly Pick<Entry, 'session'>[]): number =>
    some.reduce((sum, { session }) => sum + Date.parse(session.end) - Date.parse(session.start), 0);
  const rounds = [...new Set(entries.map((one) => one.session.round))].sort();
  const distance = (from: string): number =>
    Math.abs(hours(entries.filter((one) => one.session.round >= from)) / hours(entries) - HELD_BACK_SHARE);
  return rounds.reduce((best, from) => (distance(from) <= distance(best) ? from : best), rounds[0] ?? '');
}
