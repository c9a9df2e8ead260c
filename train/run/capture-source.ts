import { LogsterError } from '../../contracts/errors.ts';
import type { Platform } from '../../contracts/event.ts';
import type { FeedbackExample } from '../../datasets/feedback/example.ts';
import { type Capture, type Manifest, readManifests } from '../../datasets/manifest.ts';
import { readVersionManifest } from '../../datasets/version/read.ts';
import type { Alteration } from '../alter-events.ts';
import { cachedWindows, codeVersion } from '../example-cache.ts';
import { allCapturesOf, feedbackOf } from '../version-captures.ts';
import type { ReadCapture } from '../weights.ts';

/** What names captures: manifests, or the folder of a dataset version, whose captures' files lie below `files`. */
export type CapturesFrom =
  | { readonly manifests: readonly string[] }
  | { readonly version: string; readonly files: string };

/** Where captures come from; plain values, so that another process can be told. */
export interface SourceSettings {
  readonly from: CapturesFrom;
  readonly platform: Platform;
  readonly cacheFolder: string;
}

/** What is to be learnt from: captures, and windows that verdicts gave a label. */
interface Named {
  readonly captures: readonly Capture[];
  readonly unreadable: Manifest['unreadable']; // entries of any platform that could not be understood
  /** The dataset version that named them, with its verdicts. */
  readonly version: { readonly id: string; readonly feedback: readonly FeedbackExample[] } | null;
}

/** One platform's captures with their windows, each read once. */
export interface CaptureSource extends Named {
  /** In the order of the ids. Throws input-invalid for a capture that cannot be read to its end. */
  read(ids: readonly string[], alteration: Alteration): Promise<readonly ReadCapture[]>;
  /** Reads captures ahead, where asked with their altered events too, and says how far it is. */
  warm(ids: readonly string[], also: readonly Alteration[], report: (line: string) => void): Promise<void>;
}

/** Opens manifests or a dataset version; captures are read when they are asked for. */
export async function captureSource(settings: SourceSettings): Promise<CaptureSource> {
  const named = await namedIn(settings);
  const byId = new Map(named.captures.map((one) => [one.id, one]));
  const version = await codeVersion();
  const known = new Map<string, Promise<ReadCapture>>();
  const readOne = async (id: string, alteration: Alteration): Promise<ReadCapture> => {
    const capture = byId.get(id);
    if (!capture) throw new LogsterError('input-invalid', `No manifest names the capture ${id}`);
    const content = await cachedWindows(capture, settings.cacheFolder, version, alteration);
    if (content.parsing.error)
      throw new LogsterError('input-invalid', `${capture.file} cannot be read: ${content.parsing.error}`);
    return { capture, content };
  };
  const keptOne = (id: string): Promise<ReadCapture> => {
    const one = known.get(id) ?? readOne(id, 'none');
    known.set(id, one);
    return one;
  };
  return {
    ...named,
    async read(ids, alteration) {
      const read: ReadCapture[] = [];
      // altered ones are read once and would only fill memory
      for (const id of ids) read.push(await (alteration === 'none' ? keptOne(id) : readOne(id, alteration)));
      return read;
    },
    async warm(ids, also, report) {
      for (const [place, id] of ids.entries()) {
        await keptOne(id);
        for (const alteration of also) await readOne(id, alteration); // only the cache keeps them
        if ((place + 1) % 20 === 0) report(`read ${place + 1} of ${ids.length} captures`);
      }
    },
  };
}

async function namedIn({ from, platform }: SourceSettings): Promise<Named> {
  if ('manifests' in from) {
    const { captures, unreadable } = await readManifests(from.manifests);
    return { unreadable, version: null, captures: captures.filter((one) => one.platform === platform) };
  }
  const { id, content } = await readVersionManifest(from.version);
  return {
    captures: allCapturesOf(content, platform, from.files),
    unreadable: [],
    version: { id, feedback: await feedbackOf(from.version, platform) },
  };
}
