// exp() on four lanes, after the single-precision exp of the Cephes library (S. Moshier): relative error about 1e-7.

/** e^x; x is held within +-87, so the result is a normal float32. */
export function exp4(x: v128): v128 {
  const held = f32x4.min(f32x4.max(x, f32x4.splat(-87)), f32x4.splat(87));
  const n = f32x4.nearest(f32x4.mul(held, f32x4.splat(1.44269502))); // 1 / ln 2
  // ln 2 in two parts, so that held - n ln 2 keeps all its bits
  const high = f32x4.sub(held, f32x4.mul(n, f32x4.splat(0.693359375)));
  const r = f32x4.add(high, f32x4.mul(n, f32x4.splat(2.1219444e-4)));
  let y = f32x4.splat(1.98756915e-4);
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(1.39819995e-3));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(8.33345191e-3));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(4.16657959e-2));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(1.66666655e-1));
  y = f32x4.add(f32x4.mul(y, r), f32x4.splat(0.5));
  y = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(y, r), r), r), f32x4.splat(1));
  return f32x4.mul(y, i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23));
}
