import type { Platform } from '../../contracts/event.ts';
import { FEATURES } from '../../contracts/graph.ts';
import { BETAS } from '../adamw.ts';
import { HEAD_WIDTH, HEADS, HIDDEN } from '../architecture.ts';
import { LAYER_NAMES, type ParameterName, parameterLayout } from '../parameters.ts';
import { type Algebra, algebraOf } from './algebra.ts';
import type { NetworkRefs } from './form.ts';
import { type GraphBuilder, graphBuilder, type Ref, savedModelOf } from './graph-builder.ts';
import { type ForwardRefs, forward, type GraphForm, openForm } from './network-graph.ts';

/** What does not change while a network is trained. */
export interface TrainingConstants {
  readonly weightDecay: number;
  readonly clipNorm: number;
}

type Tensors = Record<ParameterName, Ref>;

/**
 * A whole training step as one SavedModel: forward pass, gradients written by hand, clipping by norm, AdamW. Besides a
 * batch its inputs are `parameters`, `mean` and `variance` [size], `labels` and `shares` [graphs] (weights that add up to
 * 1) and `rates` [3]: learning rate and the bias corrections of the two moments. Outputs: the next three vectors, loss,
 * grad_norm, logit and gradient; a run computes only what it asks for.
 */
export function trainingModel(platform: Platform, form: GraphForm, constants: TrainingConstants): Uint8Array {
  const builder = graphBuilder();
  const t = algebraOf(builder);
  const layout = parameterLayout(platform);
  const opened = openForm(form, builder, platform, false);
  const vector = (name: string) => builder.input(name, 'float', [layout.size]);
  const parameters = vector('parameters');
  const tensors = tensorsOf(t, platform, parameters);
  const network = foldInGraph(t, tensors, layout.tensors[0]?.shape[0] ?? 0);
  const pass = forward(t, opened, network);

  const labels = builder.input('labels', 'float', [-1]);
  const shares = builder.input('shares', 'float', [-1]);
  const benign = t.sub(t.scalar(1), labels);
  const negative = t.sub(t.scalar(0), pass.logit);
  const costs = t.add(t.mul(labels, t.softplus(negative)), t.mul(benign, t.softplus(pass.logit)));
  const dLogit = t.mul(shares, t.sub(t.sigmoid(pass.logit), labels));
  const gradient = backward(t, opened, { tensors, network, pass, dLogit });
  const flat = t.concat(
    layout.tensors.map(({ name }) => t.reshape(gradient[name], [-1])),
    0,
  );

  const norm = t.sqrt(t.sum(t.mul(flat, flat), [0], true)); // [1]
  const moments = { mean: vector('mean'), variance: vector('variance') };
  const next = adamW(t, builder, platform, { parameters, gradient: flat, norm, ...moments, constants });
  builder.output('loss', t.sum(t.mul(shares, costs), [0], true), [1]);
  builder.output('grad_norm', norm, [1]);
  builder.output('logit', pass.logit, [-1]);
  builder.output('gradient', flat, [layout.size]);
  builder.output('next_parameters', next.parameters, [layout.size]);
  builder.output('next_mean', next.mean, [layout.size]);
  builder.output('next_variance', next.variance, [layout.size]);
  return savedModelOf(builder);
}

/** The parameter vector cut into tensors of their shapes. */
function tensorsOf(t: Algebra, platform: Platform, parameters: Ref): Tensors {
  const { tensors } = parameterLayout(platform);
  const sizes = tensors.map(({ size }) => size);
  const parts = t.split(parameters, sizes, 0, sizes.length);
  return Object.fromEntries(
    tensors.map(({ name, shape }, i) => [name, t.reshape(parts[i] ?? '', shape)]),
  ) as Tensors;
}

/** What foldNetwork() does with numbers, in the graph. */
function foldInGraph(t: Algebra, tensors: Tensors, nodeTypes: number): NetworkRefs {
  const each = Array.from({ length: nodeTypes }, () => 1);
  const weights = t.split(tensors['input.weight'], each, 0, nodeTypes);
  const biases = t.split(tensors['input.bias'], each, 0, nodeTypes);
  const [benign = '', attack = ''] = t.split(tensors['output.weight'], [1, 1], 1, 2);
  const [benignBias = '', attackBias = ''] = t.split(tensors['output.bias'], [1, 1], 0, 2);
  return {
    input: weights.map((weight, type) => ({
      weight: t.reshape(weight, [FEATURES, HIDDEN]),
      bias: t.reshape(biases[type] ?? '', [HIDDEN]),
    })),
    layers: LAYER_NAMES.map((layer) => {
      const perHead = t.reshape(tensors[`${layer}.weight`], [HIDDEN, HEADS, HEAD_WIDTH]);
      const along = (vector: Ref) => t.sum(t.mul(perHead, vector), [2]); // [HIDDEN, HEADS]
      const scores = [along(tensors[`${layer}.source`]), along(tensors[`${layer}.target`])];
      return {
        projection: { weight: t.concat([tensors[`${layer}.weight`], ...scores], 1) },
        kind: tensors[`${layer}.kind`],
        bias: tensors[`${layer}.bias`],
      };
    }),
    gate: tensors.gate,
    direction: t.reshape(t.sub(attack, benign), [-1]),
    bias: t.sub(attackBias, benignBias),
  };
}

interface BackwardNeeds {
  readonly tensors: Tensors;
  readonly network: NetworkRefs;
  readonly pass: ForwardRefs;
  readonly dLogit: Ref;
}

function backward(
  t: Algebra,
  form: ReturnType<typeof openForm>,
  { tensors, network, pass, dLogit }: BackwardNeeds,
): Tensors {
  const gradient: Partial<Tensors> = {};
  const { dH, dGate, dDirection } = form.readoutGradient(dLogit, network, pass.tape.readout);
  const minus = (x: Ref) => t.sub(t.scalar(0), x);
  const column = t.reshape(dDirection, [2 * HIDDEN, 1]);
  const dBias = t.sum(dLogit, [0], true);
  gradient.gate = dGate;
  gradient['output.weight'] = t.concat([minus(column), column], 1);
  gradient['output.bias'] = t.concat([minus(dBias), dBias], 0);
  let d = dH;
  for (let place = LAYER_NAMES.length - 1; place >= 0; place--) {
    const name = LAYER_NAMES[place] ?? 'layer0';
    const [layer, tape] = [network.layers[place], pass.tape.attends[place]];
    if (!layer || !tape) continue;
    const { dPre, dZx, dKind, dBias } = form.attendGradient(d, layer, tape);
    const dProjection = t.matMul(pass.tape.inputs[place] ?? '', dZx, { a: true });
    Object.assign(gradient, unfold(t, tensors, name, dProjection));
    gradient[`${name}.kind`] = dKind;
    gradient[`${name}.bias`] = dBias;
    d = t.add(dPre, t.matMul(dZx, layer.projection.weight, { b: true }));
  }
  const dInput = form.placeGradient(d, pass.tape.inputs[0] ?? '');
  const perType = t.split(dInput, form.perType, 0, network.input.length);
  const weights = perType.map((dRows, type) => t.matMul(pass.tape.rows[type] ?? '', dRows, { a: true }));
  gradient['input.weight'] = t.concat(weights, 0);
  gradient['input.bias'] = t.concat(
    perType.map((dRows) => t.sum(dRows, [0])),
    0,
  );
  return gradient as Tensors;
}

/** The product rule on [W | W a_source | W a_target]. */
function unfold(
  t: Algebra,
  tensors: Tensors,
  layer: (typeof LAYER_NAMES)[number],
  dProjection: Ref,
): Partial<Tensors> {
  const [own = '', asSource = '', asTarget = ''] = t.split(dProjection, [HIDDEN, HEADS, HEADS], 1, 3);
  const perHead = (x: Ref) => t.reshape(x, [HIDDEN, HEADS, HEAD_WIDTH]);
  const beside = (x: Ref) => t.reshape(x, [HIDDEN, HEADS, 1]);
  const weight = perHead(tensors[`${layer}.weight`]);
  const through = t.add(
    t.mul(beside(asSource), tensors[`${layer}.source`]),
    t.mul(beside(asTarget), tensors[`${layer}.target`]),
  );
  return {
    [`${layer}.weight`]: t.add(perHead(own), through),
    [`${layer}.source`]: t.sum(t.mul(weight, beside(asSource)), [0]),
    [`${layer}.target`]: t.sum(t.mul(weight, beside(asTarget)), [0]),
  };
}

interface StepNeeds {
  readonly parameters: Ref;
  readonly gradient: Ref;
  readonly norm: Ref;
  readonly mean: Ref;
  readonly variance: Ref;
  readonly constants: TrainingConstants;
}

/** One step of AdamW (Loshchilov and Hutter 2019) on whole vectors, as adamw.ts takes it. */
function adamW(t: Algebra, builder: GraphBuilder, platform: Platform, needs: StepNeeds) {
  const { weightDecay, clipNorm } = needs.constants;
  const rates = builder.input('rates', 'float', [3]);
  const [rate = '', correctMean = '', correctVariance = ''] = t.split(rates, [1, 1, 1], 0, 3);
  const shrink = t.min(t.div(t.scalar(clipNorm), needs.norm), t.scalar(1));
  const g = t.mul(needs.gradient, shrink);
  const blend = (old: Ref, fresh: Ref, keep: number) =>
    t.add(t.mul(old, t.scalar(keep)), t.mul(fresh, t.scalar(1 - keep)));
  const mean = blend(needs.mean, g, BETAS.mean);
  const variance = blend(needs.variance, t.mul(g, g), BETAS.variance);
  const { tensors, size } = parameterLayout(platform);
  const decays = new Float32Array(size);
  for (const tensor of tensors) {
    if (tensor.decays) decays.fill(weightDecay, tensor.offset, tensor.offset + tensor.size);
  }
  const keep = t.sub(t.scalar(1), t.mul(rate, builder.floats(decays, [size])));
  const root = t.add(t.sqrt(t.div(variance, correctVariance)), t.scalar(BETAS.epsilon));
  const step = t.div(t.mul(rate, t.div(mean, correctMean)), root);
  return { parameters: t.sub(t.mul(needs.parameters, keep), step), mean, variance };
}
