import { type Command, Option } from 'commander';
import { LogsterError } from '../../contracts/errors.ts';
import { newApiKey, readKeys, writeKeys } from '../../ports/access/api-keys.ts';
import { ROLES, type Role } from '../../ports/access/roles.ts';
import type { Surroundings } from '../cli.ts';
import { readConfig } from '../config.ts';
import { table } from '../table.ts';

/** `logster keys`: who may ask the API and the dashboard. */
export function addKeysCommand(program: Command, { root, environment }: Surroundings): void {
  const keys = program.command('keys').description('API keys: who may ask the API and the dashboard');
  const keysFile = (): string => {
    const { keys_file: file } = readConfig(environment, root).auth;
    if (file !== undefined) return file;
    throw new LogsterError(
      'config-invalid',
      'No key file is set; name one with auth.keys_file or LOGSTER_AUTH__KEYS_FILE',
    );
  };
  keys
    .command('add')
    .description('make a key; it is shown once')
    .argument('<name>', 'whose it is')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).default('analyst'))
    .option('--tenants <tenants>', 'which tenants it sees, by comma; * for all', '*')
    .action(async (name: string, { role, tenants }: { role: Role; tenants: string }) => {
      const file = keysFile();
      const known = await readKeys(file);
      if (known.some((key) => key.name === name)) {
        throw new LogsterError(
          'conflict',
          `There is a key of ${name} already; \`logster keys remove ${name}\` first`,
        );
      }
      const owner = {
        name,
        role,
        tenants: tenants === '*' ? ('*' as const) : tenants.split(','),
        at: Date.now() / 1000,
      };
      const { secret, key } = newApiKey(owner);
      await writeKeys(file, [...known, key]);
      process.stderr.write(`Key of ${name} (${role}); it is not shown again:\n`);
      process.stdout.write(`${secret}\n`);
    });
  keys
    .command('list')
    .description('names, roles and tenants; never the keys')
    .action(async () => {
      const rows = (await readKeys(keysFile())).map(({ name, role, tenants, created_at: at }) => [
        name,
        role,
        tenants === '*' ? '*' : tenants.join(','),
        new Date(at * 1000).toISOString().slice(0, 10),
      ]);
      process.stdout.write(`${table(['name', 'role', 'tenants', 'since'], rows)}\n`);
    });
  keys
    .command('remove')
    .description('take a key back')
    .argument('<name>')
    .action(async (name: string) => {
      const file = keysFile();
      const known = await readKeys(file);
      const kept = known.filter((key) => key.name !== name);
      if (kept.length === known.length)
        throw new LogsterError('not-found', `No key of ${name}; \`logster keys list\` shows those there are`);
      await writeKeys(file, kept);
      process.stdout.write(`The key of ${name} is no longer accepted\n`);
    });
}
