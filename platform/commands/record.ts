import { type Command, Option } from 'commander';
import { LogsterError } from '../../contracts/errors.ts';
import { SOURCES, type SourceName } from '../../datasets/record/capture-files.ts';
import { record } from '../../datasets/record/record.ts';

interface Flags {
  readonly source: SourceName | 'both';
  readonly out: string;
  readonly parallel: string;
  readonly rounds: string;
  readonly minutes: string;
  readonly mixed: string;
  readonly seed: string;
}

/** `logster record`. */
export function addRecordCommand(program: Command): void {
  program
    .command('record')
    .description(
      'play ordinary and attacked sessions on this Linux machine, isolated, and record the telemetry of both',
    )
    .addOption(new Option('--source <name>', 'what listens').choices([...SOURCES, 'both']).default('both'))
    .requiredOption(
      '--out <folder>',
      'where captures and MANIFEST.json go; an earlier recording there is continued',
    )
    .option('--parallel <sessions>', 'sessions at a time', '8')
    .option('--rounds <count>', 'rounds one after another', '4')
    .option('--minutes <minutes>', 'length of a round', '30')
    .option('--mixed <share>', 'share of sessions with an attack', '0.3')
    .option('--seed <number>', 'draws who does what', '1')
    .action(async (flags: Flags) => {
      const stop = new AbortController();
      for (const name of ['SIGINT', 'SIGTERM'] as const)
        process.once(name, () => {
          process.stderr.write('ending all sessions; what was recorded is kept\n');
          stop.abort();
        });
      await record({
        folder: flags.out,
        sources: flags.source === 'both' ? SOURCES : [flags.source],
        parallel: number('--parallel', flags.parallel, { from: 1, to: 1_000, whole: true }),
        rounds: number('--rounds', flags.rounds, { from: 1, to: 1_000, whole: true }),
        minutes: number('--minutes', flags.minutes, { from: 0.5, to: 1_440 }),
        mixedShare: number('--mixed', flags.mixed, { from: 0, to: 1 }),
        seed: number('--seed', flags.seed, { from: 0, to: 2 ** 31, whole: true }),
        signal: stop.signal,
        report: (line) => process.stderr.write(`${line}\n`),
      });
    });
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly whole?: boolean;
}

function number(option: string, text: string, { from, to, whole = false }: Range): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= from && value <= to && (!whole || Number.isInteger(value))) return value;
  throw new LogsterError(
    'input-invalid',
    `${option} ${text} is not a ${whole ? 'whole ' : ''}number from ${from} to ${to}`,
  );
}
