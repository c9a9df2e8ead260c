import * as tf from '@tensorflow/tfjs-core';
import { useCpu } from '../cpu-engine.ts';
import { syntheticBatch, syntheticModel } from '../synthetic.ts';
import { useBackend } from '../use-backend.ts';
import { openBackend, SMALL, SOFTWARE, stirred, whyNoAdapter } from './adapter-fixtures.ts';
import { webgpuEngine } from './engine.ts';

const missing = await whyNoAdapter();

(missing ? describe.skip : describe)(`webgpuEngine() recovers${missing ? ` (${missing})` : ''}`, () => {
  beforeAll(useCpu);
  afterEach(() => expect(openBackend() === null).toBe(true)); // every test closed what it opened

  test('goes on with another device when one is lost, before or while it computes', async () => {
    const batch = syntheticBatch('linux', SMALL, 5);
    const gpu = await webgpuEngine(stirred('linux'), SOFTWARE);
    const other = await webgpuEngine(syntheticModel('linux'), SOFTWARE);
    const expected = [await gpu.score(batch), await other.score(batch)];
    const tensors = tf.memory().numTensors;
    openBackend()!.device.destroy();
    expect([await gpu.score(batch), await other.score(batch)]).toEqual(expected);
    const scoring = Promise.all([gpu.score(batch), other.score(batch)]);
    openBackend()!.device.destroy();
    expect(await scoring).toEqual(expected);
    expect(tf.memory().numTensors).toBe(tensors);
    gpu.close();
    other.close();
  });

  test('gives the memory of thousands of sizes back, and scores on', async () => {
    const batch = syntheticBatch('linux', SMALL, 5);
    const gpu = await webgpuEngine(stirred('linux'), SOFTWARE);
    const expected = await gpu.score(batch);
    useBackend('webgpu');
    for (let size = 1; size < 2500; size++) tf.dispose(tf.tidy(() => tf.relu(tf.ones([size]))));
    expect(await gpu.score(batch)).toEqual(expected);
    const { freeBuffers, usedBuffers, numFreeBuffers, numBytesAllocated, numBytesUsed } =
      openBackend()!.bufferManager;
    expect(numFreeBuffers).toBe([...freeBuffers.values()].flat().length);
    expect(freeBuffers.size + usedBuffers.size).toBeLessThan(200);
    expect(numBytesAllocated - numBytesUsed).toBeLessThan(2 ** 20);
    expect(await gpu.score(batch)).toEqual(expected);
    gpu.close();
  });

  describe('when the device is out of memory for large tensors', () => {
    interface Device {
      readonly limits: { readonly maxBufferSize: number };
      createBuffer(this: Device, asked: { size: number; usage: number; mappedAtCreation?: boolean }): object;
    }
    const graph = { nodesPerType: [20, 9, 1, 3, 2], edges: 150 };
    const batch = syntheticBatch('linux', [graph, graph, graph], 8);
    let restore = () => {};
    afterEach(() => restore());

    /** With every buffer above `bytes` the device is asked for more than it can have. */
    function exhaust(
      bytes: number,
      beyond: (device: Device) => { size: number; mappedAtCreation?: boolean },
    ) {
      const { prototype } = (globalThis as unknown as { GPUDevice: { prototype: Device } }).GPUDevice;
      const { createBuffer } = prototype;
      prototype.createBuffer = function (asked) {
        if (asked.size > bytes) createBuffer.call(this, { usage: asked.usage, ...beyond(this) });
        return createBuffer.call(this, asked);
      };
      restore = () => {
        prototype.createBuffer = createBuffer;
      };
    }
    const throwing = () => ({ size: 2 ** 40, mappedAtCreation: true });

    test.each([
      // more than a software driver gives; a card may have it, and then nothing fails
      ['an error of the device', ({ limits }: Device) => ({ size: limits.maxBufferSize })],
      ['an exception', throwing],
    ])('scores in halves, and less at once from then on, what fails together (%s)', async (_, beyond) => {
      const gpu = await webgpuEngine(stirred('linux'), SOFTWARE);
      const expected = await gpu.score(batch);
      gpu.close();
      const short = await webgpuEngine(stirred('linux'), SOFTWARE);
      const tensors = tf.memory().numTensors;
      exhaust(2 * 300 * 512, beyond); // the messages of two graphs still fit
      expect(await short.score(batch)).toEqual(expected);
      expect(tf.memory().numTensors).toBe(tensors);
      if (beyond === throwing || /swiftshader/.test(short.detail)) {
        expect(short.detail).toMatch(/up to 4096 messages at once$/);
      }
      short.close();
    });

    test('names the graph that fails even alone, and works again once there is memory', async () => {
      const gpu = await webgpuEngine(stirred('linux'), SOFTWARE);
      exhaust(200 * 512, throwing);
      const failing = gpu.score(batch);
      await expect(failing).rejects.toMatchObject({ code: 'unavailable' });
      await expect(failing).rejects.toThrow(`failed twice on graph ${batch.graphs[0]?.windowId} alone`);
      restore();
      expect((await gpu.score(batch)).logit.every(Number.isFinite)).toBe(true);
      gpu.close();
    });
  });
});
