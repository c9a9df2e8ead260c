import type { EventType, NormalizedEvent } from '../contracts/event.ts';
import { renamingOf } from './rename-events.ts';

export const ALTERATIONS = ['none', 'renamed', 'basic-sensor'] as const;
/**
 * What is done to a capture's events before they become windows. `renamed`: all names mean nothing.
 * `basic-sensor`: only what Sysmon's ids 1, 3, 5 and 11 report.
 */
export type Alteration = (typeof ALTERATIONS)[number];

const BASIC: readonly EventType[] = ['process_create', 'network_connect', 'process_end', 'file_create'];

/** The altered events of a capture by machine, and what a machine is called afterwards. */
export interface Altered {
  readonly byEndpoint: ReadonlyMap<string, readonly NormalizedEvent[]>;
  readonly hostOf: (host: string) => string;
}

/** Alters a capture's events. Events keep the name of their machine, by which their labels are found. */
export function alterEvents(
  byEndpoint: ReadonlyMap<string, readonly NormalizedEvent[]>,
  alteration: Alteration,
  seed: string,
): Altered {
  const hostOf = (host: string): string => host;
  if (alteration === 'none') return { byEndpoint, hostOf };
  if (alteration === 'basic-sensor') {
    const basic = (one: NormalizedEvent) => one.source === 'sysmon' && BASIC.includes(one.event_type);
    return { byEndpoint: mapped(byEndpoint, (events) => events.filter(basic)), hostOf };
  }
  const { event, name } = renamingOf([...byEndpoint.values()].flat(), seed);
  return { byEndpoint: mapped(byEndpoint, (events) => events.map(event)), hostOf: name };
}

function mapped(
  byEndpoint: ReadonlyMap<string, readonly NormalizedEvent[]>,
  change: (events: readonly NormalizedEvent[]) => readonly NormalizedEvent[],
): ReadonlyMap<string, readonly NormalizedEvent[]> {
  const changed = [...byEndpoint].map(([key, events]) => [key, change(events)] as const);
  return new Map(changed.filter(([, events]) => events.length > 0));
}
