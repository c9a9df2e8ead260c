import { seededRandom } from '../../train/random.ts';
import { allenCunneenWait, erlangC, utilisation } from './queueing.ts';
import { exponential } from './random-draws.ts';
import { scorerStation } from './scorer-station.ts';
import { timetable } from './timetable.ts';

const NEVER_KILLED = {
  attempts: 3,
  stalledAfterSeconds: 10,
  killedEverySeconds: Number.POSITIVE_INFINITY,
  restartSeconds: 20,
};

/** Mean wait of a simulated station that Poisson arrivals come to. */
function simulatedWait(servers: number, load: number, service: (random: () => number) => number): number {
  const time = timetable();
  const random = seededRandom(5);
  const station = scorerStation(time, random, {
    ...{ ...NEVER_KILLED, scorers: servers, ahead: 1, countFrom: 1000 },
    limits: { jobs: 1e9, bytes: 1e12 },
  });
  const arrive = (): void => {
    station.add({ bytes: 1, serviceSeconds: service(random), done: () => undefined });
    time.at(time.now + exponential(random, 1 / (load * servers)), arrive);
  };
  time.at(0, arrive);
  time.runUntil(300_000 / servers);
  return station.figures.wait.mean;
}

test('erlangC() is the load for one server and agrees with a table for ten', () => {
  expect(erlangC(0.7, 1)).toBeCloseTo(0.7, 10);
  expect(erlangC(8, 10)).toBeCloseTo(0.4092, 4);
  expect(erlangC(3000, 4000)).toBeLessThan(1e-6);
  expect(erlangC(5, 4)).toBe(1);
});

test('allenCunneenWait() is exact for M/M/1 and M/D/1 and endless above full load', () => {
  const station = { arrivalsPerSecond: 0.8, serviceSeconds: 1, servers: 1, arrivalVariation: 1 };
  expect(allenCunneenWait({ ...station, serviceVariation: 1 })).toBeCloseTo(4, 10);
  expect(allenCunneenWait({ ...station, serviceVariation: 0 })).toBeCloseTo(2, 10);
  expect(allenCunneenWait({ ...station, arrivalsPerSecond: 1, serviceVariation: 0 })).toBe(
    Number.POSITIVE_INFINITY,
  );
  expect(utilisation({ ...station, servers: 2, serviceVariation: 0 })).toBeCloseTo(0.4, 10);
});

test('a simulated station waits as M/M/1 within 3 %', () => {
  expect(simulatedWait(1, 0.7, (random) => exponential(random, 1)) / (0.7 / 0.3)).toBeCloseTo(1, 1.5);
});

test('a simulated station waits as M/D/1 within 3 %', () => {
  expect(simulatedWait(1, 0.7, () => 1) / (0.7 / 0.6)).toBeCloseTo(1, 1.5);
});

test('a simulated station of eight servers waits as M/M/8 within 5 %', () => {
  const load = { arrivalsPerSecond: 6.4, serviceSeconds: 1, servers: 8 };
  const formula = allenCunneenWait({ ...load, arrivalVariation: 1, serviceVariation: 1 });
  const ratio = simulatedWait(8, 0.8, (random) => exponential(random, 1)) / formula;
  expect(Math.abs(ratio - 1)).toBeLessThan(0.05);
});
