import { resolve } from 'node:path';
import { LogsterError } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import type { FeedbackExample } from '../datasets/feedback/example.ts';
import { readFeedbackExamples } from '../datasets/feedback/read.ts';
import { sha256OfFile } from '../datasets/file-hash.ts';
import type { Capture } from '../datasets/manifest.ts';
import { mayTrain } from '../datasets/split.ts';
import type { VersionCapture, VersionContent } from '../datasets/version/manifest.ts';
import { readVersionManifest } from '../datasets/version/read.ts';
import { featureSchema } from '../featurize/features.ts';
import { cachedWindows, codeVersion } from './example-cache.ts';
import type { ReadCapture } from './weights.ts';

/** A dataset version's captures of one platform by what they may serve for. */
export interface VersionCaptures {
  readonly train: readonly Capture[];
  readonly heldBack: readonly Capture[];
}

/** The captures that a dataset version names; their files lie below `folder`, as when it was built. */
export function capturesOf(content: VersionContent, platform: Platform, folder: string): VersionCaptures {
  const ofSide = (side: VersionCapture['side']): readonly Capture[] =>
    allCapturesOf({ captures: content.captures.filter((one) => one.side === side) }, platform, folder);
  return { train: ofSide('train').filter(mayTrain), heldBack: ofSide('held back') };
}

/** The same, whatever they may serve for. */
export function allCapturesOf(
  { captures }: Pick<VersionContent, 'captures'>,
  platform: Platform,
  folder: string,
): readonly Capture[] {
  return captures.filter((one) => one.platform === platform).map((one) => captureOf(one, folder));
}

/**
 * The feedback of a dataset version that may be learnt from. Throws input-invalid where its graphs have other features
 * than this code makes.
 */
export async function feedbackOf(folder: string, platform: Platform): Promise<readonly FeedbackExample[]> {
  const { id, content } = await readVersionManifest(folder);
  const stated = content.feedback?.platforms[platform]?.featureSchema ?? featureSchema(platform);
  if (stated !== featureSchema(platform))
    throw new LogsterError(
      'input-invalid',
      `The ${platform} feedback of version ${id} has the feature schema ${stated}, this code makes ${featureSchema(platform)}; build a new version`,
    );
  return readFeedbackExamples(folder, platform);
}

/**
 * Reads captures with their graphs, from `cacheFolder` where they were kept. Throws not-found for a file that is not
 * there, input-invalid for one that is not the file that the version names or cannot be read to its end.
 */
export async function readCaptures(
  captures: readonly Capture[],
  cacheFolder: string,
): Promise<readonly ReadCapture[]> {
  const code = await codeVersion();
  const read: ReadCapture[] = [];
  for (const capture of captures) {
    await checkFile(capture);
    const content = await cachedWindows(capture, cacheFolder, code);
    if (content.parsing.error)
      throw new LogsterError('input-invalid', `${capture.file} cannot be read: ${content.parsing.error}`);
    read.push({ capture, content });
  }
  return read;
}

/** Throws not-found for a file that is not there, input-invalid for one that is not the file that the version names. */
export async function checkFile({ id, file, sha256 }: Capture): Promise<void> {
  const found = await sha256OfFile(file).catch((cause: unknown) => {
    throw new LogsterError(
      'not-found',
      `Capture ${id} lacks its file ${file}; --captures names the folder that the version was built from`,
      { cause },
    );
  });
  if (found === sha256) return;
  throw new LogsterError(
    'input-invalid',
    `${file} is not the file that the version names for ${id} (sha256 ${found}, not ${sha256}); fetch it again`,
  );
}

function captureOf(one: VersionCapture, folder: string): Capture {
  const {
    side: _side,
    fold: _fold,
    lines: _l,
    events: _e,
    dropped: _d,
    dead: _x,
    windows: _w,
    ...capture
  } = one;
  return { ...capture, file: resolve(folder, one.file) };
}
