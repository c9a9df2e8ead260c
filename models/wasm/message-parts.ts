import { HEADS, LAYERS } from '../architecture.ts';
import type { Explanation } from '../explanation.ts';
import type { Pass } from './forward.ts';
import type { WasmModule } from './kernels.ts';

/** What an explanation gathers on the way down. */
export type Carried = Pick<Explanation, 'node' | 'edge' | 'attention'>;

/** What layerBackward() left of one layer, in the module's memory. */
export interface LayerMessages {
  readonly attention: number; // [messages, HEADS]
  readonly dots: number; // [messages, HEADS] what a message brings, times the gradient of what its receiver sums
}

/**
 * Adds what each message of a layer carried to its edge and to its sender: attention x its gradient, which is attention
 * x the sender's projected vector x the gradient that reached the receiver (Chefer, Gur and Wolf, Generic Attention-Model
 * Explainability, ICCV 2021, with its sign kept). A message to oneself goes with its node anyway.
 */
export function addMessages(
  { arena }: WasmModule,
  { batch, rows, messages }: Pass,
  layer: LayerMessages,
  { node, edge, attention }: Carried,
): void {
  const { rowStart, source, origin } = batch;
  const paid = arena.floats(layer.attention, messages * HEADS);
  const dots = arena.floats(layer.dots, messages * HEADS);
  for (let row = 0; row < rows; row++) {
    const end = rowStart[row + 1] ?? 0;
    for (let message = rowStart[row] ?? 0; message < end; message++) {
      let [carried, weight] = [0, 0];
      for (let at = message * HEADS; at < (message + 1) * HEADS; at++) {
        carried += (paid[at] ?? 0) * (dots[at] ?? 0);
        weight += paid[at] ?? 0;
      }
      const own = (origin[message] ?? 0) >> 1;
      edge[own] = (edge[own] ?? 0) + carried;
      attention[own] = (attention[own] ?? 0) + weight / (HEADS * LAYERS);
      const sender = source[message] ?? 0;
      if (sender !== row) node[sender] = (node[sender] ?? 0) + carried;
    }
  }
}
