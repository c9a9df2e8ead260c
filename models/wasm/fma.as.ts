// The one place where the two builds differ: kernels.wasm rounds twice, kernels-fma.wasm once and in one instruction.

/** a * b + c. */
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}
