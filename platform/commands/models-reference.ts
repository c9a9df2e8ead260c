import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { LogsterError } from '../../contracts/errors.ts';
import { PLATFORMS } from '../../contracts/event.ts';
import { besideTrees } from '../../models/beside-trees.ts';
import { wasmEngine } from '../../models/wasm/engine.ts';
import { engineScores, referenceOfCaptures } from '../../train/drift/capture-reference.ts';
import { encodeReference } from '../../train/drift/reference.ts';
import { loadFolder } from '../../train/load-model.ts';
import { trainingCaptures } from '../../train/open-run.ts';
import { captureSource } from '../../train/run/capture-source.ts';
import type { Surroundings } from '../cli.ts';
import { readConfig } from '../config.ts';
import { platformOf } from './models.ts';

interface ReferenceFlags {
  readonly platform: string;
  readonly manifest: readonly string[];
  readonly model?: string;
  readonly to: string;
}

/** `logster models reference`: for a version that was trained before versions had a reference of their own. */
export function addModelsReferenceCommand(program: Command, { root, environment }: Surroundings): void {
  const models = program.commands.find((one) => one.name() === 'models') ?? program.command('models');
  models
    .command('reference')
    .description('write reference.json, by which drift is told, for a version that was trained without it')
    .requiredOption('--platform <platform>', PLATFORMS.join(' or '))
    .requiredOption('--manifest <files...>', 'the MANIFEST.json files that it was trained on')
    .option('--model <folder>', 'the files of the version, instead of the shipped ones')
    .requiredOption('--to <file>', 'where to write it')
    .action(async (flags: ReferenceFlags) => {
      const platform = platformOf(flags.platform);
      const { model } = await loadFolder(flags.model ?? join(root, 'models', platform));
      if (model.manifest.platform !== platform)
        throw new LogsterError('input-invalid', `${model.manifest.name} is no model of ${platform}`);
      const cacheFolder = join(readConfig(environment, root).data.directory, 'cache');
      const source = await captureSource({ from: { manifests: flags.manifest }, platform, cacheFolder });
      const ids = trainingCaptures(source.captures).map((one) => one.id);
      await source.warm(ids, [], (line) => process.stderr.write(`${line}\n`));
      const read = await source.read(ids, 'none');
      const engine = besideTrees(wasmEngine(model), model);
      const reference = referenceOfCaptures(platform, read, {
        scores: await engineScores(engine, read),
        heldOut: false,
      });
      engine.close();
      await writeFile(flags.to, encodeReference(reference));
      const { windows, variables, unseen } = reference;
      process.stdout.write(
        `Wrote ${flags.to}: ${windows} benign windows, ${variables.length} distributions, ${unseen.length} features never seen\n`,
      );
    });
}
