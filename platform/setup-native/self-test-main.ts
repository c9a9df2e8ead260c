import { reasonOf } from '../../contracts/errors.ts';
import { selfTest } from './self-test.ts';

/** A process of its own for the self-test: root, home and the record to read; the outcome as JSON on standard output. */
const [root = '', home = '', recordFile = ''] = process.argv.slice(2);
try {
  process.stdout.write(`${JSON.stringify(await selfTest(root, home, recordFile))}\n`);
} catch (thrown) {
  process.stderr.write(`${reasonOf(thrown)}\n`);
  process.exitCode = 1;
}
