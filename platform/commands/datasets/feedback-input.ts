import { LogsterError } from '../../../contracts/errors.ts';
import { reachableWindows, readVerdicts } from '../../../datasets/feedback/gather.ts';
import type { FeedbackInput } from '../../../datasets/feedback/part.ts';
import { recordedTelemetry } from '../../../ports/telemetry/embedded.ts';
import type { Surroundings } from '../../cli.ts';
import { readConfig } from '../../config.ts';
import { openPorts } from '../../open-ports.ts';

/** What `build` is told about feedback. */
export interface FeedbackFlags {
  readonly withFeedback?: boolean;
  readonly accept: readonly string[];
  readonly since?: string;
}

/** Runs something with the verdicts and kept graphs of this installation; without `--with-feedback` with nothing. */
export async function withFeedback<T>(
  { root, environment }: Surroundings,
  flags: FeedbackFlags,
  run: (feedback: FeedbackInput | undefined) => Promise<T>,
): Promise<T> {
  if (flags.withFeedback !== true) {
    if (flags.accept.length > 0 || flags.since !== undefined)
      throw new LogsterError('input-invalid', '--accept and --since need --with-feedback');
    return run(undefined);
  }
  const since = flags.since === undefined ? 0 : secondsOf(flags.since);
  const ports = await openPorts(readConfig(environment, root), recordedTelemetry(), {
    only: ['alerts', 'graphs'],
  });
  try {
    const verdicts = await readVerdicts(ports.alerts, since);
    const windows = await reachableWindows(ports.graphs, verdicts);
    return await run({ verdicts, windows, graphs: ports.graphs, accepted: flags.accept });
  } finally {
    await ports.close();
  }
}

/** Epoch seconds of a date that a person wrote. */
function secondsOf(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text) / 1000;
  if (Number.isFinite(seconds)) return seconds;
  throw new LogsterError(
    'input-invalid',
    `--since ${text} is neither a date, such as 2026-11-01, nor epoch seconds`,
  );
}
