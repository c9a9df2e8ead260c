import { decodeBatch, encodeGraphBatch } from '../contracts/graph-batch.ts';
import { syntheticBatch } from '../models/synthetic.ts';
import { sharedBytes } from './shared-bytes.ts';

test('a batch is read where its bytes were laid, without another copy', () => {
  const batch = syntheticBatch('linux', [{ nodesPerType: [3, 2, 1, 1, 1], edges: 9 }], 1);
  const laid = sharedBytes(1).lay(encodeGraphBatch(batch).subarray(0));
  const read = decodeBatch(laid);
  expect(read.features.buffer).toBe(laid.buffer);
  expect(read.source.buffer).toBe(laid.buffer);
  expect([...read.features]).toEqual([...batch.features]);
  expect([read.nodeLabel(2), read.edgeEvent(8)]).toEqual(['node 2', 'event 8']);
});

test('a freed piece is used again where it is large enough, and only so many are kept', () => {
  const shared = sharedBytes(2);
  const [small, large, other] = [1, 200_000, 1].map((size) => shared.lay(Buffer.alloc(size, 7)));
  for (const piece of [small, large, other]) shared.free(piece!);
  const again = shared.lay(Buffer.alloc(150_000, 1));
  expect(again.buffer).toBe(large!.buffer);
  expect([again.length, again[0], again[149_999]]).toEqual([150_000, 1, 1]);
  expect(shared.lay(Buffer.alloc(10)).buffer).toBe(other!.buffer); // the first small one was let go
  expect([small!.buffer, large!.buffer, other!.buffer]).not.toContain(shared.lay(Buffer.alloc(10)).buffer);
});
