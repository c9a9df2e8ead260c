// What the WebAssembly modules offer, written in AssemblyScript, a dialect of TypeScript. kernels.wasm and, with fused
// multiply-add, kernels-fma.wasm are made of it by `npm run build:kernels`; a test insists that they are.
export { adamW, sumOfSquares } from './adamw.as';
export { attend } from './attention.as';
export { attendBackward, scoresBackward } from './attention-backward.as';
export { attentionScores, plannedScores } from './attention-scores.as';
export { addGathered, clamp, eluBackward, multiply, multiplyRows, pack, transpose } from './dense.as';
export { elu } from './exp.as';
export { plan } from './plan.as';
export { edgeScores, nodeScores, readout, readoutBackward } from './readout.as';
export { project, projectBackward } from './sparse.as';
