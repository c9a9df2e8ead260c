import type { Command } from 'commander';
import { verifyVersion } from '../../../datasets/version/verify.ts';
import type { Surroundings } from '../../cli.ts';
import { table } from '../../table.ts';
import { fittedIn, placesOf, versionFolder } from './places.ts';

/** `logster datasets verify`: proves that a version is what it says and leaks nothing. */
export function addVerifyCommand(datasets: Command, surroundings: Surroundings): void {
  datasets
    .command('verify')
    .description('check files, address, feature schema, rows and split of a version; fails on a finding')
    .argument('<version>', 'its folder or its id')
    .option(
      '--fitted <files...>',
      'what was fitted on its rows: refused unless they are on the training side',
      [],
    )
    .action(async (named: string, flags: { fitted: readonly string[] }) => {
      const folder = await versionFolder(named, placesOf(surroundings));
      const checks = await verifyVersion(folder, await fittedIn(flags.fitted));
      process.stdout.write(
        `${table(
          ['check', 'finding'],
          checks.map(({ name, wrong }) => [name, wrong ?? 'in order']),
        )}\n`,
      );
      if (checks.some((one) => one.wrong !== null)) process.exitCode = 1;
    });
}
