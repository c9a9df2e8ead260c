import { LogsterError } from '../contracts/errors.ts';
import { readVersionManifest } from '../datasets/version/read.ts';
import type { Clock } from '../ports/telemetry/telemetry.ts';
import { trainingCode } from './code-version.ts';
import type { TuneRecipe } from './fine-tune.ts';
import type { LoadedModel } from './load-model.ts';
import { type TunedVersion, tunedVersion } from './tuned-version.ts';
import { capturesOf, feedbackOf, readCaptures } from './version-captures.ts';

/** What fine-tuning on a dataset version needs. */
export interface TuneFromVersion {
  readonly champion: LoadedModel;
  readonly versionFolder: string; // of the dataset version
  readonly capturesFolder: string; // its captures are named relative to it
  readonly cacheFolder: string;
  readonly seed: number;
  readonly recipe?: Partial<TuneRecipe>;
  readonly clock: Pick<Clock, 'now'>;
  readonly report: (line: string) => void;
}

/**
 * Fine-tunes a version on the training side and the feedback of a dataset version; captures that it holds back only
 * tell both apart. Throws input-invalid where the dataset version has nothing of the platform to learn from.
 */
export async function tuneFromVersion(options: TuneFromVersion): Promise<TunedVersion> {
  const { champion, versionFolder, capturesFolder, cacheFolder, clock, report } = options;
  const { platform } = champion.model.manifest;
  const { id, content } = await readVersionManifest(versionFolder);
  const { train, heldBack } = capturesOf(content, platform, capturesFolder);
  if (train.length === 0)
    throw new LogsterError(
      'input-invalid',
      `Version ${id} has no ${platform} capture that may train; build one of captures with an open licence`,
    );
  const feedback = await feedbackOf(versionFolder, platform);
  if (feedback.length === 0) report(`version ${id} has no feedback for ${platform}: only its captures train`);
  report(`reading ${train.length + heldBack.length} captures, judged windows: ${feedback.length}`);
  return tunedVersion({
    ...{ champion, feedback, data: id, code: await trainingCode(), seed: options.seed },
    corpus: await readCaptures(train, cacheFolder),
    heldBack: await readCaptures(heldBack, cacheFolder),
    createdAt: new Date(clock.now() * 1000).toISOString(),
    ...(options.recipe && { recipe: options.recipe }),
    afterEpoch: (epoch, loss) => {
      report(`epoch ${epoch}: loss ${loss.toFixed(3)}`);
      return null;
    },
  });
}
