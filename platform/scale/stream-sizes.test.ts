import { INDICES } from '../../contracts/indices.ts';
import { storedText } from '../../ports/documents/elasticsearch-stored.ts';
import { indexOf } from '../../ports/documents/fields.ts';
import { desktopStream } from './recorded-streams.ts';
import { documentText, sizeOf } from './stream-sizes.ts';

test('documentText() is as long as what the Elasticsearch port sends', async () => {
  const { events } = await desktopStream(1, 1);
  const fields = indexOf('logster-events', INDICES['logster-events']);
  for (const { value } of events.slice(0, 100)) {
    const json = value.toString();
    const body = JSON.parse(json);
    const ours = documentText('logster-events', body.event_id, body, json);
    expect(JSON.parse(ours)).toEqual(JSON.parse(storedText(fields, body.event_id, body, json)));
  }
});

test('sizeOf() counts keys and values and compresses what is published together', () => {
  const { count, bytes, lz4Ratio } = sizeOf(
    Array.from({ length: 100 }, () => ({ key: 'ab', value: Buffer.from('x'.repeat(98)) })),
  );
  expect([count, bytes]).toEqual([100, 100]);
  expect(lz4Ratio).toBeGreaterThan(10);
});
