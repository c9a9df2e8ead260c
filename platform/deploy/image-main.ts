// What the image starts: one command line of Logster on the compiled files, without the steps of setup.mjs.
import { main } from '../cli.ts';

await main(process.argv.slice(2));
