import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../ports/eventually.ts';
import { embeddedState } from '../ports/state/embedded.ts';
import type { State } from '../ports/state/state.ts';
import { type FakeClock, fakeClock } from '../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { LOCK_SECONDS, takeLock } from './training-lock.ts';
import { LOOK_EVERY_MS, lookOnce, type WatchNeeds, watch } from './watch.ts';

let directory: string;
let clock: FakeClock;
let state: State;
let verdicts: number[]; // when each was given
let trained: number;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'logster-watch-'));
  clock = fakeClock();
  state = await embeddedState({ directory, clock, telemetry: recordedTelemetry() });
  verdicts = [];
  trained = 0;
});
afterEach(async () => {
  await state.close();
  rmSync(directory, { recursive: true });
});

const needs = (more: Partial<WatchNeeds> = {}): WatchNeeds => ({
  ...{ platform: 'linux', state, clock, log: recordedTelemetry().log, owner: 'one' },
  triggers: { hours: 24, verdicts: 3, drift: 0.25 },
  verdictsSince: async (at) => verdicts.filter((one) => one >= at).length,
  driftOf: async () => null,
  train: async (mayRegister) => {
    await mayRegister();
    return `logster-linux-gat@${++trained}`;
  },
  ...more,
});
/** Verdicts of this moment, which then passes. */
const judge = async (count: number): Promise<void> => {
  verdicts.push(...Array.from({ length: count }, () => clock.now()));
  await clock.advance(1000);
};
const lockVersion = async (): Promise<number> => (await state.getVersioned('training/lock'))?.version ?? 0;

test('verdicts train once enough have gathered, each counts once, and those of before the watch count too', async () => {
  await judge(2);
  expect(await lookOnce(needs())).toEqual({ kind: 'not-due' });
  await clock.advance(1000);
  await judge(1);
  expect(await lookOnce(needs())).toMatchObject({ kind: 'trained', why: '3 new verdicts' });
  await clock.advance(1000);
  await judge(2);
  expect(await lookOnce(needs())).toEqual({ kind: 'not-due' });
  expect(trained).toBe(1);
});

test('time and drift train too, and drift that is not known does not', async () => {
  expect(await lookOnce(needs())).toEqual({ kind: 'not-due' });
  expect(await lookOnce(needs({ driftOf: async () => 0.24 }))).toEqual({ kind: 'not-due' });
  expect(await lookOnce(needs({ driftOf: async () => 0.3 }))).toMatchObject({ why: 'drift of 0.30' });
  await clock.advance(23 * 3600_000);
  expect(await lookOnce(needs())).toEqual({ kind: 'not-due' });
  await clock.advance(3600_000);
  expect(await lookOnce(needs())).toMatchObject({ kind: 'trained', why: '24.0 hours since the last one' });
});

test('of two that watch one trains, and the other finds nothing left to do', async () => {
  await judge(3);
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const first = lookOnce(
    needs({
      train: async () => {
        await finished;
        return 'logster-linux-gat@7';
      },
    }),
  );
  await eventually('the first holds the lock', async () => (await lockVersion()) > 0);
  expect(await lookOnce(needs({ owner: 'two' }))).toEqual({ kind: 'busy' });
  finish();
  expect(await first).toMatchObject({ kind: 'trained', version: 'logster-linux-gat@7' });
  await clock.advance(1000);
  expect(await lookOnce(needs({ owner: 'two' }))).toEqual({ kind: 'not-due' });
});

test('the lock is renewed while it is held, and free after its owner died', async () => {
  const lock = await takeLock(state, 'one', clock);
  for (let step = 0; step < 10; step++) {
    const before = await lockVersion();
    await clock.advance((LOCK_SECONDS / 5) * 1000);
    await eventually('the lock is renewed', async () => (await lockVersion()) > before);
  }
  await lock?.check();
  expect(await takeLock(state, 'two', clock)).toBeUndefined();
  await lock?.release();
  const dying = { ...clock, after: () => () => {} }; // one that never renews
  expect(await takeLock(state, 'dead', dying)).toBeDefined();
  expect(await takeLock(state, 'two', clock)).toBeUndefined();
  await clock.advance((LOCK_SECONDS + 1) * 1000);
  expect(await takeLock(state, 'two', clock)).toBeDefined();
});

test('a training whose lock ran out registers nothing', async () => {
  await judge(3);
  const frozen = { ...clock, now: clock.now, after: () => () => {} }; // a machine that slept
  const look = lookOnce(
    needs({
      clock: frozen,
      train: async (mayRegister) => {
        await clock.advance((LOCK_SECONDS + 1) * 1000);
        expect(await takeLock(state, 'two', clock)).toBeDefined();
        await mayRegister();
        trained++;
        return 'never';
      },
    }),
  );
  await expect(look).rejects.toThrow(/lost the lock/);
  expect(trained).toBe(0);
});

test('watch() goes on after a failure and ends with its signal', async () => {
  await judge(3);
  const ending = new AbortController();
  const telemetry = recordedTelemetry();
  let tries = 0;
  const watching = watch(
    needs({
      log: telemetry.log,
      train: async () => {
        if (++tries === 1) throw new Error('the disk is full');
        return 'logster-linux-gat@1';
      },
    }),
    ending.signal,
  );
  const told = (sentence: string) => telemetry.lines.some((line) => line.sentence === sentence);
  await eventually('the failure is told', () => told('could not train'));
  await clock.advance(LOOK_EVERY_MS);
  expect(tries).toBe(1); // a failure waits longer
  await clock.advance(15 * 60_000);
  await eventually('the second try is told', () => told('trained a challenger'));
  ending.abort();
  await watching;
});
