import { basename, join } from 'node:path';
import type { Command } from 'commander';
import { techniqueAnalyzer } from '../../alerting/sigma/techniques.ts';
import { LogsterError } from '../../contracts/errors.ts';
import { PLATFORMS, type Platform } from '../../contracts/event.ts';
import { readManifests } from '../../datasets/manifest.ts';
import { writeSavedModel } from '../../models/saved-model/write.ts';
import type { Registry } from '../../ports/registry/registry.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { modelNameOf } from '../../serve/champions.ts';
import { evaluate } from '../../train/evaluate.ts';
import { type LoadedModel, loadVersion } from '../../train/load-model.ts';
import { type ScoredFile, scoreFiles } from '../../train/score-file.ts';
import type { Surroundings } from '../cli.ts';
import { type Config, readConfig } from '../config.ts';
import { evaluationTables } from '../evaluation-tables.ts';
import { openPorts } from '../open-ports.ts';
import { registerShippedModels } from '../shipped-models.ts';
import { table } from '../table.ts';

/** `logster score`, `logster evaluate` and `logster export`. */
export function addModelCommands(program: Command, surroundings: Surroundings): void {
  addScoreCommand(program, surroundings);
  addEvaluateCommand(program, surroundings);
  addExportCommand(program, surroundings);
}

function addScoreCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('score')
    .description('score captured files: windows, probabilities, techniques and what carried the score')
    .argument('<files...>', 'raw lines of any sensor, plain or gzip')
    .option('--model <name>', 'NAME or NAME@VERSION instead of the champion')
    .option('--json', 'one JSON object per file')
    .action(async (files: string[], flags: { model?: string; json?: boolean }) => {
      const { registry, loadModel } = await modelsOf(surroundings, flags.model);
      const analyzer = techniqueAnalyzer();
      let unread = 0;
      for await (const scored of scoreFiles(files, {
        loadModel,
        inspect: (events) => analyzer.inspect(events),
      })) {
        if (scored.parsing.error !== null) unread += 1;
        process.stdout.write(flags.json ? `${JSON.stringify(scored)}\n` : `${describeFile(scored)}\n`);
      }
      await registry.close();
      if (unread > 0) process.exitCode = 1;
    });
}

function describeFile({ file, parsing, windows }: ScoredFile): string {
  const head = `${file}: ${parsing.lines} lines, ${parsing.events} events, ${windows.length} windows`;
  if (parsing.error !== null) return `${head}; could not be read to its end: ${parsing.error}`;
  const rows = windows.map((window) => [
    basename(window.host),
    new Date(window.start * 1000).toISOString().slice(0, 19).replace('T', ' '),
    window.events,
    Number(window.attackProb.toFixed(3)),
    window.techniques.slice(0, 6).join(' '),
    window.edges
      .slice(0, 2)
      .map((edge) => `${edge.source} ${edge.relation} ${edge.target}`.slice(0, 60))
      .join('; '),
    strongestNode(window),
  ]);
  return `${head}\n${table(['host', 'window from', 'events', 'attack', 'techniques', 'carried by', 'strongest node'], rows)}`;
}

/** The node that added most to the score, in log-odds, and which of its features did. */
function strongestNode({ nodes }: ScoredFile['windows'][number]): string {
  const [node] = nodes;
  if (!node) return '';
  const features = node.features.filter(({ contribution }) => contribution > 0).slice(0, 2);
  const why = features.map(({ name }) => name).join(', ');
  return `${node.label.slice(0, 40)} +${node.contribution.toFixed(2)}${why === '' ? '' : ` (${why})`}`;
}

function addEvaluateCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('evaluate')
    .description('measure a model, its baselines and its controls on labelled captures')
    .requiredOption('--manifest <files...>', 'MANIFEST.json with the captures beside it')
    .option('--platform <platform>', PLATFORMS.join(' or '))
    .option('--held-back', 'only captures that are held back from all training')
    .option('--model <name>', 'NAME or NAME@VERSION instead of the champion')
    .option('--json', 'only the JSON object')
    .action(
      async (flags: {
        manifest: string[];
        heldBack?: boolean;
        platform?: string;
        model?: string;
        json?: boolean;
      }) => {
        const { registry, loadModel } = await modelsOf(surroundings, flags.model);
        const analyzer = techniqueAnalyzer();
        const evaluation = await evaluate({
          manifest: await readManifests(flags.manifest),
          platform: flags.platform === undefined ? undefined : platformOf(flags.platform),
          judges: flags.heldBack ? (capture) => capture.heldBack : undefined,
          loadModel,
          inspect: (events) => analyzer.inspect(events),
          report: flags.json ? undefined : (line) => process.stderr.write(`${line}\n`),
        });
        await registry.close();
        if (!flags.json) process.stdout.write(`${evaluationTables(evaluation)}\n`);
        process.stdout.write(`${JSON.stringify(evaluation)}\n`);
      },
    );
}

function addExportCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('export')
    .description('write a model as a TensorFlow SavedModel, for TensorFlow Serving, Triton or Python')
    .requiredOption('--platform <platform>', PLATFORMS.join(' or '))
    .requiredOption('--to <folder>', 'where <version>/saved_model.pb is written')
    .option('--model <name>', 'NAME or NAME@VERSION instead of the champion')
    .action(async (flags: { platform: string; to: string; model?: string }) => {
      const platform = platformOf(flags.platform);
      const { registry, loadModel } = await modelsOf(surroundings, flags.model);
      const { id, model } = await loadModel(platform);
      await registry.close();
      const folder = join(flags.to, id.slice(id.lastIndexOf('@') + 1));
      await writeSavedModel(model, folder);
      process.stdout.write(`Wrote ${id} to ${folder}; docs/backends.md describes its inputs\n`);
    });
}

/** The platform of a flag. Throws input-invalid when it is none. */
export function platformOf(text: string): Platform {
  const found = PLATFORMS.find((platform) => platform === text);
  if (found) return found;
  throw new LogsterError('input-invalid', `--platform ${text} is neither ${PLATFORMS.join(' nor ')}`);
}

/** The version asked for, or the champion of each platform; the shipped models are registered first. */
async function modelsOf(
  { root, environment }: Surroundings,
  asked: string | undefined,
): Promise<{ registry: Registry; loadModel: (platform: Platform) => Promise<LoadedModel> }> {
  const config: Config = readConfig(environment, root);
  const { registry } = await openPorts(config, recordedTelemetry(), { only: ['registry'] });
  await registerShippedModels(registry, join(root, 'models'), recordedTelemetry().log);
  const [name, version] = asked?.split('@') ?? [];
  return {
    registry,
    async loadModel(platform) {
      const own = modelNameOf(platform);
      if (name === undefined || name !== own) {
        if (name !== undefined && !PLATFORMS.some((other) => modelNameOf(other) === name)) {
          throw new LogsterError(
            'not-found',
            `No model is called ${name}; there are ${PLATFORMS.map(modelNameOf).join(' and ')}`,
          );
        }
        return loadVersion(registry, own);
      }
      return loadVersion(registry, own, version);
    },
  };
}
