import { LogsterError } from '../contracts/errors.ts';
import { fakeClock } from './telemetry/clock.ts';
import { recordedTelemetry } from './telemetry/embedded.ts';
import { untilAvailable } from './until-available.ts';

const away = () => new LogsterError('unavailable', 'The service does not answer');

test('waits with growing pauses until the service answers', async () => {
  const clock = fakeClock();
  const tries: number[] = [];
  const begun = clock.now();
  const result = untilAvailable({ what: 'documents', telemetry: recordedTelemetry(), clock }, async () => {
    tries.push(clock.now() - begun);
    if (tries.length < 4) throw away();
    return 'stored';
  });
  for (let n = 0; n < 100; n += 1) await clock.advance(20);
  expect(await result).toBe('stored');
  expect(tries.map((seconds) => Math.round(seconds * 5) / 5)).toEqual([0, 0.2, 0.6, 1.4]);
});

test('any other failure, and one that nobody waits for any more, is thrown', async () => {
  const waiting = { what: 'documents', telemetry: recordedTelemetry(), clock: fakeClock() };
  await expect(untilAvailable(waiting, () => Promise.reject(new RangeError('wrong')))).rejects.toThrow(
    'wrong',
  );
  const over = untilAvailable({ ...waiting, isOver: () => true }, () => Promise.reject(away()));
  await expect(over).rejects.toMatchObject({ code: 'unavailable' });
});
