import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { openStore } from '../lmdb-store.ts';
import { fakeClock } from '../telemetry/clock.ts';
import { embeddedState } from './embedded.ts';
import { type StateSite, stateContract } from './state.contract.ts';
import type { State } from './state.ts';

async function site(): Promise<StateSite & { readonly directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'state-'));
  const clock = fakeClock();
  const handles: State[] = [];
  return {
    directory,
    async open() {
      const state = embeddedState({ directory, clock });
      handles.push(state);
      return state;
    },
    pass: (seconds) => clock.advance(seconds * 1000),
    async cleanUp() {
      for (const state of handles) await state.close();
      await rm(directory, { recursive: true });
    },
  };
}

describe('embedded state', () => stateContract(site));

test('the sweep removes expired values, and only those, from the disk', async () => {
  const here = await site();
  const state = await here.open();
  await Promise.all(
    Array.from({ length: 1_200 }, (_, index) => state.set(`short ${index}`, Buffer.from('x'), 5)),
  );
  await state.set('long', Buffer.from('y'), 500);
  const store = openStore(here.directory);
  const values = store.table<Buffer, Buffer>('state-values', { encoding: 'binary', keyEncoding: 'binary' });
  await here.pass(11);
  await eventually('one is left', () => {
    store.refresh();
    return values.getCount() === 1;
  });
  expect((await state.get('long'))!.toString()).toBe('y');
  await store.close();
  await here.cleanUp();
});

test.each(['', 'x'.repeat(2_000)])('a key of a length that cannot be stored is refused', async (key) => {
  const here = await site();
  const state = await here.open();
  await expect(state.set(key, Buffer.from('1'))).rejects.toMatchObject({ code: 'input-invalid' });
  await here.cleanUp();
});
