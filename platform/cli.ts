import { Command, Option } from 'commander';
import { LogsterError } from '../contracts/errors.ts';
import { addBenchCommand } from './commands/bench.ts';
import { addConfigCommand } from './commands/config.ts';
import { addDatasetsCommand } from './commands/datasets.ts';
import { addDlqCommand } from './commands/dlq.ts';
import { addDocsCommand } from './commands/docs.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addKeysCommand } from './commands/keys.ts';
import { addModelVersionsCommand } from './commands/model-versions.ts';
import { addModelCommands } from './commands/models.ts';
import { addModelsDriftCommand } from './commands/models-drift.ts';
import { addModelsReferenceCommand } from './commands/models-reference.ts';
import { addModelsReportCommand } from './commands/models-report.ts';
import { addNotebooksCommand } from './commands/notebooks.ts';
import { addRecordCommand } from './commands/record.ts';
import { addReplayCommand } from './commands/replay.ts';
import { addSetupNativeCommand } from './commands/setup-native.ts';
import { start } from './commands/start.ts';
import { addTopicsCommand } from './commands/topics.ts';
import { addTrainCommand } from './commands/train.ts';
import { readConfig } from './config.ts';
import { projectRoot } from './root.ts';
import { STAGES, type StageName } from './wire.ts';

/** What every command needs to know of where it runs. */
export interface Surroundings {
  readonly root: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Stages that get a process of their own when all are started. */
const BESIDE = ['index'] as const satisfies readonly StageName[];

/** Runs one command line. Exit codes: 0 done, 1 failed, 2 used wrongly; `logster models` has two more. */
export async function main(args: readonly string[]): Promise<void> {
  const surroundings: Surroundings = { root: projectRoot(), environment: process.env };
  const program = new Command('logster')
    .description('Tells from the behaviour of a computer that it is under attack.')
    .showHelpAfterError('(`npm run logster -- --help` lists the commands)')
    .exitOverride((ending) => {
      process.exit(ending.exitCode === 0 ? 0 : 2);
    });
  addStartCommand(program, surroundings);
  addReplayCommand(program, surroundings);
  addModelCommands(program, surroundings);
  addTrainCommand(program, surroundings);
  addModelVersionsCommand(program, surroundings);
  addModelsReportCommand(program, surroundings);
  addNotebooksCommand(program, surroundings);
  addModelsDriftCommand(program, surroundings);
  addModelsReferenceCommand(program, surroundings);
  addRecordCommand(program);
  addDatasetsCommand(program, surroundings);
  addDlqCommand(program, surroundings);
  addDoctorCommand(program, surroundings);
  addDocsCommand(program, surroundings);
  addConfigCommand(program, surroundings);
  addKeysCommand(program, surroundings);
  addTopicsCommand(program, surroundings);
  addBenchCommand(program, surroundings);
  addSetupNativeCommand(program, surroundings);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (thrown) {
    process.stderr.write(`logster: ${thrown instanceof LogsterError ? thrown.message : describe(thrown)}\n`);
    process.exit(1);
  }
}

function describe(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

function addStartCommand(program: Command, { root, environment }: Surroundings): void {
  program
    .command('start')
    .description('start all stages, or the ones named')
    .argument('[stages...]', `of ${STAGES.join(', ')}`)
    .addOption(new Option('--no-demo', 'do not replay the demo'))
    .action(async (named: string[], { demo }: { demo: boolean }) => {
      const unknown = named.filter((name) => !(STAGES as readonly string[]).includes(name));
      if (unknown.length > 0)
        throw new LogsterError(
          'config-invalid',
          `No stage is called ${unknown.join(', ')}; there are ${STAGES.join(', ')}`,
        );
      const stages = named.length > 0 ? (named as StageName[]) : STAGES;
      const running = await start({
        config: readConfig(environment, root),
        root,
        stages,
        demo: demo && named.length === 0,
        ...(named.length === 0 && { beside: { stages: BESIDE, environment } }),
        say: (sentence) => process.stderr.write(`logster: ${sentence}\n`),
      });
      await untilToldToStop(running.failed, running.close);
    });
}

/** Ends cleanly on Ctrl-C or SIGTERM; a stage's failure ends everything with its reason. */
async function untilToldToStop(failed: Promise<void>, close: () => Promise<void>): Promise<void> {
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  let failure: unknown;
  await Promise.race([
    signalled,
    failed.catch((thrown: unknown) => {
      failure = thrown;
    }),
  ]);
  process.stderr.write('logster: stopping …\n');
  await close();
  if (failure !== undefined) throw failure;
  process.stderr.write('logster: stopped\n');
  process.exit(0);
}
