// A stage in a process of its own: starts it, says so, and stops with its parent. Started by beside.ts.
import { start } from './commands/start.ts';
import { readConfig } from './config.ts';
import { projectRoot } from './root.ts';
import type { StageName } from './wire.ts';

const root = projectRoot();
const stage = process.argv[2] as StageName;
const running = await start({
  config: readConfig(process.env, root),
  root,
  stages: [stage],
  demo: false,
  say: () => undefined,
});
// Ctrl-C reaches the whole process group; the parent decides when this ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.on('disconnect', () => {
  void running.close().then(() => process.exit(0));
});
running.failed.catch((thrown: unknown) => {
  process.stderr.write(`logster: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exit(1);
});
process.send?.('started');
