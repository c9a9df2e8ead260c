import type { Command } from 'commander';
import type { Surroundings } from '../cli.ts';
import { describeSettings, readConfig } from '../config.ts';
import { table } from '../table.ts';

/** `logster config`: every setting, what it is set to and what for. */
export function addConfigCommand(program: Command, { root, environment }: Surroundings): void {
  program
    .command('config')
    .description('show every setting, its value here and what it is for')
    .option('--json', 'print the settings in force as JSON')
    .action(({ json }: { json?: boolean }) => {
      const config = readConfig(environment, root);
      if (json) {
        process.stdout.write(`${JSON.stringify(config, null, 2)}\n`);
        return;
      }
      const inForce = config as unknown as Record<string, Record<string, unknown>>;
      const rows = describeSettings().map(({ name, standard, purpose }) => {
        const [section = '', key = ''] = name.split('.');
        const value = inForce[section]?.[key];
        return [name, value === undefined ? '' : JSON.stringify(value), standard, purpose];
      });
      process.stdout.write(`${table(['setting', 'here', 'default', 'what for'], rows)}\n`);
    });
}
