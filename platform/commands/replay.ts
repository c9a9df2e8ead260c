import { basename } from 'node:path';
import type { Command } from 'commander';
import { LogsterError } from '../../contracts/errors.ts';
import { captureLines } from '../../datasets/captures.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import type { Surroundings } from '../cli.ts';
import { readConfig } from '../config.ts';
import { openPorts } from '../open-ports.ts';
import { replay } from '../replay.ts';

interface ReplayFlags {
  readonly speed: string;
  readonly now?: boolean;
  readonly host?: string;
  readonly close: boolean;
}

/** `logster replay`: publishes captured raw lines to their topics. */
export function addReplayCommand(program: Command, { root, environment }: Surroundings): void {
  program
    .command('replay')
    .description('publish the raw lines of captures (plain or gzip) to their topics')
    .argument('<captures...>')
    .option('--speed <times>', 'how many times as fast as recorded, or max', '1')
    .option('--now', 'move the first event to now')
    .option('--host <name>', 'the endpoint of lines that name none')
    .option('--no-close', 'leave the last windows to the wall clock')
    .action(async (captures: string[], flags: ReplayFlags) => {
      const ports = await openPorts(readConfig(environment, root), recordedTelemetry(), { only: ['bus'] });
      try {
        const told = await replay({
          bus: ports.bus,
          recordings: captures.map((file) => ({
            name: basename(file),
            lines: captureLines(file),
            ...(flags.host !== undefined && { host: flags.host }),
          })),
          speed: speedOf(flags.speed),
          now: flags.now ?? false,
          closeWindows: flags.close,
        });
        for (const { name, published, unknown } of told) {
          process.stdout.write(
            `${name}: ${published} lines published${unknown > 0 ? `, ${unknown} of no known shape` : ''}\n`,
          );
        }
      } finally {
        await ports.close();
      }
    });
}

function speedOf(text: string): number {
  const speed = text === 'max' ? Number.POSITIVE_INFINITY : Number(text);
  if (speed > 0) return speed;
  throw new LogsterError('input-invalid', `--speed ${text} is neither a number above 0 nor max`);
}
