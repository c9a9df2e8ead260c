/** Rows of numbers with what they are and how much each counts. */
export interface Table {
  readonly rows: readonly Float32Array[];
  readonly attack: readonly boolean[];
  readonly weights: readonly number[];
}

/** Logistic regression over standardised columns. */
export interface LogisticModel {
  readonly kind: 'logistic';
  readonly mean: readonly number[];
  readonly scale: readonly number[]; // 0 for a column that never changes
  readonly weights: readonly number[];
  readonly bias: number;
}

/** Strength of the penalty on squared weights, per unit of mean loss: C = 0.01 over about a thousand rows. */
const PENALTY = 0.1;

/** Steps until the loss of a thousand rows and four hundred columns stands still to four digits. */
const STEPS = 400;

/** Fits by full-batch Adam (Kingma and Ba 2015), which needs no randomness: equal tables give equal models. */
export function fitLogistic(table: Table): LogisticModel {
  const { mean, scale } = standards(table);
  const rows = table.rows.map((row) => row.map((value, place) => standardised(value, mean, scale, place)));
  const width = mean.length;
  const total = table.weights.reduce((sum, weight) => sum + weight, 0);
  const weights = new Float64Array(width + 1); // the bias last
  const first = new Float64Array(width + 1);
  const second = new Float64Array(width + 1);
  for (let step = 1; step <= STEPS; step++) {
    const gradient = gradientAt(weights, rows, table, total);
    const rate = 0.05 * (1 - step / (STEPS + 1)); // falls to zero, so that it comes to rest
    for (let place = 0; place <= width; place++) {
      const slope = gradient[place] ?? 0;
      first[place] = 0.9 * (first[place] ?? 0) + 0.1 * slope;
      second[place] = 0.999 * (second[place] ?? 0) + 0.001 * slope * slope;
      const direction = (first[place] ?? 0) / (1 - 0.9 ** step);
      const size = Math.sqrt((second[place] ?? 0) / (1 - 0.999 ** step)) + 1e-8;
      weights[place] = (weights[place] ?? 0) - (rate * direction) / size;
    }
  }
  return {
    kind: 'logistic',
    mean,
    scale,
    weights: [...weights.subarray(0, width)],
    bias: weights[width] ?? 0,
  };
}

/** The probability that a row is an attack. */
export function scoreLogistic(model: LogisticModel, row: Float32Array): number {
  let logit = model.bias;
  for (let place = 0; place < row.length; place++)
    logit += (model.weights[place] ?? 0) * standardised(row[place] ?? 0, model.mean, model.scale, place);
  return sigmoid(logit);
}

/** 1 / (1 + exp(-x)). */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

function gradientAt(
  weights: Float64Array,
  rows: readonly Float32Array[],
  table: Table,
  total: number,
): Float64Array {
  const width = weights.length - 1;
  const gradient = new Float64Array(width + 1);
  rows.forEach((row, index) => {
    let logit = weights[width] ?? 0;
    for (let place = 0; place < width; place++) logit += (weights[place] ?? 0) * (row[place] ?? 0);
    const error = sigmoid(logit) - (table.attack[index] ? 1 : 0);
    const pull = (error * (table.weights[index] ?? 0)) / total;
    for (let place = 0; place < width; place++)
      gradient[place] = (gradient[place] ?? 0) + pull * (row[place] ?? 0);
    gradient[width] = (gradient[width] ?? 0) + pull;
  });
  for (let place = 0; place < width; place++)
    gradient[place] = (gradient[place] ?? 0) + PENALTY * (weights[place] ?? 0);
  return gradient;
}

function standards({ rows }: Table): { mean: number[]; scale: number[] } {
  const width = rows[0]?.length ?? 0;
  const mean: number[] = [];
  const scale: number[] = [];
  for (let place = 0; place < width; place++) {
    const average = rows.reduce((sum, row) => sum + (row[place] ?? 0), 0) / rows.length;
    const square = rows.reduce((sum, row) => sum + ((row[place] ?? 0) - average) ** 2, 0) / rows.length;
    mean.push(average);
    scale.push(square < 1e-12 ? 0 : 1 / Math.sqrt(square));
  }
  return { mean, scale };
}

/** At most 5 deviations off, so that one freak value cannot decide alone. */
function standardised(
  value: number,
  mean: readonly number[],
  scale: readonly number[],
  place: number,
): number {
  return Math.max(-5, Math.min(5, (value - (mean[place] ?? 0)) * (scale[place] ?? 0)));
}
