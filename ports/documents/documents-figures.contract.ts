import type { Documents } from './documents.ts';

/** What every implementation promises of figures and groups, on documents of sample.ts. */
export function figuresContract(
  withEvents: () => Promise<Documents>,
  withAlerts: () => Promise<Documents>,
): void {
  test('figures() are exact, and null where no document has the field', async () => {
    const documents = await withEvents();
    const figures = {
      all: { kind: 'count' },
      hosts: { kind: 'cardinality', field: 'endpoint_id' },
      mean: { kind: 'average', field: 'data.process_id' },
      most: { kind: 'max', field: 'timestamp' },
      least: { kind: 'min', field: 'timestamp' },
      sum: { kind: 'sum', field: 'data.process_id' },
    } as const;
    expect(await documents.figures('logster-events', {}, figures)).toEqual({
      all: 5,
      hosts: 3,
      mean: 6,
      most: 50,
      least: 10,
      sum: 18,
    });
    const nothing = { equals: { tenant_id: 'nobody' } };
    expect(await documents.figures('logster-events', nothing, figures)).toEqual({
      all: 0,
      hosts: 0,
      mean: null,
      most: null,
      least: null,
      sum: null,
    });
  });

  test('groups() by terms have the largest first, then by value, and leave out documents without the field', async () => {
    const documents = await withEvents();
    const byImage = { by: 'terms', field: 'data.image', limit: 9 } as const;
    const last = {
      last: { kind: 'max', field: 'timestamp' },
      mean: { kind: 'average', field: 'data.process_id' },
    } as const;
    expect(await documents.groups('logster-events', {}, byImage, last)).toEqual([
      { key: 'cmd', count: 2, figures: { last: 20, mean: 5.5 } },
      { key: 'ps', count: 1, figures: { last: 30, mean: 7 } },
      { key: 'sh', count: 1, figures: { last: 40, mean: null } },
    ]);
    expect(await documents.groups('logster-events', {}, { ...byImage, limit: 1 }, {})).toEqual([
      { key: 'cmd', count: 2, figures: {} },
    ]);
  });

  test('groups() by terms of a number have numbers as keys', async () => {
    const documents = await withEvents();
    const byPid = { by: 'terms', field: 'data.process_id', limit: 9 } as const;
    const groups = await documents.groups('logster-events', {}, byPid, {});
    expect(groups.map(({ key, count }) => [key, count])).toEqual([
      [7, 2],
      [4, 1],
    ]);
  });

  test('groups() by interval begin at multiples of the step and leave out empty ones', async () => {
    const documents = await withEvents();
    const byTime = { by: 'interval', field: 'timestamp', step: 15 } as const;
    const hosts = { hosts: { kind: 'cardinality', field: 'endpoint_id' } } as const;
    expect(await documents.groups('logster-events', {}, byTime, hosts)).toEqual([
      { key: 0, count: 1, figures: { hosts: 1 } },
      { key: 15, count: 1, figures: { hosts: 1 } },
      { key: 30, count: 2, figures: { hosts: 2 } },
      { key: 45, count: 1, figures: { hosts: 1 } },
    ]);
  });

  test('a document counts once for each value of its arrays', async () => {
    const documents = await withAlerts();
    const byTechnique = { by: 'terms', field: 'ttp_techniques', limit: 9 } as const;
    const figures = {
      peak: { kind: 'max', field: 'attack_prob' },
      tactics: { kind: 'cardinality', field: 'ttp_tactics' },
      hosts: { kind: 'cardinality', field: 'endpoint_id' },
    } as const;
    expect(await documents.groups('logster-alerts', {}, byTechnique, figures)).toEqual([
      { key: 'T1059.001', count: 2, figures: { peak: 0.9, tactics: 2, hosts: 2 } },
      { key: 'T1003', count: 1, figures: { peak: 0.8, tactics: 2, hosts: 1 } },
    ]);
    expect(await documents.figures('logster-alerts', {}, figures)).toEqual({
      peak: 0.9,
      tactics: 2,
      hosts: 2,
    });
    const perHost = { by: 'terms', field: 'endpoint_id', limit: 1 } as const;
    expect(await documents.groups('logster-alerts', {}, perHost, { tactics: figures.tactics })).toEqual([
      { key: 'h1', count: 2, figures: { tactics: 1 } },
    ]);
  });
}
