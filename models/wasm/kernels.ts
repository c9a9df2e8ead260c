import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { LogsterError } from '../../contracts/errors.ts';
import { type Arena, createArena, type WasmMemory } from './arena.ts';

type Kernel<Arguments extends readonly unknown[], Answer = void> = (...numbers: Arguments) => Answer;
type N = number;

/** The functions of the modules, described beside their sources (*.as.ts). Pointers are byte addresses. */
export interface Kernels {
  readonly multiply: Kernel<[a: N, w: N, out: N, rows: N, inner: N, add: boolean]>;
  readonly multiplyRows: Kernel<[a: N, w: N, out: N, list: N, count: N]>;
  readonly addGathered: Kernel<[gathered: N, w: N, out: N, list: N, count: N]>;
  readonly project: Kernel<[x: N, w: N, out: N, rows: N, inner: N, bias: N]>;
  readonly projectBackward: Kernel<[x: N, gradient: N, rows: N, inner: N, into: N]>;
  readonly pack: Kernel<[from: N, rows: N, columns: N, to: N]>;
  readonly transpose: Kernel<[from: N, rows: N, columns: N, to: N]>;
  readonly clamp: Kernel<[at: N, count: N, limit: N]>;
  readonly elu: Kernel<[at: N, count: N]>;
  readonly eluBackward: Kernel<[y: N, gradient: N, rows: N, bias: N]>;
  readonly attentionScores: Kernel<
    [z: N, rows: N, source: N, target: N, scores: N, to: N, limit: N, slope: N]
  >;
  readonly plannedScores: Kernel<
    [
      z: N,
      h: N,
      rows: N,
      senders: N,
      senderCount: N,
      bare: N,
      bareCount: N,
      source: N,
      target: N,
      folded: N,
      scores: N,
      exponents: N,
      limit: N,
      slope: N,
    ]
  >;
  readonly attend: Kernel<
    [
      z: N,
      h: N,
      out: N,
      rows: N,
      rowStart: N,
      gatherFrom: N,
      source: N,
      kind: N,
      exponents: N,
      kindExponents: N,
      attention: N,
      bias: N,
      gathered: N,
    ],
    number
  >;
  readonly plan: Kernel<
    [
      rows: N,
      rowStart: N,
      source: N,
      kind: N,
      origin: N,
      gatherFrom: N,
      firstRow: N,
      senders: N,
      receivers: N,
      bare: N,
      counts: N,
      scratch: N,
    ]
  >;
  readonly attendBackward: Kernel<
    [
      z: N,
      gradient: N,
      dz: N,
      dScores: N,
      rows: N,
      rowStart: N,
      source: N,
      kind: N,
      exponents: N,
      kindExponents: N,
      attention: N,
      dots: N,
      kindGradient: N,
      slope: N,
    ]
  >;
  readonly scoresBackward: Kernel<
    [z: N, dz: N, rows: N, scores: N, dScores: N, source: N, target: N, dSource: N, dTarget: N, limit: N]
  >;
  readonly nodeScores: Kernel<[h: N, rows: N, gate: N, direction: N, scratch: N, to: N, limit: N], number>;
  readonly edgeScores: Kernel<[rows: N, rowStart: N, origin: N, attention: N, scores: N, edges: N]>;
  readonly readout: Kernel<[h: N, rows: N, gate: N, gates: N, shares: N, pooled: N, limit: N]>;
  readonly readoutBackward: Kernel<
    [h: N, rows: N, gate: N, gates: N, shares: N, pooled: N, direction: N, dh: N, dGate: N, limit: N]
  >;
  readonly sumOfSquares: Kernel<[at: N, count: N], number>;
  readonly adamW: Kernel<
    [
      parameters: N,
      gradient: N,
      mean: N,
      variance: N,
      count: N,
      shrink: N,
      keep: N,
      rate: N,
      unbias: N,
      betaMean: N,
      betaVariance: N,
      epsilon: N,
    ]
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
  validate(bytes: Uint8Array): boolean;
}

/**
 * The builds of the kernels. `fused` multiplies and adds in one instruction where the processor has one, so its last
 * bits may differ between machines; `plain` gives the same everywhere.
 */
export type KernelBuild = 'plain' | 'fused';
export const KERNEL_FILES: Readonly<Record<KernelBuild, string>> = {
  plain: 'kernels.wasm',
  fused: 'kernels-fma.wasm',
};

/** 2 GiB: the largest window the caps allow takes about 60 MB when training. */
const MAXIMUM_PAGES = 32_768;

/** The fastest build that this Node runs. */
export function fastestBuild(): KernelBuild {
  return runs('fused') ? 'fused' : 'plain';
}

/** Whether this Node runs a build. */
export function runs(build: KernelBuild): boolean {
  const bytes = bytesOf(build);
  const { validate } = webAssembly();
  if (validate(bytes)) return true;
  // Node 20 has fused multiply-add complete, but one V8 release before it stood there without a flag
  if (!process.versions.v8.startsWith('11.3.')) return false;
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  return validate(bytes);
}

/** Starts the kernels on a memory of their own. Throws unavailable where WebAssembly SIMD is missing. */
export function openKernels(build: KernelBuild = 'plain'): WasmModule {
  const { Memory, Module, Instance } = webAssembly();
  try {
    const memory = new Memory({ initial: 16, maximum: MAXIMUM_PAGES });
    const instance = new Instance(new Module(bytesOf(build)), { env: { memory } });
    return { kernels: instance.exports as Kernels, arena: createArena(memory) };
  } catch (cause) {
    const advice = `${KERNEL_FILES[build]} does not run here; it needs WebAssembly SIMD (Node 20 or newer). Use the cpu backend`;
    throw new LogsterError('unavailable', advice, { cause });
  }
}

function bytesOf(build: KernelBuild): Uint8Array {
  return readFileSync(join(import.meta.dirname, KERNEL_FILES[build]));
}

function webAssembly(): WebAssemblyApi {
  return (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
}
