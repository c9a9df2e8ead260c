import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { checkDisk, gigabytes } from './machine.ts';

/** One piece of the set-up, done again only when its inputs change or its outputs are gone. */
export interface Step {
  readonly name: string;
  /** What is said while it runs. */
  readonly title: string;
  /** Everything that its outputs depend on. */
  readonly inputs: unknown;
  /** What it makes, below the home folder. */
  readonly outputs: readonly string[];
  readonly downloadBytes: number;
  readonly keptBytes: number;
  /** Folders below that of run() in which a download of `downloadBytes` grows; none when its growth says nothing. */
  readonly growing?: readonly string[];
  /** Makes `outputs` below an empty folder, from where they are moved into place. */
  run(folder: string): Promise<void>;
}

/** The folder in which steps work, emptied before and after each. */
const PARTIAL = 'partial';
const DONE = 'steps.json';
const PROGRESS_MS = 500;
/** Without a terminal a line this often is enough. */
const PROGRESS_LINE_MS = 15_000;

type Done = Record<string, { inputs: string; outputs: readonly string[] }>;

export interface Progress {
  say(sentence: string): void;
  /** Overwrites its own last text; undefined where nobody watches. */
  readonly show: ((text: string) => void) | undefined;
}

/**
 * Runs what is not done yet, in order, and deletes what earlier steps made that none of these makes. `changing` is
 * called before anything changes. A step that fails or is stopped leaves nothing of itself; those before it stay done.
 */
export async function runSteps(
  home: string,
  steps: readonly Step[],
  { progress, changing }: { readonly progress: Progress; readonly changing: () => void },
): Promise<void> {
  mkdirSync(home, { recursive: true });
  const done = readDone(home);
  const open = steps.filter((step) => !isDone(home, done, step));
  const stale = Object.keys(done).filter((name) => !steps.some((step) => step.name === name));
  announce(home, open, progress);
  if (open.length + stale.length > 0) changing();
  for (const name of stale) {
    for (const output of done[name]?.outputs ?? []) remove(join(home, output));
    delete done[name];
  }
  if (stale.length > 0) writeDone(home, done);
  for (const step of steps) {
    if (isDone(home, done, step)) continue; // asked anew: an earlier step may have replaced a folder that held it
    await runStep(home, step, progress);
    done[step.name] = { inputs: digestOf(step), outputs: step.outputs };
    writeDone(home, done);
  }
}

function announce(home: string, open: readonly Step[], { say }: Progress): void {
  if (open.length === 0) {
    say('every step was done before');
    return;
  }
  const downloads = sum(open.map((step) => step.downloadBytes));
  const kept = sum(open.map((step) => step.keptBytes));
  const needed = kept + Math.max(...open.map((step) => step.downloadBytes));
  const amount =
    downloads > 0 ? `: ${gigabytes(downloads)} GB to download, ${gigabytes(kept)} GB to keep in ${home}` : '';
  say(`${open.length} of the steps to do${amount}`);
  checkDisk(home, needed);
}

async function runStep(home: string, step: Step, progress: Progress): Promise<void> {
  const partial = join(home, PARTIAL);
  const begun = performance.now();
  progress.say(`${step.title} …`);
  remove(partial);
  mkdirSync(partial, { recursive: true });
  const stopWatching = watch(partial, step, progress);
  try {
    await step.run(partial);
    for (const output of step.outputs) {
      const place = join(home, output);
      remove(place);
      mkdirSync(dirname(place), { recursive: true });
      renameSync(join(partial, output), place);
    }
  } finally {
    stopWatching();
    remove(partial);
  }
  const bytes = sum(step.outputs.map((output) => sizeOf(join(home, output))));
  progress.say(
    `${step.title} took ${((performance.now() - begun) / 1000).toFixed(1)} s, ${megabytes(bytes)} MB`,
  );
}

/** Says how much of a download has arrived. */
function watch(folder: string, { growing, downloadBytes }: Step, { say, show }: Progress): () => void {
  if (!growing) return () => undefined;
  let last = performance.now();
  const timer = setInterval(() => {
    const arrived = sum(growing.map((name) => sizeOf(join(folder, name))));
    const text = `${megabytes(Math.min(arrived, downloadBytes))} of ${megabytes(downloadBytes)} MB`;
    if (show) return show(text);
    if (performance.now() - last < PROGRESS_LINE_MS) return;
    last = performance.now();
    say(text);
  }, PROGRESS_MS);
  return () => clearInterval(timer);
}

function isDone(home: string, done: Done, step: Step): boolean {
  const before = done[step.name];
  return before?.inputs === digestOf(step) && step.outputs.every((output) => existsSync(join(home, output)));
}

function digestOf({ inputs }: Step): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex');
}

function readDone(home: string): Done {
  const file = join(home, DONE);
  if (!existsSync(file)) return {};
  return JSON.parse(readFileSync(file, 'utf8')) as Done; // written whole by writeDone() alone
}

function writeDone(home: string, done: Done): void {
  writeWhole(join(home, DONE), `${JSON.stringify(done, null, 2)}\n`);
}

/** Writes a file so that it is seen whole or not at all. */
export function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

/** Bytes of a file or of all files below a folder; 0 for what is not there (any more). */
export function sizeOf(path: string): number {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status?.isDirectory()) return status?.size ?? 0;
  return sum(
    readdirSync(path, { withFileTypes: true }).map((entry) =>
      entry.isSymbolicLink() ? 0 : sizeOf(join(path, entry.name)),
    ),
  );
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e6 ? 1 : 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
