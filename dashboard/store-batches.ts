import { LogsterError, reasonOf } from '../contracts/errors.ts';
import { withoutRaw } from '../contracts/event-text.ts';
import {
  ALERTS_TOPIC,
  DEAD_LETTER_TOPIC,
  EVENTS_TOPIC,
  RESULTS_TOPIC,
  type Topic,
} from '../contracts/topics.ts';
import type { Batch, Bus, Message, Received } from '../ports/bus/bus.ts';
import { deadLetterOf } from '../ports/dead-letter.ts';
import type { Document, Documents, NewDocument } from '../ports/documents/documents.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';

export interface StoreNeeds {
  readonly bus: Bus;
  readonly documents: Documents;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** A message and the document that it holds. */
interface Entry {
  readonly message: Received;
  readonly document: NewDocument;
}

/** Stores the documents of these batches. May be repeated; what is no document, or is refused as one, goes to dead letters. */
export async function storeBatches(needs: StoreNeeds, batches: readonly Batch[]): Promise<void> {
  const dead: Message[] = [];
  const refuse = (message: Received, reason: string): void => {
    needs.telemetry.metrics.count('dead_letter_total', { stage: 'index', reason: 'not-a-document' });
    dead.push(deadLetterOf('index', message, reason, needs.clock.now()));
  };
  for (const [topic, index, idField] of CREATED) {
    const entries = entriesOf(messagesOf(batches, topic), idField, refuse);
    const created = await createEach(needs.documents, index, entries, refuse);
    if (created > 0) needs.telemetry.metrics.count('indexed_total', { index }, created);
  }
  for (const message of messagesOf(batches, ALERTS_TOPIC)) await putAlert(needs, message, refuse);
  if (dead.length > 0) await needs.bus.publish(DEAD_LETTER_TOPIC, dead);
}

const CREATED = [
  [EVENTS_TOPIC, 'logster-events', 'event_id'],
  [RESULTS_TOPIC, 'logster-inferences', 'inference_id'],
] as const;

type Refuse = (message: Received, reason: string) => void;

/** Messages without a value are marks of time for the windows, not documents. */
function messagesOf(batches: readonly Batch[], topic: Topic): Received[] {
  return batches
    .filter((batch) => batch.topic === topic)
    .flatMap(({ messages }) => messages.filter(({ value }) => value.length > 0));
}

function entriesOf(messages: readonly Received[], idField: string, refuse: Refuse): Entry[] {
  return messages.flatMap((message) => {
    try {
      const json = message.value.toString();
      const body = (withoutRaw(message.value) ?? JSON.parse(json)) as Document | null;
      const id = body?.[idField];
      if (body && typeof id === 'string') return [{ message, document: { id, body, json } }];
      refuse(message, `no ${idField}`);
    } catch (thrown) {
      refuse(message, `not JSON: ${reasonOf(thrown)}`);
    }
    return [];
  });
}

/** Stores all that the store takes: a refused lot is halved until the one that cannot be stored is alone. */
async function createEach(
  documents: Documents,
  index: 'logster-events' | 'logster-inferences',
  entries: readonly Entry[],
  refuse: Refuse,
): Promise<number> {
  const [first] = entries;
  if (!first) return 0;
  try {
    const { created } = await documents.create(
      index,
      entries.map(({ document }) => document),
    );
    return created;
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    if (entries.length === 1) {
      refuse(first.message, `refused by ${index}: ${thrown.message}`);
      return 0;
    }
    const middle = entries.length >> 1;
    const before = await createEach(documents, index, entries.slice(0, middle), refuse);
    return before + (await createEach(documents, index, entries.slice(middle), refuse));
  }
}

async function putAlert(
  { documents, telemetry }: StoreNeeds,
  message: Received,
  refuse: Refuse,
): Promise<void> {
  try {
    const { alert } = JSON.parse(message.value.toString()) as { alert?: Document };
    if (alert === undefined) {
      refuse(message, 'no alert');
      return;
    }
    await documents.put('logster-alerts', String(alert['alert_id']), alert, Number(alert['updated_at']));
    telemetry.metrics.count('indexed_total', { index: 'logster-alerts' });
  } catch (thrown) {
    if (thrown instanceof SyntaxError) refuse(message, `not JSON: ${thrown.message}`);
    else if (isRefusal(thrown)) refuse(message, `refused by logster-alerts: ${thrown.message}`);
    else throw thrown;
  }
}

function isRefusal(thrown: unknown): thrown is LogsterError {
  return thrown instanceof LogsterError && thrown.code === 'input-invalid';
}
