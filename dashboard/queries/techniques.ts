import type { Documents } from '../../ports/documents/documents.ts';
import { alertsIn, type Scope } from '../scope.ts';
import { storedAlert } from '../stored.ts';

/** An ATT&CK technique and in how many alerts it was seen. */
export interface TechniqueCount {
  readonly id: string;
  readonly name: string;
  readonly tactics: readonly string[];
  readonly alerts: number;
}

const MOST = 20; // as many rows as one looks through

/** Techniques of the scope's alerts, the most frequent first. */
export async function techniques(documents: Documents, scope: Scope): Promise<readonly TechniqueCount[]> {
  const groups = await documents.groups(
    'logster-alerts',
    alertsIn(scope),
    { by: 'terms', field: 'ttp_techniques', limit: MOST },
    {},
  );
  return Promise.all(
    groups.map(async ({ key, count }) => {
      const id = String(key);
      const filter = alertsIn(scope);
      const { documents: found } = await documents.search('logster-alerts', {
        filter: { ...filter, equals: { ...filter.equals, ttp_techniques: id } },
        limit: 1,
      });
      const known = found.map(storedAlert)[0]?.techniques.find((technique) => technique.id === id);
      return { id, name: known?.name ?? '', tactics: known?.tactics ?? [], alerts: count };
    }),
  );
}
