import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deadLetterSchema } from '../contracts/dead-letter.ts';
import { LogsterError } from '../contracts/errors.ts';
import {
  ALERTS_TOPIC,
  DEAD_LETTER_TOPIC,
  EVENTS_TOPIC,
  RESULTS_TOPIC,
  type Topic,
} from '../contracts/topics.ts';
import type { Batch, Bus } from '../ports/bus/bus.ts';
import { embeddedBus } from '../ports/bus/embedded.ts';
import type { Documents } from '../ports/documents/documents.ts';
import { embeddedDocuments } from '../ports/documents/embedded.ts';
import { systemClock } from '../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { storeBatches } from './store-batches.ts';

let directory: string;
let bus: Bus;
let documents: Documents;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'store-'));
  bus = embeddedBus({ directory: join(directory, 'bus') });
  documents = embeddedDocuments({ file: join(directory, 'documents.db') });
});
afterEach(async () => {
  await bus.close();
  await documents.close();
  rmSync(directory, { recursive: true });
});

const batch = (topic: Topic, values: readonly string[]): Batch => ({
  ...{ topic, partition: 0, remaining: 0, giveBackFrom: () => undefined, isStale: () => false },
  messages: values.map((text, offset) => ({
    ...{ topic, partition: 0, offset, key: 'default:host', headers: {}, publishedAt: 1 },
    value: Buffer.from(text),
  })),
});
const event = (id: string) => JSON.stringify({ event_id: id, tenant_id: 'default', timestamp: 1 });

async function reasons(): Promise<string[]> {
  const offsets = await bus.offsets(DEAD_LETTER_TOPIC);
  const pages = await Promise.all(
    offsets.map((_, partition) => bus.read(DEAD_LETTER_TOPIC, partition, 0, 100)),
  );
  const letters = pages.flat().map(({ value }) => deadLetterSchema.parse(JSON.parse(value.toString())));
  return letters.map(
    ({ stage, source_topic, offset, reason }) => `${stage} ${source_topic}/${offset} ${reason}`,
  );
}

test('what is no document goes to dead letters, the rest is stored', async () => {
  const needs = { bus, documents, telemetry: recordedTelemetry(), clock: systemClock };
  await storeBatches(needs, [
    batch(EVENTS_TOPIC, [event('a'), 'not json', '[]', '{"event_id":5}', event('b'), 'null']),
    batch(RESULTS_TOPIC, ['{}']),
    batch(ALERTS_TOPIC, ['not json', '{"change":"created"}', '{"alert":{"alert_id":"x","updated_at":3}}']),
  ]);
  expect((await documents.search('logster-events', { limit: 9 })).total).toBe(2);
  expect((await documents.search('logster-alerts', { limit: 9 })).total).toBe(1);
  const found = await reasons();
  expect(found).toHaveLength(7);
  expect(found[0]).toMatch(/^index normalized-endpoint-events\/1 not JSON: /);
  expect(found).toContain('index normalized-endpoint-events/3 no event_id');
  expect(found).toContain('index logster-alerts/1 no alert');
});

test('a document that the store refuses is found among the others', async () => {
  const refusing: Documents = {
    ...documents,
    async create(index, given) {
      if (given.some(({ id }) => id === 'bad'))
        throw new LogsterError('input-invalid', 'bad cannot be stored');
      return documents.create(index, given);
    },
  };
  const needs = { bus, documents: refusing, telemetry: recordedTelemetry(), clock: systemClock };
  const ids = ['a', 'b', 'bad', 'c', 'd'];
  await storeBatches(needs, [batch(EVENTS_TOPIC, ids.map(event))]);
  expect((await documents.search('logster-events', { limit: 9 })).total).toBe(4);
  expect(await reasons()).toEqual([
    'index normalized-endpoint-events/2 refused by logster-events: bad cannot be stored',
  ]);
});

test('a store that is away is no refusal', async () => {
  const away: Documents = {
    ...documents,
    create: () => Promise.reject(new LogsterError('unavailable', 'gone')),
  };
  const needs = { bus, documents: away, telemetry: recordedTelemetry(), clock: systemClock };
  await expect(storeBatches(needs, [batch(EVENTS_TOPIC, [event('a')])])).rejects.toMatchObject({
    code: 'unavailable',
  });
  expect(await reasons()).toEqual([]);
});
