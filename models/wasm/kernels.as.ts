// What the WebAssembly module offers. AssemblyScript, a dialect of TypeScript; built by `build.ts` into kernels.wasm.
export { attend, attendBackward, exponentials, limitBackward } from './attention.as';
export { addRows, clamp, elu, eluBackward, multiply, pack, transpose } from './dense.as';
export { contributions, readout, readoutBackward } from './readout.as';
