import { LogsterError } from '../../contracts/errors.ts';
import type { Platform } from '../../contracts/event.ts';
import { BETAS } from '../adamw.ts';
import type { Differentiator } from '../differentiator.ts';
import { drawDropout, type Hidden } from '../dropout.ts';
import { parameterLayout } from '../parameters.ts';
import { createPreparer, type PreparedBatch } from '../prepare.ts';
import type { GraphForm } from '../saved-model/network-graph.ts';
import { trainingModel } from '../saved-model/training-graph.ts';
import { checkTargets, startTraining } from '../start-training.ts';
import type { Trainer, TrainerOptions } from '../trainer.ts';
import { encodeTrainerState } from '../trainer-state.ts';
import { batchInputs } from './batch-inputs.ts';
import { openSession, type SessionInput } from './session.ts';
import { type Device, loadTensorFlow, nativeHome, type TensorFlow } from './tensorflow.ts';

/**
 * Trains with native TensorFlow, a step in one native call: our own operations on a processor, TensorFlow's alone on a
 * GPU. Throws unavailable where `npm run setup:native` has not run, for a GPU with `-- --gpu`.
 */
export async function openNativeTrainer(
  platform: Platform,
  options: TrainerOptions,
  device: Device = 'cpu',
): Promise<Trainer> {
  const tensorflow = await loadTensorFlow(nativeHome(), device);
  return trainerOn(tensorflow, platform, options, device === 'cpu' ? 'fused' : 'portable');
}

const NEXT = ['next_parameters', 'next_mean', 'next_variance', 'loss', 'grad_norm', 'logit'] as const;

/** A trainer whose steps are runs of the graph of `form`. */
export function trainerOn(
  tensorflow: TensorFlow,
  platform: Platform,
  options: TrainerOptions,
  form: GraphForm,
): Trainer {
  const { random, ...start } = startTraining(platform, options);
  const session = openSession(tensorflow, trainingModel(platform, form, options));
  const preparer = createPreparer(platform);
  let { steps }: { steps: number } = start;
  let vectors: Vectors = start;
  let hidden: Hidden | undefined;
  let learningRate = options.learningRate;
  return {
    step(batch, labels, weights) {
      checkTargets(batch.graphs.length, labels, weights);
      hidden = options.dropout && drawDropout(batch, options.dropout, random, hidden);
      const prepared = preparer.prepare(batch, hidden);
      const rates = Float32Array.of(
        learningRate,
        1 - BETAS.mean ** (steps + 1),
        1 - BETAS.variance ** (steps + 1),
      );
      const inputs = {
        ...trainingInputs(form, prepared, { ...vectors, labels, weights }),
        rates: line(rates),
      };
      const [parameters, mean, variance, loss, norm, logits] = session.run(inputs, NEXT);
      const gradNorm = norm?.[0] ?? Number.NaN;
      if (!Number.isFinite(gradNorm) || !parameters || !mean || !variance || !logits) {
        const message =
          'The gradient is not finite, so no step was taken; look at labels, weights, learning rate';
        throw new LogsterError('input-invalid', message);
      }
      vectors = { parameters, mean, variance };
      steps++;
      return { loss: loss?.[0] ?? Number.NaN, gradNorm, logits };
    },
    setLearningRate(rate) {
      learningRate = rate;
    },
    parameters: () => vectors.parameters.slice(),
    state: () => encodeTrainerState(platform, { ...vectors, steps, random: random.state() }),
    sizeBytes: () => 12 * vectors.parameters.length,
    close: () => session.close(),
  };
}

/** Loss and gradient of a batch from the graph that training runs, without taking a step. */
export function nativeDifferentiator(
  tensorflow: TensorFlow,
  platform: Platform,
  form: GraphForm,
): Differentiator {
  const session = openSession(tensorflow, trainingModel(platform, form, { weightDecay: 0, clipNorm: 1 }));
  const { size } = parameterLayout(platform);
  const moments = { mean: new Float32Array(size), variance: new Float32Array(size) };
  return {
    lossAndGradient(parameters, batch, labels, weights) {
      const inputs = trainingInputs(form, batch, { parameters, ...moments, labels, weights });
      const [loss, gradient, logits] = session.run({ ...inputs, rates: line(Float32Array.of(0, 1, 1)) }, [
        'loss',
        'gradient',
        'logit',
      ]);
      if (!loss || !gradient || !logits)
        throw new RangeError('The training graph gave fewer outputs than asked');
      return { loss: loss[0] ?? Number.NaN, gradient, logits };
    },
    sizeBytes: () => 12 * size,
  };
}

/** What a step changes. */
interface Vectors {
  readonly parameters: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

interface TrainingValues extends Vectors {
  readonly labels: Float32Array;
  readonly weights: Float32Array;
}

/** A batch with everything a run of the training graph reads but `rates`. */
function trainingInputs(
  form: GraphForm,
  batch: PreparedBatch,
  { parameters, mean, variance, labels, weights }: TrainingValues,
): Record<string, SessionInput> {
  const { graphs } = batch;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return {
    ...batchInputs(form, batch, { from: 0, to: graphs }),
    parameters: line(parameters),
    mean: line(mean),
    variance: line(variance),
    labels: line(labels),
    shares: line(weights.map((weight) => (total > 0 ? weight / total : 0))),
  };
}

function line(values: Float32Array): SessionInput {
  return { shape: [values.length], values };
}
