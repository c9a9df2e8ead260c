import { fork } from 'node:child_process';
import { once } from 'node:events';
import { LogsterError } from '../../contracts/errors.ts';
import type { CaptureSource, SourceSettings } from './capture-source.ts';
import { runFolder } from './run-folder.ts';
import { runUnit } from './run-unit.ts';
import type { Unit } from './unit.ts';

/** What computes units, one at a time; finished ones lie in the run's folder. */
export interface Executor {
  /** Rejects when the unit fails or the executor ends. */
  run(unit: Unit, onEpoch: OnEpoch): Promise<void>;
  close(): Promise<void>;
}

/** Told of each finished epoch of the network, with its loss in nats. */
export type OnEpoch = (epoch: number, loss: number) => void;

/** What a worker process is started with. */
export interface WorkerSettings extends SourceSettings {
  readonly runPath: string;
}

/** What a worker process answers. */
export type WorkerAnswer =
  | { readonly kind: 'epoch'; readonly epoch: number; readonly loss: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Computes in this process. */
export function localExecutor(source: CaptureSource, runPath: string): Executor {
  const folder = runFolder(runPath);
  return {
    run: (unit, onEpoch) =>
      runUnit(unit, { source, folder }, (epoch, loss) => {
        onEpoch(epoch, loss);
        return null;
      }),
    close: async () => {},
  };
}

/** Computes in a process of its own, from the compiled worker. */
export function forkedExecutor(script: string, settings: WorkerSettings): Executor {
  const child = fork(script, [JSON.stringify(settings)], { serialization: 'advanced', execArgv: [] });
  const gone = once(child, 'exit');
  return {
    run: (unit, onEpoch) =>
      new Promise((resolve, reject) => {
        const settle = (end: () => void): void => {
          child.off('message', hear);
          child.off('exit', lose);
          end();
        };
        const hear = (answer: WorkerAnswer): void => {
          if (answer.kind === 'epoch') onEpoch(answer.epoch, answer.loss);
          else if (answer.kind === 'done') settle(resolve);
          else settle(() => reject(new LogsterError('unavailable', `${unit.title}: ${answer.reason}`)));
        };
        const lose = (code: number | null): void =>
          settle(() =>
            reject(new LogsterError('unavailable', `A worker ended with code ${code} in ${unit.title}`)),
          );
        child.on('message', hear);
        child.on('exit', lose);
        if (child.connected) child.send(unit);
        else lose(child.exitCode);
      }),
    async close() {
      if (child.connected) child.disconnect();
      if (child.exitCode === null && child.signalCode === null) child.kill();
      await gone;
    },
  };
}

/** Executors for a number of processes; one of them needs no process beside this. */
export function openExecutors(
  workers: number,
  {
    source,
    settings,
    script,
  }: { readonly source: CaptureSource; readonly settings: WorkerSettings; readonly script: string },
): readonly Executor[] {
  if (workers <= 1) return [localExecutor(source, settings.runPath)];
  return Array.from({ length: workers }, () => forkedExecutor(script, settings));
}
