/** Seconds until the next of a Poisson stream. */
export function exponential(random: () => number, mean: number): number {
  return -Math.log(1 - random()) * mean;
}

/** A factor with mean 1 and this variation (variance over squared mean), lognormal; 1 without spread. */
export function spreadFactor(random: () => number, variation: number): number {
  if (variation <= 0) return 1;
  const sigma2 = Math.log(1 + variation);
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(normal * Math.sqrt(sigma2) - sigma2 / 2);
}
