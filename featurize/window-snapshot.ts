import { LogsterError } from '../contracts/errors.ts';
import { decodePane, encodePane } from './pane.ts';
import type { Slot } from './pane-slot.ts';
import type { EndpointWindows } from './window.ts';

/** Raised whenever the form changes; another form is refused, never guessed at. */
const FORM = 1;

interface Header {
  readonly form: number;
  readonly endpoints: readonly (Omit<EndpointWindows, 'slots'> & { readonly slots: readonly SlotHeader[] })[];
}

type SlotHeader = Omit<Slot, 'pane' | 'seen'> & { readonly bytes: number; readonly seen?: readonly number[] };

/** The endpoints' states: length of the header (u32), the header as JSON, the panes' bytes one after another. */
export function encodeEndpoints(endpoints: readonly EndpointWindows[]): Buffer {
  const panes: Buffer[] = [];
  const header: Header = {
    form: FORM,
    endpoints: endpoints.map((endpoint) => ({
      ...endpoint,
      slots: endpoint.slots.map(({ pane, seen, ...rest }) => {
        const bytes = encodePane(pane);
        panes.push(bytes);
        return { ...rest, ...(seen && { seen: [...seen] }), bytes: bytes.length };
      }),
    })),
  };
  const head = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  return Buffer.concat([length, head, ...panes]);
}

/** What `encodeEndpoints` wrote. Throws schema-mismatch for another form. */
export function decodeEndpoints(bytes: Buffer): EndpointWindows[] {
  const headEnd = 4 + bytes.readUInt32LE(0);
  const header = JSON.parse(bytes.toString('utf8', 4, headEnd)) as Header;
  if (header.form !== FORM) {
    throw new LogsterError(
      'schema-mismatch',
      `The windows' checkpoint has form ${header.form}, this version reads form ${FORM}; it begins without it`,
    );
  }
  let from = headEnd;
  return header.endpoints.map((endpoint) => ({
    ...endpoint,
    slots: endpoint.slots.map(({ bytes: length, seen, ...rest }): Slot => {
      const pane = decodePane(bytes.subarray(from, from + length));
      from += length;
      return { ...rest, ...(seen && { seen: new Set(seen) }), pane };
    }),
  }));
}
