import type { EventType } from '../contracts/event.ts';
import type { Fields, Rule } from './windows-values.ts';

/** How one kind of Windows event becomes one of ours. */
export interface EventRule {
  readonly type: EventType;
  readonly rules: readonly Rule[];
  /** False when fields that every such event has are missing: they then stand in the rendered message alone. */
  readonly isComplete: (fields: Fields) => boolean;
}

/** A row of an event table. */
export function event(
  type: EventType,
  isComplete: EventRule['isComplete'],
  rules: readonly Rule[],
): EventRule {
  return { type, isComplete, rules };
}

/** True where the field is there. */
export function has(name: string): EventRule['isComplete'] {
  return (fields) => fields[name] !== undefined && fields[name] !== null;
}
