import { LogsterError } from '../contracts/errors.ts';
import { decodePane, encodePane } from './pane.ts';
import type { Slot } from './pane-slot.ts';
import type { EndpointWindows } from './window.ts';

/** Where a complete pane was stored. */
export interface PaneRef {
  readonly segment: number;
  readonly from: number; // bytes
  readonly length: number; // bytes
}

/** Takes complete panes, which never change again, so that each is stored only once. */
export interface PaneStore {
  put(bytes: Buffer): PaneRef;
  /** Told of every pane stored earlier that is still needed. */
  keep(ref: PaneRef): void;
}

/** Raised whenever the form changes; another form is refused, never guessed at. */
const FORM = 1;

interface Header {
  readonly form: number;
  readonly endpoints: readonly (Omit<EndpointWindows, 'slots'> & { readonly slots: readonly SlotHeader[] })[];
}

type SlotHeader = Omit<Slot, 'pane' | 'seen'> & {
  readonly bytes?: number; // of a pane that follows the header
  readonly seen?: readonly number[];
};

/**
 * The endpoints' states: length of the header (u32), the header as JSON, panes one after another. With `panes`,
 * complete ones are stored there and only referred to.
 */
export function encodeEndpoints(endpoints: readonly EndpointWindows[], panes?: PaneStore): Buffer {
  const inline: Buffer[] = [];
  const encodeSlot = (slot: Slot): SlotHeader => {
    const { pane, seen, ref, ...rest } = slot;
    if (panes && !seen) {
      if (ref) panes.keep(ref);
      slot.ref = ref ?? panes.put(encodePane(pane));
      return { ...rest, ref: slot.ref };
    }
    const bytes = encodePane(pane);
    inline.push(bytes);
    return { ...rest, ...(seen && { seen: [...seen] }), bytes: bytes.length };
  };
  const header: Header = {
    form: FORM,
    endpoints: endpoints.map((endpoint) => ({ ...endpoint, slots: endpoint.slots.map(encodeSlot) })),
  };
  const head = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  return Buffer.concat([length, head, ...inline]);
}

/** What `encodeEndpoints` wrote; `paneAt` finds the panes it stored. Throws schema-mismatch for another form. */
export function decodeEndpoints(bytes: Buffer, paneAt?: (ref: PaneRef) => Buffer): EndpointWindows[] {
  const headEnd = 4 + bytes.readUInt32LE(0);
  const header = JSON.parse(bytes.toString('utf8', 4, headEnd)) as Header;
  if (header.form !== FORM) throw mismatch(`has form ${header.form} where form ${FORM} is read`);
  let from = headEnd;
  const decodeSlot = ({ bytes: length, seen, ...rest }: SlotHeader): Slot => {
    const shared = { ...rest, ...(seen && { seen: new Set(seen) }) };
    if (length !== undefined) {
      from += length;
      return { ...shared, pane: decodePane(bytes.subarray(from - length, from)) };
    }
    if (!rest.ref || !paneAt) throw mismatch('refers to a pane and none was given');
    return { ...shared, pane: decodePane(paneAt(rest.ref)) };
  };
  return header.endpoints.map((endpoint) => ({ ...endpoint, slots: endpoint.slots.map(decodeSlot) }));
}

function mismatch(what: string): LogsterError {
  return new LogsterError('schema-mismatch', `A snapshot of windows ${what}; begin without it`);
}
