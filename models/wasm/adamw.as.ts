// The optimiser's step on a flat parameter vector.

/** The sum of the squares of `count` floats, a multiple of 4, in float64. */
export function sumOfSquares(at: usize, count: i32): f64 {
  let low = f64x2.splat(0);
  let high = low;
  for (const end = at + ((<usize>count) << 2); at < end; at += 16) {
    const x = v128.load(at);
    const a = f64x2.promote_low_f32x4(x);
    const b = f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/**
 * One step of AdamW for `count` parameters, a multiple of 4, in place: the gradient times `shrink` goes into mean and
 * variance; a parameter is multiplied by `keep` and loses rate * mean / (sqrt(unbias * variance) + epsilon).
 */
export function adamW(
  parameters: usize,
  gradient: usize,
  mean: usize,
  variance: usize,
  count: i32,
  shrink: f32,
  keep: f32,
  rate: f32,
  unbias: f32,
  betaMean: f32,
  betaVariance: f32,
  epsilon: f32,
): void {
  const oldMean = f32x4.splat(betaMean);
  const newMean = f32x4.splat(1 - betaMean);
  const oldVariance = f32x4.splat(betaVariance);
  const newVariance = f32x4.splat(1 - betaVariance);
  for (const end = parameters + ((<usize>count) << 2); parameters < end; parameters += 16) {
    const g = f32x4.mul(v128.load(gradient), f32x4.splat(shrink));
    const m = f32x4.add(f32x4.mul(oldMean, v128.load(mean)), f32x4.mul(newMean, g));
    const v = f32x4.add(f32x4.mul(oldVariance, v128.load(variance)), f32x4.mul(newVariance, f32x4.mul(g, g)));
    v128.store(mean, m);
    v128.store(variance, v);
    const spread = f32x4.add(f32x4.sqrt(f32x4.mul(v, f32x4.splat(unbias))), f32x4.splat(epsilon));
    const step = f32x4.div(f32x4.mul(f32x4.splat(rate), m), spread);
    v128.store(parameters, f32x4.sub(f32x4.mul(v128.load(parameters), f32x4.splat(keep)), step));
    gradient += 16;
    mean += 16;
    variance += 16;
  }
}
