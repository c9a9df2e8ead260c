// Run as a process of its own by embedded.test.ts: changes alerts and says after each change that it was confirmed.
import { writeSync } from 'node:fs';
import { embeddedAlerts } from './embedded.ts';
import { alertOf } from './sample.ts';

const [file = '', first = '0'] = process.argv.slice(2);
const store = await embeddedAlerts({ file });

for (let change = Number(first); ; change += 1) {
  const name = `alert ${change % 7}`;
  await store.transaction(async (transaction) => {
    const fresh = alertOf(name, { count: 1, inference_ids: [`i${change}`] });
    const known = await transaction.get(fresh.alert_id);
    await transaction.takeIn(`i${change}`, change);
    if (!known) return transaction.save({ change: 'created', alert: fresh });
    const inference_ids = [...known.inference_ids, `i${change}`];
    await transaction.save({ change: 'merged', alert: { ...known, inference_ids, count: known.count + 1 } });
  });
  writeSync(1, `${change}\n`);
}
