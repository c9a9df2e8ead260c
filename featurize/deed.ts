import type { Entity } from './entity.ts';

/** How a process is named by an event. */
export interface ProcessRef {
  readonly guid: string; // '' when unknown
  readonly pid: number; // -1 when unknown
  readonly start: number; // epoch seconds, 0 when unknown
  readonly image: string; // '' when unknown
}

/** What an event of a process's birth, or of its own, says of it. */
export interface ProcessNews {
  readonly commandLine?: string;
  readonly originalName?: string;
  readonly privilege?: number; // Windows: -1 low to 1 system; Linux: 1 root, 0 anyone else
  readonly marks?: number; // bits of PROCESS_MARKS
}

interface DeedBase {
  readonly at: number; // epoch seconds
  readonly eventId: string;
  readonly actor: ProcessRef;
  readonly news?: ProcessNews | undefined;
}

/** One thing a process did, as read from one event; one event may tell several. */
export type Deed =
  | (DeedBase & { readonly act: 'began' | 'forked'; readonly parent: ProcessRef | undefined })
  | (DeedBase & { readonly act: 'ended' | 'noted' })
  | (DeedBase & { readonly act: 'accessed'; readonly target: ProcessRef; readonly targetMarks: number })
  | (DeedBase & {
      readonly act: 'used';
      readonly relation: number; // place in RELATIONS
      readonly target: Entity;
      readonly operation: number; // place in the target type's operations
      readonly targetMarks: number; // bits of the target type's marks
    });
