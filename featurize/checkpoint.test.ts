import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedState } from '../ports/state/embedded.ts';
import type { State } from '../ports/state/state.ts';
import { partitionCheckpoints } from './checkpoint.ts';
import type { PaneRef } from './window-snapshot.ts';

const text = (value: string) => Buffer.from(value);

describe('partitionCheckpoints()', () => {
  let directory: string;
  let state: State;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'checkpoint-'));
    state = embeddedState({ directory });
  });

  afterEach(async () => {
    await state.close();
    await rm(directory, { recursive: true, force: true });
  });

  test('gives back what was written last, with panes of earlier segments', async () => {
    const writer = partitionCheckpoints(state, 3);
    let first: PaneRef | undefined;
    await writer.write({ offset: 10, publishedAt: 1.5 }, (panes) => {
      first = panes.put(text('one'));
      return text('a');
    });
    let second: PaneRef | undefined;
    await writer.write({ offset: 20, publishedAt: 2.5 }, (panes) => {
      panes.keep(first!);
      second = panes.put(text('two'));
      return text('b');
    });
    const point = await partitionCheckpoints(state, 3).read();
    expect(point).toMatchObject({ offset: 20, publishedAt: 2.5 });
    expect(point?.windows.toString()).toBe('b');
    expect(point?.paneAt(first!).toString()).toBe('one');
    expect(point?.paneAt(second!).toString()).toBe('two');
    expect(await partitionCheckpoints(state, 4).read()).toBeUndefined();
  });

  test('removes segments that nothing refers to and numbers on after a restart', async () => {
    let writer = partitionCheckpoints(state, 0);
    for (let round = 0; round < 20; round++) {
      if (round % 5 === 4) {
        writer = partitionCheckpoints(state, 0);
        await writer.read();
      }
      await writer.write({ offset: round, publishedAt: 0 }, (panes) => {
        panes.put(text(`${round}`));
        return text('');
      });
    }
    expect((await state.keys('featurize/checkpoint/0/segment/')).length).toBeLessThanOrEqual(2);
  });

  test('refuses a form it does not know and a segment that is gone', async () => {
    await state.set('featurize/checkpoint/1', Buffer.alloc(64));
    await expect(partitionCheckpoints(state, 1).read()).rejects.toThrow('not known');
    let ref: PaneRef | undefined;
    await partitionCheckpoints(state, 2).write({ offset: 1, publishedAt: 0 }, (panes) => {
      ref = panes.put(text('pane'));
      return text('');
    });
    await state.delete('featurize/checkpoint/2/segment/0');
    const point = await partitionCheckpoints(state, 2).read();
    expect(() => point?.paneAt(ref!)).toThrow('lacks its segment 0');
  });
});
