import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Capture, readManifest } from '../../datasets/manifest.ts';
import { trainingSide } from '../../datasets/split.ts';
import { systemClock } from '../../ports/telemetry/clock.ts';
import { cachedWindows, codeVersion } from '../../train/example-cache.ts';
import { type LoadedModel, loadFiles, loadFolder } from '../../train/load-model.ts';
import { seededRandom, shuffled } from '../../train/random.ts';
import { trainPlatform } from '../../train/train.ts';
import { readCaptures } from '../../train/version-captures.ts';
import type { ReadCapture } from '../../train/weights.ts';
import { windowsOf } from '../../train/windows-of.ts';
import { sayOnStderr as say } from './arena.ts';
import { eachJobCapture, type StreamWindow, streamScorer } from './teach-stream.ts';
import type { AttackWindow } from './teach-tune.ts';

/** Sessions have been recorded for this platform alone. */
const PLATFORM = 'linux';
/** The kind of what was recorded; made-up jobs have their own names. */
export const RECORDED = 'recorded';
/** Captures of the training side to rehearse, of which fine-tuning shows a thousand windows. */
const CORPUS_CAPTURES = 100;
/** The first of the recorded runs, by time, that an early champion knows. */
const EARLY_SHARE = 0.25;
/** A quarter of the windows there are, as the recipe has it for all sessions. */
const EARLY_DRAWS = 512;

/** A champion, what it learnt from, and what came to it later. */
export interface Material {
  readonly name: string;
  readonly champion: LoadedModel;
  readonly corpus: readonly ReadCapture[];
  readonly stream: readonly StreamWindow[];
  readonly attacks: readonly AttackWindow[];
}

/** The shipped champion on all that was held back from it, and on jobs that were made up so that it alarms. */
export async function shippedMaterial(root: string): Promise<Material> {
  const champion = await loadFolder(join(root, 'models', PLATFORM));
  const own = await sessions(root);
  const later = own.filter((one) => one.heldBack);
  const { stream, attacks } = await streamOf(root, champion, later, (add) => eachJobCapture(PLATFORM, add));
  return {
    ...{ name: 'shipped champion', champion, stream, attacks },
    corpus: await rehearsed(root, trainingSide(own)),
  };
}

/**
 * A champion trained with the product's recipe on the first quarter of the recorded runs alone, on all later ones that
 * are not held back: it alarms on ordinary work that it has not seen.
 */
export async function earlyMaterial(root: string): Promise<Material> {
  const train = trainingSide(await sessions(root));
  const begun = new Map<string, number>();
  for (const { run, from } of train) begun.set(run, Math.min(begun.get(run) ?? Infinity, from ?? Infinity));
  const runs = [...begun].sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1)).map(([run]) => run);
  const early = new Set(runs.slice(0, Math.round(runs.length * EARLY_SHARE)));
  const known = train.filter((one) => early.has(one.run));
  const later = train.filter((one) => !early.has(one.run));
  const champion = await trainedOn(root, known);
  const { stream, attacks } = await streamOf(root, champion, later);
  return {
    ...{ name: 'early champion', champion, stream, attacks },
    corpus: await rehearsed(root, known),
  };
}

const manifestOf = (root: string): string => join(root, 'datasets', 'sessions', 'MANIFEST.json');
const cacheOf = (root: string): string => join(root, '.logster', 'cache');

async function sessions(root: string): Promise<readonly Capture[]> {
  const { captures } = await readManifest(manifestOf(root));
  return captures.filter((one) => one.platform === PLATFORM);
}

async function rehearsed(root: string, captures: readonly Capture[]): Promise<readonly ReadCapture[]> {
  say('reading what is rehearsed …');
  return readCaptures(shuffled(captures, seededRandom(1)).slice(0, CORPUS_CAPTURES), cacheOf(root));
}

/** Trains from scratch on these captures; what was trained before is found again. */
async function trainedOn(root: string, captures: readonly Capture[]): Promise<LoadedModel> {
  const ids = new Set(captures.map((one) => one.id));
  const whole = JSON.parse(await readFile(manifestOf(root), 'utf8')) as {
    captures: { id: string; file: string }[];
  };
  const folder = await mkdtemp(join(tmpdir(), 'logster-early-'));
  try {
    const file = join(folder, 'MANIFEST.json');
    const own = whole.captures
      .filter(({ id }) => ids.has(id))
      .map((one) => ({ ...one, file: resolve(manifestOf(root), '..', one.file) }));
    await writeFile(file, JSON.stringify({ ...whole, captures: own }));
    const { version } = await trainPlatform({
      ...{
        platform: PLATFORM,
        from: { manifests: [file] },
        workers: 2,
        recipe: { drawsPerEpoch: EARLY_DRAWS },
      },
      ...{ cacheFolder: cacheOf(root), runsFolder: join(root, '.logster', 'runs') },
      workerScript: join(root, 'dist', 'train', 'run', 'unit-worker.js'),
      ...{ clock: systemClock, report: say },
    });
    return loadFiles({ ...version.files }, 'early');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type AddCapture = (kind: string, capture: Capture) => Promise<void>;

/** What a champion says of captures: their benign windows, and the attacks in them. */
async function streamOf(
  root: string,
  champion: LoadedModel,
  captures: readonly Capture[],
  andAlso: (add: AddCapture) => Promise<void> = async () => undefined,
): Promise<Pick<Material, 'stream' | 'attacks'>> {
  const code = await codeVersion();
  const scorer = streamScorer(champion);
  const stream: StreamWindow[] = [];
  const attacks: AttackWindow[] = [];
  try {
    for (const [place, capture] of captures.entries()) {
      const content = await cachedWindows(capture, cacheOf(root), code);
      stream.push(...(await scorer.score(RECORDED, capture, content)));
      const marked = content.windows.filter((one) => one.label === 'attack');
      attacks.push(...marked.map((example) => ({ run: capture.run, example })));
      if (place % 20 === 0) say(`scored ${place + 1} of ${captures.length} captures`);
    }
    await andAlso(async (kind, capture) => {
      stream.push(...(await scorer.score(kind, capture, await windowsOf(capture))));
    });
  } finally {
    scorer.close();
  }
  return { stream, attacks };
}
