import { ablated } from '../ablate.ts';
import type { Alteration } from '../alter-events.ts';
import type { Example } from '../example.ts';
import type { AfterEpoch } from '../fit.ts';
import { chooseEpochs, fitAll, plainEngine, rawScoresOf, type Trained } from '../fit-all.ts';
import { shuffledLabels, withLabels } from '../shuffle-labels.ts';
import type { CaptureSource } from './capture-source.ts';
import type { RunFolder } from './run-folder.ts';
import {
  decodeTrained,
  encodeTrained,
  type FitUnit,
  keyOfUnit,
  type ScoredCapture,
  type ScoreUnit,
  type Unit,
} from './unit.ts';

/** Finishes one unit and keeps what it gives in the run's folder under its key. */
export async function runUnit(
  unit: Unit,
  { source, folder }: { readonly source: CaptureSource; readonly folder: RunFolder },
  afterEpoch: AfterEpoch,
): Promise<void> {
  const text =
    unit.kind === 'fit'
      ? encodeTrained(await fitted(unit, source, afterEpoch))
      : JSON.stringify(await scored(unit, source, folder));
  await folder.write(keyOfUnit(unit), text);
}

async function fitted(unit: FitUnit, source: CaptureSource, afterEpoch: AfterEpoch): Promise<Trained> {
  const { platform, recipe, choice, shuffle } = unit;
  // verdicts keep their labels, and would tell what shuffled ones must not
  const feedback = shuffle ? [] : (source.version?.feedback ?? []);
  const epochs = choice
    ? await chooseEpochs(platform, {
        train: await source.read(choice.train, 'none'),
        judge: await source.read(choice.judge, 'none'),
        feedback,
        recipe,
        afterEpoch,
      })
    : recipe.epochs;
  const labels = shuffle && shuffledLabels(await source.read(shuffle.among, 'none'), shuffle.seed);
  const training = async (alteration: Alteration) => {
    const read = await source.read(unit.train, alteration);
    return labels ? withLabels(read, labels) : read;
  };
  const set = {
    recorded: await training('none'),
    renamed: recipe.renamedShare > 0 ? await training('renamed') : [],
    feedback,
  };
  return fitAll(platform, set, { ...recipe, epochs }, afterEpoch);
}

async function scored(
  { fit, captures, alteration, ablation }: ScoreUnit,
  source: CaptureSource,
  folder: RunFolder,
): Promise<readonly ScoredCapture[]> {
  const kept = await folder.read(keyOfUnit(fit));
  if (kept === null) throw new RangeError(`${fit.title} is to score and was not fitted`);
  const trained = decodeTrained(kept);
  const engine = plainEngine(fit.platform, trained.fitted.parameters);
  try {
    const all: ScoredCapture[] = [];
    for (const { capture, content } of await source.read(captures, alteration)) {
      const score = (examples: readonly Example[]) =>
        rawScoresOf(
          { ...trained, engine },
          capture,
          ablation ? examples.map((one) => ({ ...one, graph: ablated(one.graph, ablation) })) : examples,
        );
      const raw = await score(content.windows);
      const before = await score(content.pairs.map((pair) => pair.before));
      const during = await score(content.pairs.map((pair) => pair.during));
      all.push({
        id: capture.id,
        windows: content.windows.map(({ host, end, label }, at) => ({
          host,
          end,
          label,
          raw: raw[at] ?? {},
        })),
        pairs: content.pairs.map(({ kind }, at) => ({
          kind,
          before: before[at] ?? {},
          during: during[at] ?? {},
        })),
      });
    }
    return all;
  } finally {
    engine.close();
  }
}
