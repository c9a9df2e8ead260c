import { reasonOf } from '../../contracts/errors.ts';
import { captureSource } from './capture-source.ts';
import { localExecutor, type WorkerAnswer, type WorkerSettings } from './executor.ts';
import type { Unit } from './unit.ts';

// The main file of a worker process: computes the units it is sent, and ends with the process that started it.
const settings = JSON.parse(process.argv[2] ?? '{}') as WorkerSettings;
const executor = captureSource(settings).then((source) => localExecutor(source, settings.runPath));
const answer = (one: WorkerAnswer): void => {
  process.send?.(one);
};

process.on('disconnect', () => process.exit(0));
process.on('message', (unit: Unit) => {
  executor
    .then((own) => own.run(unit, (epoch, loss) => answer({ kind: 'epoch', epoch, loss })))
    .then(
      () => answer({ kind: 'done' }),
      (cause: unknown) => answer({ kind: 'failed', reason: reasonOf(cause) }),
    );
});
