// What the WebAssembly module offers. AssemblyScript, a dialect of TypeScript. After a change, and a test insists:
// npx asc models/wasm/kernels.as.ts -o models/wasm/kernels.wasm -O3 --noAssert --enable simd --importMemory --runtime stub
export { attend, attendBackward, exponentials, limitBackward } from './attention.as';
export { addRows, clamp, elu, eluBackward, multiply, pack, transpose } from './dense.as';
export { contributions, readout, readoutBackward } from './readout.as';
