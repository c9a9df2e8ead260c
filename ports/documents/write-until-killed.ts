// Run as a process of its own by embedded.test.ts: stores batches and says after each that it was confirmed.
import { writeSync } from 'node:fs';
import { embeddedDocuments } from './embedded.ts';

const [file = '', first = '0'] = process.argv.slice(2);
const documents = embeddedDocuments({ file });

for (let batch = Number(first); ; batch += 1) {
  const bodies = Array.from({ length: 20 }, (_, place) => ({
    id: `${batch}-${place}`,
    body: { tenant_id: 'acme', timestamp: batch, text: `${batch}`.repeat(500) },
  }));
  await documents.create('logster-events', bodies);
  await documents.put('logster-alerts', 'one', { last_seen: batch, ttp_techniques: [`T${batch}`] }, batch);
  writeSync(1, `${batch}\n`);
}
