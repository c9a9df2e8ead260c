import type { estypes } from '@elastic/elasticsearch';
import { LogsterError } from '../../contracts/errors.ts';
import type { Clock, Telemetry } from '../telemetry/telemetry.ts';
import { type Connection, causeText, isBusy, pause, statusOf } from './elasticsearch-connection.ts';

/** One step of a bulk request: its lines, and what it is about for messages. */
export interface Action {
  readonly index: string;
  readonly id: string;
  readonly text: string;
}

export interface WriteNeeds {
  readonly connection: Connection;
  readonly clock: Clock;
  /** From 0 to 1, for the jitter of retries. */
  readonly random: () => number;
  readonly telemetry?: Telemetry;
}

/**
 * Bytes of one bulk request: from here on larger ones are not faster, and a single one is never near the 100 MB
 * that a server takes. One document that is larger goes alone.
 */
const BULK_BYTES = 5 * 1024 * 1024;

/** Pauses between tries double from 100 ms to 5 s: 16 s in all, in which a busy node clears its write queue. */
const RETRY = { tries: 8, firstMs: 100, longestMs: 5000 };

/** Longest `_id` of the server, in UTF-8. */
const ID_BYTES = 512;

/**
 * Sends actions and answers the status of each in order: 2xx, 409 for one whose condition did not hold, 404 for one
 * that was to be deleted and is not there. Not the client's `helpers.bulk`, which may write a document twice. Only
 * the items that the server was too busy for are sent again; every action must therefore bear to be repeated. An item
 * that it refuses is reported after all others are written, as `input-invalid` with its id and the reason: sent
 * again it would be refused again. Throws `unavailable` when it stays too busy.
 */
export async function sendBulk(
  needs: WriteNeeds,
  actions: readonly Action[],
  refresh: estypes.Refresh,
): Promise<readonly number[]> {
  const statuses: number[] = [];
  const refused: string[] = [];
  for (const chunk of chunksOf(actions)) statuses.push(...(await sendChunk(needs, chunk, refresh, refused)));
  const [first] = refused;
  if (first === undefined) return statuses;
  const more = refused.length > 1 ? `, and ${refused.length - 1} more` : '';
  throw new LogsterError(
    'input-invalid',
    `Elasticsearch at ${needs.connection.where} refused ${first}${more}`,
  );
}

function* chunksOf(actions: readonly Action[]): Generator<readonly Action[]> {
  let chunk: Action[] = [];
  let bytes = 0;
  for (const action of actions) {
    const size = Buffer.byteLength(action.text) + 1;
    if (chunk.length > 0 && bytes + size > BULK_BYTES) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(action);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

async function sendChunk(
  needs: WriteNeeds,
  chunk: readonly Action[],
  refresh: estypes.Refresh,
  refused: string[],
): Promise<readonly number[]> {
  const statuses: number[] = chunk.map(() => 0);
  let pending = chunk.map((_, place) => place);
  for (let tried = 1; ; tried += 1) {
    const actions = pending.flatMap((place) => chunk[place] ?? []);
    const answers = await answersTo(needs.connection, actions, refresh);
    const busy: number[] = [];
    pending.forEach((place, at) => {
      const { status, error } = answers[at] ?? { status: 500 };
      statuses[place] = status;
      if (isOver(status, error)) return;
      if (isBusy(status) || isBlocked(status, error)) busy.push(place);
      else refused.push(refusal(chunk[place], error));
    });
    if (busy.length === 0) return statuses;
    const reason = answers.find(({ status, error }) => !isOver(status, error) && error)?.error;
    await waitToRetry(needs, tried, busy.length, reason ? causeText(reason) : 'no reason given');
    pending = busy;
  }
}

interface Answer {
  readonly status: number;
  readonly error?: estypes.ErrorCause;
}

async function answersTo(
  connection: Connection,
  actions: readonly Action[],
  refresh: estypes.Refresh,
): Promise<readonly Answer[]> {
  try {
    const operations = actions.map((action) => action.text); // texts are sent as they are
    const { items } = await connection.ask((client) => client.bulk({ operations, refresh }));
    return items.map((item) => Object.values(item)[0] as Answer);
  } catch (thrown) {
    const status = statusOf(thrown);
    if (status !== 429) throw thrown; // 5xx of a whole request was tried again by the client
    return actions.map(() => ({ status, error: { type: 'too_busy', reason: String(thrown) } }));
  }
}

/** A 404 with an error is an index that may not be made; without one, a document that was to be deleted. */
function isOver(status: number, error: estypes.ErrorCause | undefined): boolean {
  return (status >= 200 && status < 300) || status === 409 || (status === 404 && error === undefined);
}

/** A day that is being dropped takes no writes for that moment; then its index is made anew. */
function isBlocked(status: number, error: estypes.ErrorCause | undefined): boolean {
  return status === 403 && error?.type === 'cluster_block_exception';
}

function refusal(action: Action | undefined, error: estypes.ErrorCause | undefined): string {
  const reason = error ? causeText(error) : 'no reason given';
  return `the document ${action?.id} of ${action?.index}: ${reason}`;
}

async function waitToRetry(needs: WriteNeeds, tried: number, items: number, reason: string): Promise<void> {
  const { connection, clock, random, telemetry } = needs;
  telemetry?.metrics.count('documents_retried_total', {}, items);
  if (tried >= RETRY.tries) {
    throw new LogsterError(
      'unavailable',
      `Elasticsearch at ${connection.where} stayed too busy for ${items} documents in ${tried} tries: ${reason}`,
    );
  }
  const pauseMs = Math.min(RETRY.longestMs, RETRY.firstMs * 2 ** (tried - 1));
  telemetry?.log.warn('Elasticsearch was too busy for documents', { items, tried, reason });
  await pause(clock, pauseMs * (0.5 + random() / 2)); // jitter: writers that failed together do not return together
}

/** Stores a document whose id is new to its index. */
export function creation(index: string, id: string, stored: string): Action {
  const head = JSON.stringify({ create: { _index: index, _id: checkedId(id) } });
  return { index, id, text: `${head}\n${stored}` };
}

/** Stores or replaces a document, unless a later version is there. */
export function replacement(index: string, id: string, stored: string, version: number): Action {
  const target = JSON.stringify({ _index: index, _id: checkedId(id), version_type: 'external_gte' });
  // by hand, since JSON.stringify() would round the version
  const head = `{"index":${target.slice(0, -1)},"version":${versionNumber(version)}}}`;
  return { index, id, text: `${head}\n${stored}` };
}

/** Removes a document, unless it was written again meanwhile. */
export function deletion(hit: estypes.SearchHit): Action {
  const target = {
    _index: hit._index,
    _id: hit._id,
    if_seq_no: hit._seq_no,
    if_primary_term: hit._primary_term,
  };
  return { index: hit._index, id: hit._id ?? '', text: JSON.stringify({ delete: target }) };
}

/**
 * A version in the server's form, a whole number. Ours are epoch seconds with fractions: the bits of a double that
 * is not negative, read as a whole number, have the order of the doubles. One more, as `create` leaves version 1.
 */
function versionNumber(version: number): string {
  if (!Number.isFinite(version) || version < 0) {
    throw new LogsterError('input-invalid', `A version must be a number from 0, not ${version}`);
  }
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(version + 0); // -0 has other bits than 0
  return String(bytes.readBigInt64BE() + 1n);
}

function checkedId(id: string): string {
  const bytes = Buffer.byteLength(id);
  if (bytes >= 1 && bytes <= ID_BYTES) return id;
  throw new LogsterError(
    'input-invalid',
    `The id of a document must have 1 to ${ID_BYTES} bytes, not ${bytes}`,
  );
}
