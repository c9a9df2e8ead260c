import type { Command } from 'commander';
import type { Surroundings } from '../cli.ts';
import { addChangeCommands } from './model-versions/change.ts';
import { addJudgeCommands } from './model-versions/judge.ts';
import { addListCommand } from './model-versions/list.ts';
import { addShowCommand } from './model-versions/show.ts';

/** `logster models`: which versions there are, which serves, and every change of that. */
export function addModelVersionsCommand(program: Command, surroundings: Surroundings): void {
  const models = program
    .command('models')
    .description('versions of the models: look, judge, promote and roll back')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 failed, 2 used wrongly, 3 refused by the gate, 4 not confirmed',
    );
  addListCommand(models, surroundings);
  addShowCommand(models, surroundings);
  addJudgeCommands(models, surroundings);
  addChangeCommands(models, surroundings);
}
