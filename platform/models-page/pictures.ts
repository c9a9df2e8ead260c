import { SCORERS } from '../../train/evaluation.ts';
import type { TrainingReport } from '../../train/report/training-report.ts';

/** The pictures of a report as Vega-Lite specifications, by the name of their file. */
export function reportPictures(report: TrainingReport): Readonly<Record<string, object>> {
  const { platform } = report;
  return {
    [`${platform}-scorers`]: scorersOf(report),
    [`${platform}-reliability`]: reliabilityOf(report),
    [`${platform}-curves`]: curvesOf(report),
  };
}

/** PR-AUC of every scorer: the mean as a point, the interval by run as a line. */
function scorersOf({ crossFit }: TrainingReport): object {
  const values = SCORERS.flatMap((scorer) => {
    const summary = crossFit.scorers[scorer];
    const [mean, interval] = [summary?.seeds.prAuc?.mean, summary?.interval.prAuc];
    if (mean === undefined) return [];
    return [{ scorer, mean, low: interval?.low ?? mean, high: interval?.high ?? mean }];
  });
  const y = { field: 'scorer', type: 'nominal', title: null, sort: null };
  const axis = { type: 'quantitative', title: 'PR-AUC, by cluster', scale: { domain: [0, 1] } };
  return {
    ...specOf('What each scorer reaches'),
    width: 420,
    data: { values },
    layer: [
      {
        mark: { type: 'rule', size: 2, color: '#b8bcc2' },
        encoding: { y, x: { field: 'low', ...axis }, x2: { field: 'high' } },
      },
      {
        mark: { type: 'point', filled: true, size: 60, color: '#3a7ca5' },
        encoding: { y, x: { field: 'mean', ...axis } },
      },
    ],
  };
}

/** What the served scorer and the network said against what was. */
function reliabilityOf({ reliability }: TrainingReport): object {
  const values = (['hybrid', 'gat'] as const).flatMap((scorer) =>
    (reliability[scorer] ?? []).map(({ said, attacks, windows }) => ({ scorer, said, attacks, windows })),
  );
  const x = { field: 'said', type: 'quantitative', title: 'shown probability', scale: { domain: [0, 1] } };
  const y = { field: 'attacks', type: 'quantitative', title: 'share of attacks', scale: { domain: [0, 1] } };
  const color = { field: 'scorer', type: 'nominal', title: null };
  return {
    ...specOf('What was said against what was'),
    width: 320,
    height: 320,
    layer: [
      {
        data: {
          values: [
            { said: 0, attacks: 0 },
            { said: 1, attacks: 1 },
          ],
        },
        mark: { type: 'line', color: '#b8bcc2', strokeDash: [4, 4] },
        encoding: { x, y },
      },
      {
        data: { values },
        layer: [
          { mark: 'line', encoding: { x, y, color } },
          {
            mark: { type: 'point', filled: true },
            encoding: { x, y, color, size: { field: 'windows', type: 'quantitative', title: 'windows' } },
          },
        ],
      },
    ],
  };
}

/** The network's training loss, a line per seed and fold. */
function curvesOf({ curves }: TrainingReport): object {
  const values = curves.flatMap(({ seed, fold, epochs }) =>
    epochs.map(({ epoch, loss }) => ({
      fit: `seed ${seed} fold ${fold}`,
      fold: `fold ${fold}`,
      epoch,
      loss,
    })),
  );
  return {
    ...specOf('Loss by epoch'),
    width: 420,
    data: { values },
    mark: { type: 'line', opacity: 0.6 },
    encoding: {
      x: { field: 'epoch', type: 'quantitative', title: 'epoch', axis: { tickMinStep: 1 } },
      y: {
        field: 'loss',
        type: 'quantitative',
        title: 'weighted cross-entropy, nats',
        scale: { zero: false },
      },
      color: { field: 'fold', type: 'nominal', title: null },
      detail: { field: 'fit' },
    },
  };
}

const specOf = (title: string) => ({
  $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
  title,
  background: '#ffffff',
});
