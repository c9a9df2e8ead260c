import { type Command, Option } from 'commander';
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
      await record({
        folder: flags.out,
        sources: flags.source === 'both' ? SOURCES : [flags.source],
        parallel: Number(flags.parallel),
        rounds: Number(flags.rounds),
        minutes: Number(flags.minutes),
        mixedShare: Number(flags.mixed),
        seed: Number(flags.seed),
        report: (line) => process.stderr.write(`${line}\n`),
      });
    });
}
