// Run as a process of its own by embedded.test.ts: keeps graphs and says after each call that it was confirmed.
import { writeSync } from 'node:fs';
import { embeddedGraphs } from './embedded.ts';
import { keptOf } from './sample.ts';

const [file = '', first = '0'] = process.argv.slice(2);
const store = await embeddedGraphs({ file });

for (let call = Number(first); ; call += 1) {
  await store.keep(['a', 'b', 'c'].map((part) => keptOf(`${call} ${part}`, { windowEnd: call })));
  writeSync(1, `${call}\n`);
}
