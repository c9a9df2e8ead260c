// What the WebAssembly modules offer, written in AssemblyScript, a dialect of TypeScript. kernels.wasm and, with fused
// multiply-add, kernels-fma.wasm are made of it by build.ts; a test insists that they are.
export { adamW, sumOfSquares } from './adamw.as';
export { attend, attentionScores } from './attention.as';
export { attendBackward, scoresBackward } from './attention-backward.as';
export { clamp, eluBackward, multiply, pack, transpose } from './dense.as';
export { edgeScores, nodeScores, readout, readoutBackward } from './readout.as';
export { project, projectBackward } from './sparse.as';
