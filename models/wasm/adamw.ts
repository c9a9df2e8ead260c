import { type AdamW, type AdamWOptions, BETAS, finiteNorm, type Moments } from '../adamw.ts';
import type { ParameterLayout } from '../parameters.ts';
import type { WasmModule } from './kernels.ts';

/** adamW() on our kernels: its vectors stay in the module's memory, where it must be made before anything temporary. */
export function wasmAdamW(
  { arena, kernels }: WasmModule,
  layout: ParameterLayout,
  { weightDecay, clipNorm }: AdamWOptions,
  from?: Moments,
): AdamW {
  const size = Math.ceil(layout.size / 4) * 4; // the kernels go by fours; what is beyond the layout stays 0
  const vector = (values?: Float32Array) => {
    const at = arena.reserve(size * 4);
    arena.clear(at, size * 4);
    if (values) arena.floats(at, layout.size).set(values);
    return at;
  };
  const [mean, variance] = [vector(from?.mean), vector(from?.variance)];
  const [here, slopes] = [vector(), vector()];
  let steps = from?.steps ?? 0;
  return {
    get mean() {
      return arena.floats(mean, layout.size).slice();
    },
    get variance() {
      return arena.floats(variance, layout.size).slice();
    },
    steps: () => steps,
    step(parameters, gradient, learningRate) {
      arena.floats(here, layout.size).set(parameters);
      arena.floats(slopes, layout.size).set(gradient);
      const norm = finiteNorm(kernels.sumOfSquares(slopes, size));
      steps++;
      const rate = learningRate / (1 - BETAS.mean ** steps);
      const unbias = 1 / (1 - BETAS.variance ** steps);
      const shrink = norm > clipNorm ? clipNorm / norm : 1;
      for (const { offset, size: count, decays } of layout.tensors) {
        const keep = decays ? 1 - learningRate * weightDecay : 1;
        const at = offset * 4;
        kernels.adamW(
          ...([here + at, slopes + at, mean + at, variance + at, Math.ceil(count / 4) * 4] as const),
          ...([shrink, keep, rate, unbias, BETAS.mean, BETAS.variance, BETAS.epsilon] as const),
        );
      }
      parameters.set(arena.floats(here, layout.size));
      return norm;
    },
  };
}
