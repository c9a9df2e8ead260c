import { besideTrees } from '../models/beside-trees.ts';
import type { Model } from '../models/engine.ts';
import { ALERT_PROBABILITY } from '../models/scaling.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import type { WeightedExample } from './baselines/baselines.ts';
import { scoresOf } from './score-graphs.ts';

/** How a model stands to labelled windows at the alert threshold. */
export interface Standing {
  readonly loss: number; // weighted mean cross-entropy of the shown probability, nats
  readonly attack: number; // windows
  readonly attackAlerted: number;
  readonly benign: number;
  readonly benignAlerted: number;
  readonly captures: number; // with an attack window
  readonly capturesFound: number; // with an alert on one
}

/** Scores windows as they would be served and counts what alerts. */
export async function standingOf(model: Model, examples: readonly WeightedExample[]): Promise<Standing> {
  const engine = besideTrees(wasmEngine(model), model);
  try {
    const { attackProbs } = await scoresOf(
      engine,
      examples.map((one) => one.example.graph),
    );
    return counted(examples, attackProbs);
  } finally {
    engine.close();
  }
}

/** Probabilities this near to 0 and 1 are not told apart: one certain mistake must not be the whole loss. */
const CERTAIN = 1e-4;

function counted(examples: readonly WeightedExample[], shown: readonly number[]): Standing {
  const captures = new Map<string, boolean>();
  const counts = { attack: 0, attackAlerted: 0, benign: 0, benignAlerted: 0 };
  let [loss, weights] = [0, 0];
  examples.forEach(({ example, weight }, place) => {
    const probability = shown[place] ?? 0;
    const alerts = probability >= ALERT_PROBABILITY;
    const right = example.label === 'attack' ? probability : 1 - probability;
    loss -= weight * Math.log(Math.max(CERTAIN, right));
    weights += weight;
    if (example.label === 'attack') {
      counts.attack++;
      if (alerts) counts.attackAlerted++;
      captures.set(example.captureId, alerts || (captures.get(example.captureId) ?? false));
    } else {
      counts.benign++;
      if (alerts) counts.benignAlerted++;
    }
  });
  const found = [...captures.values()].filter((one) => one).length;
  return {
    ...{ loss: weights > 0 ? loss / weights : 0, ...counts },
    ...{ captures: captures.size, capturesFound: found },
  };
}
