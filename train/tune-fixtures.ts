import { dirname, join } from 'node:path';
import type { FeedbackExample } from '../datasets/feedback/example.ts';
import { verdictOf, windowOf } from '../datasets/feedback/feedback-fixtures.ts';
import { type Capture, readManifest } from '../datasets/manifest.ts';
import { trainingSide } from '../datasets/split.ts';
import { type BuiltVersion, buildVersion } from '../datasets/version/build.ts';
import type { KeptGraph } from '../ports/graphs/graphs.ts';
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

/** A dataset version of captures below one folder, with verdicts that kept windows of other machines are benign. */
export function datasetVersion(
  captures: readonly Capture[],
  judged: readonly KeptGraph[],
  outFolder: string,
): Promise<BuiltVersion> {
  const byId = new Map(judged.map((one) => [one.inferenceId, one]));
  const reachable = judged.map((one) => {
    const { inferenceId, endpointId, platform, windowStart, windowEnd, contentHash, featureSchema } = one;
    const known = { endpointId, platform, windowStart, windowEnd, contentHash, featureSchema };
    return windowOf(inferenceId, known);
  });
  return buildVersion({
    manifest: { captures, unreadable: [] },
    captureFolder: dirname(captures[0]?.file ?? ''),
    readWindows: (capture) => windowsOf(capture),
    ...{ outFolder, folds: 2, fitted: [], report: () => {} },
    feedback: {
      verdicts: judged.map(({ inferenceId, endpointId, platform }, place) =>
        verdictOf(`verdict-${place + 1}`, {
          ...{ endpoint_id: endpointId, platform, inference_ids: [inferenceId] },
        }),
      ),
      windows: reachable,
      graphs: { get: async (ids) => ids.flatMap((id) => byId.get(id) ?? []) },
      accepted: [],
    },
  });
}
