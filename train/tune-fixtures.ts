import { join } from 'node:path';
import type { FeedbackExample } from '../datasets/feedback/example.ts';
import { type Capture, readManifest } from '../datasets/manifest.ts';
import { trainingSide } from '../datasets/split.ts';
import type { Example } from './example.ts';
import { loadFolder } from './load-model.ts';
import type { ReadCapture } from './weights.ts';
import { windowsOf } from './windows-of.ts';

const ROOT = join(import.meta.dirname, '..').replace(/dist$/, '');

/** The Linux version that ships. */
export const shippedLinux = () => loadFolder(join(ROOT, 'models', 'linux'));

/** Recorded sessions: so many with an attack and as many without, of those that may train or are held back. */
export async function sessions(
  count: number,
  heldBack = false,
  kinds: 'both' | 'attack' = 'both',
): Promise<readonly ReadCapture[]> {
  const { captures } = await readManifest(join(ROOT, 'datasets', 'sessions', 'MANIFEST.json'));
  const usable = heldBack ? captures.filter((one) => one.heldBack) : trainingSide(captures);
  const some = (attack: boolean): readonly Capture[] =>
    usable.filter((one) => (one.attack !== false) === attack).slice(0, count);
  return readAll([...some(true), ...(kinds === 'both' ? some(false) : [])]);
}

/** Captures with what was made of them. */
export async function readAll(captures: readonly Capture[]): Promise<readonly ReadCapture[]> {
  const read: ReadCapture[] = [];
  for (const capture of captures) read.push({ capture, content: await windowsOf(capture) });
  return read;
}

/** A window that an analyst judged, counting one window of the corpus. */
export function judged(
  { graph, host, start, end }: Example,
  label: FeedbackExample['label'],
  place = 0,
): FeedbackExample {
  return {
    ...{ inferenceId: graph.windowId, feedbackIds: [`verdict-${place}`], analysts: ['an-analyst'] },
    ...{ tenantId: graph.window.tenantId, endpointId: host, platform: graph.window.platform, start, end },
    ...{ label, scope: 'window', weight: 1, attackProb: 0.9, modelVersion: 'shipped', pattern: '' },
    ...{ techniques: [], graph: graph.contentHash, content: graph },
  };
}
