import { availableParallelism, cpus } from 'node:os';
import { type Command, Option } from 'commander';
import type { BenchResult } from '../../contracts/bench.ts';
import { LogsterError } from '../../contracts/errors.ts';
import { benchFeaturize } from '../../featurize/featurize.bench.ts';
import { benchIngest } from '../../ingest/ingest.bench.ts';
import type { EngineName } from '../../models/engine.ts';
import { SERVER_VARIABLES, type ServerVariable } from '../../ports/with-server.ts';
import { benchBus } from '../bench/bus.bench.ts';
import { benchExplain } from '../bench/explain.bench.ts';
import { benchLimits } from '../bench/limits.bench.ts';
import { benchQueue } from '../bench/queue.bench.ts';
import { benchScale } from '../bench/scale.bench.ts';
import { benchScore } from '../bench/score.bench.ts';
import { benchScoreSoak } from '../bench/score-soak.bench.ts';
import { benchSwap } from '../bench/swap.bench.ts';
import { benchTeach } from '../bench/teach.bench.ts';
import { benchTrain } from '../bench/train.bench.ts';
import type { Surroundings } from '../cli.ts';
import { BUS_ENGINES } from '../open-ports.ts';
import { benchPipeline } from '../pipeline.bench.ts';
import { benchSoak } from '../soak.bench.ts';
import { table } from '../table.ts';

interface BenchOptions {
  readonly endpoints?: number;
  readonly distributed?: boolean;
  readonly backend: EngineName;
}

const BENCHES: Record<string, (root: string, options: BenchOptions) => Promise<readonly BenchResult[]>> = {
  ingest: () => benchIngest(),
  featurize: () => benchFeaturize(),
  score: benchScore,
  train: benchTrain,
  limits: benchLimits,
  explain: benchExplain,
  'score-soak': (root, { backend }) => benchScoreSoak(root, backend),
  pipeline: (root, { endpoints, distributed }) =>
    benchPipeline(root, endpoints, distributed ? servers() : undefined),
  queue: benchQueue,
  bus: () => benchBus(BUS_ENGINES, process.env['TEST_KAFKA']),
  scale: benchScale,
  soak: (root) => benchSoak(root),
  swap: (root) => benchSwap(root),
  teach: benchTeach,
};

/** `npm run bench -- <name>`: a table for people and, on the last line, JSON. */
export function addBenchCommand(program: Command, { root }: Surroundings): void {
  const names = Object.keys(BENCHES);
  program
    .command('bench')
    .description('measure speed beside a peer in the same run')
    .argument('<name>', names.join(', '))
    .addOption(new Option('--endpoints <n>', 'size of the fleet of the pipeline benchmark').argParser(Number))
    .option(
      '--distributed',
      'the pipeline on the servers that TEST_KAFKA, TEST_REDIS, … name, beside the embedded one',
    )
    .addOption(
      new Option('--backend <name>', 'what score-soak scores with')
        .choices(['gpu', 'webgpu', 'native', 'wasm', 'cpu'])
        .default('wasm'),
    )
    .action(async (name: string, options: BenchOptions) => {
      const run = BENCHES[name];
      if (!run) program.error(`No benchmark is called ${name}; there are ${names.join(', ')}`);
      const results = await run(root, options);
      const rows = results.map(({ name: row, unit, ours, peer, peerValue, ratio }) => [
        row,
        unit,
        figure(ours),
        peer,
        figure(peerValue),
        `${ratio.toFixed(2)}x`,
      ]);
      process.stdout.write(`${table(['what', 'unit', 'ours', 'peer', "peer's", 'ratio'], rows)}\n`);
      const machine = {
        processor: cpus()[0]?.model ?? 'unknown',
        cores: availableParallelism(),
        node: process.versions.node,
      };
      process.stdout.write(`${JSON.stringify({ bench: name, results, machine })}\n`);
    });
}

/** The servers to measure on. Throws `unavailable` naming the first that no variable names. */
function servers(): Readonly<Partial<Record<ServerVariable, string>>> {
  return Object.fromEntries(
    SERVER_VARIABLES.map((name) => {
      const address = process.env[name];
      if (address) return [name, address];
      throw new LogsterError(
        'unavailable',
        `--distributed needs ${SERVER_VARIABLES.join(', ')}; ${name} is not set`,
      );
    }),
  );
}

function figure(value: number): number {
  return Number(value.toPrecision(4));
}
