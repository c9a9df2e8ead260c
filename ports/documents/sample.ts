import type { Document } from './documents.ts';

const event = (name: string, endpoint: string, timestamp: number, data: Document, tenant = 'acme') => ({
  id: name,
  body: { name, tenant_id: tenant, endpoint_id: endpoint, timestamp, data } as Document,
});

/** For tests: five events of two tenants; the ids are their names, and fields are missing here and there. */
export const EVENTS = [
  event('a', 'h1', 10, { image: 'cmd', process_id: 7 }),
  event('b', 'h1', 20, { image: 'cmd', process_id: 4 }),
  event('c', 'h2', 30, { image: 'ps', process_id: 7 }),
  event('d', 'h3', 40, { image: 'sh' }),
  event('e', 'h1', 50, {}, 'globex'),
];

/** For tests: three alerts with arrays of techniques and tactics. */
export const ALERTS = [
  {
    id: 'one',
    body: {
      ...{ name: 'one', endpoint_id: 'h2', attack_prob: 0.8 },
      ...{ ttp_techniques: ['T1059.001', 'T1003', 'T1003'], ttp_tactics: ['execution', 'credential-access'] },
    },
  },
  {
    id: 'two',
    body: {
      name: 'two',
      endpoint_id: 'h1',
      attack_prob: 0.9,
      ttp_techniques: ['T1059.001'],
      ttp_tactics: ['execution'],
    },
  },
  {
    id: 'three',
    body: { name: 'three', endpoint_id: 'h1', attack_prob: 0.7, ttp_techniques: [], ttp_tactics: [] },
  },
];

/** For tests: a body with all that JSON has. */
export const NESTED = {
  tenant_id: 'acme',
  data: { image: 'a', deep: [{ x: [1, null, 'é'] }] },
  empty: {},
  none: null,
};

/** For tests: texts that a careless store would break. */
export const ODD = ['O\'Brien"; --', 'snow \u2603 \u{1f600}', '%_\\', 'a\u0000b', 'line\nbreak', '', ' '];
