import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LogsterError } from '../../contracts/errors.ts';
import { type Arena, createArena, type WasmMemory } from './arena.ts';

type Kernel<Arguments extends readonly unknown[]> = (...numbers: Arguments) => void;
type N = number;

/** The functions of kernels.wasm, described beside their sources (*.as.ts). Pointers are byte addresses. */
export interface Kernels {
  readonly multiply: Kernel<[a: N, w: N, out: N, rows: N, inner: N, columns: N, bias: N, add: N]>;
  readonly pack: Kernel<[from: N, rows: N, columns: N, to: N]>;
  readonly transpose: Kernel<[from: N, rows: N, columns: N, to: N]>;
  readonly clamp: Kernel<[at: N, count: N, limit: N]>;
  readonly elu: Kernel<[at: N, count: N]>;
  readonly eluBackward: Kernel<[y: N, gradient: N, count: N]>;
  readonly addRows: Kernel<[from: N, rows: N, columns: N, to: N]>;
  readonly exponentials: Kernel<[zx: N, rows: N, to: N, limit: N, slope: N]>;
  readonly attend: Kernel<
    [
      zx: N,
      h: N,
      out: N,
      rows: N,
      rowStart: N,
      source: N,
      kind: N,
      exponents: N,
      kindExponents: N,
      weights: N,
      inverse: N,
      bias: N,
    ]
  >;
  readonly attendBackward: Kernel<
    [
      zx: N,
      gradient: N,
      dzx: N,
      rows: N,
      rowStart: N,
      source: N,
      kind: N,
      exponents: N,
      kindExponents: N,
      weights: N,
      inverse: N,
      dots: N,
      kindGradient: N,
      slope: N,
    ]
  >;
  readonly limitBackward: Kernel<[zx: N, dzx: N, rows: N, limit: N]>;
  readonly readout: Kernel<[h: N, rows: N, gate: N, gates: N, shares: N, pooled: N, limit: N]>;
  readonly contributions: Kernel<[h: N, rows: N, shares: N, direction: N, to: N]>;
  readonly readoutBackward: Kernel<
    [h: N, rows: N, gate: N, gates: N, shares: N, pooled: N, direction: N, dh: N, dGate: N, limit: N]
  >;
}

/** A running module: its functions and its memory. */
export interface WasmModule {
  readonly kernels: Kernels;
  readonly arena: Arena;
}

/** The part of WebAssembly that is used here; the Node types do not describe it. */
interface WebAssemblyApi {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

/** 2 GiB: the largest window the caps allow takes about 60 MB when training. */
const MAXIMUM_PAGES = 32_768;

/** Starts the kernels on a memory of their own. Throws unavailable where WebAssembly SIMD is missing. */
export function openKernels(): WasmModule {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyApi };
  try {
    const memory = new WebAssembly.Memory({ initial: 16, maximum: MAXIMUM_PAGES });
    const bytes = readFileSync(join(import.meta.dirname, 'kernels.wasm'));
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    return { kernels: instance.exports as Kernels, arena: createArena(memory) };
  } catch (cause) {
    const advice =
      'kernels.wasm does not run here; it needs WebAssembly SIMD (Node 20 or newer). Use the cpu backend';
    throw new LogsterError('unavailable', advice, { cause });
  }
}
