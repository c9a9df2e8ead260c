import { jobLine } from './job-line.ts';
import { scorerStation } from './scorer-station.ts';
import { timetable } from './timetable.ts';

describe('jobLine()', () => {
  test('gives jobs in their order, and one that was given back before all others', () => {
    const line = jobLine<string>({ jobs: 10, bytes: 100 });
    for (const job of ['a', 'b', 'c']) expect(line.add(job, 10)).toBe('added');
    expect(line.take()).toBe('a');
    line.giveBack('a');
    expect([line.take(), line.take(), line.take(), line.take()]).toEqual(['a', 'b', 'c', undefined]);
    expect(line.waiting).toBe(0);
  });

  test('keeps order through thousands', () => {
    const line = jobLine<number>({ jobs: 1e6, bytes: 1e9 });
    for (let job = 0; job < 5000; job++) line.add(job, 1);
    for (let job = 0; job < 5000; job++) expect(line.take()).toBe(job);
  });

  test('counts running jobs against both limits until they are done', () => {
    const line = jobLine<string>({ jobs: 2, bytes: 100 });
    line.add('a', 60);
    expect(line.add('b', 50)).toBe('full');
    expect(line.add('b', 40)).toBe('added');
    expect(line.add('c', 0)).toBe('full');
    line.take();
    expect(line.add('c', 0)).toBe('full');
    line.done(60);
    expect(line.add('c', 60)).toBe('added');
    expect(line).toMatchObject({ held: 2, heldBytes: 100 });
  });

  test('takes a job of any size when it is empty', () => {
    expect(jobLine<string>({ jobs: 2, bytes: 100 }).add('large', 1000)).toBe('added');
  });
});

describe('scorerStation()', () => {
  const options = {
    ...{ scorers: 1, ahead: 2, attempts: 3, stalledAfterSeconds: 10, restartSeconds: 1, countFrom: 0 },
    limits: { jobs: 2, bytes: 1e9 },
  };

  test('jobs of a killed scorer are done after 5 to 15 s, and none is lost', () => {
    const time = timetable();
    const station = scorerStation(time, () => 0.5, { ...options, killedEverySeconds: 10 });
    const ends: number[] = [];
    // killed after 10 * ln 2 = 6.9 s while it computes; both jobs are back 10 s later
    const work = { bytes: 1, serviceSeconds: 4, done: (at: number) => ends.push(at) };
    time.at(4, () => station.add(work));
    time.at(5, () => station.add({ ...work, serviceSeconds: 1 }));
    time.runUntil(100);
    expect(ends).toHaveLength(2);
    expect(ends[0]).toBeGreaterThan(6.9 + 5);
    expect(station.figures.returned).toBeGreaterThanOrEqual(2);
    expect(station.figures.failed).toBe(0);
  });

  test('says when there is room again', () => {
    const time = timetable();
    const station = scorerStation(time, () => 0.5, {
      ...options,
      killedEverySeconds: Number.POSITIVE_INFINITY,
    });
    const work = { bytes: 1, serviceSeconds: 2, done: () => undefined };
    expect([station.add(work), station.add(work), station.add(work)]).toEqual(['added', 'added', 'full']);
    let roomAt = 0;
    station.onRoom(() => {
      roomAt = time.now;
    });
    time.runUntil(10);
    expect(roomAt).toBe(2);
  });
});
