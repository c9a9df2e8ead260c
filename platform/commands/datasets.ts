import type { Command } from 'commander';
import type { Surroundings } from '../cli.ts';
import { addBuildCommand } from './datasets/build.ts';
import { addFetchCommand } from './datasets/fetch.ts';
import { addInspectCommand } from './datasets/inspect.ts';
import { addLineageCommand } from './datasets/lineage.ts';
import { addListCommand } from './datasets/list.ts';
import { addVerifyCommand } from './datasets/verify.ts';

/** `logster datasets`: captures to learn from and to judge by, and the immutable versions that are built of them. */
export function addDatasetsCommand(program: Command, surroundings: Surroundings): void {
  const datasets = program
    .command('datasets')
    .description('captures to learn from and to judge by, and their immutable versions');
  addListCommand(datasets, surroundings);
  addFetchCommand(datasets, surroundings);
  addBuildCommand(datasets, surroundings);
  addInspectCommand(datasets, surroundings);
  addVerifyCommand(datasets, surroundings);
  addLineageCommand(datasets, surroundings);
}
