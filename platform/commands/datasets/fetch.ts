import type { Command } from 'commander';
import { LogsterError } from '../../../contracts/errors.ts';
import { type PublicSet, setsNamed } from '../../../datasets/fetch/catalogue.ts';
import {
  CAPTURES_FILE,
  fetchCaptures,
  licenceName,
  type Offer,
  offersIn,
  offersOf,
} from '../../../datasets/fetch/fetch.ts';
import type { Surroundings } from '../../cli.ts';
import { table } from '../../table.ts';
import { placesOf } from './places.ts';

interface FetchFlags {
  readonly from?: string;
  readonly to?: string;
  readonly acceptLicence: readonly string[];
}

/** `logster datasets fetch`: brings captures to this machine, each checked by sha256. */
export function addFetchCommand(datasets: Command, surroundings: Surroundings): void {
  datasets
    .command('fetch')
    .description('bring public captures here, or those of a folder; run it again to go on where it broke off')
    .argument('[sets...]', 'names from `logster datasets list`, or all')
    .option('--from <folder>', 'a folder with a MANIFEST.json and its files, instead of public sets')
    .option('--to <folder>', 'where the captures go; datasets/captures below the data directory otherwise')
    .option(
      '--accept-licence <name>',
      'a licence that you have read and accept; may be given again',
      again,
      [],
    )
    .action(async (names: string[], flags: FetchFlags) => {
      if (flags.from !== undefined && names.length > 0)
        throw new LogsterError('input-invalid', `Give either --from or names of sets (${names.join(', ')})`);
      const sets = flags.from === undefined ? setsNamed(names) : [];
      const offers = flags.from === undefined ? offersOf(sets) : await offersIn(flags.from);
      const toFolder = flags.to ?? placesOf(surroundings).captures;
      process.stderr.write(`${licences(offers)}\n${sets.map(about).join('')}`);
      const { brought, there, refused } = await fetchCaptures({
        offers,
        toFolder,
        accepted: flags.acceptLicence,
        report: (line) => process.stderr.write(`${line}\n`),
      });
      const left = Object.entries(refused).map(([name, count]) => `${count} under "${name}"`);
      process.stdout.write(
        `${brought} captures brought, ${there} were there; ${toFolder}/${CAPTURES_FILE} lists them` +
          `${left.length > 0 ? `. Not accepted, so left out: ${left.join(', ')}` : ''}\n`,
      );
    });
}

const again = (value: string, before: readonly string[]): readonly string[] => [...before, value];

function licences(offers: readonly Offer[]): string {
  const rows = new Map<string, { captures: number; bytes: number }>();
  for (const { capture } of offers) {
    const name = licenceName(capture.licence);
    const row = rows.get(name) ?? { captures: 0, bytes: 0 };
    rows.set(name, { captures: row.captures + 1, bytes: row.bytes + (capture.bytes ?? 0) });
  }
  const cells = [...rows].map(([name, { captures, bytes }]) => [
    name,
    captures,
    Number((bytes / 2 ** 20).toFixed(2)),
  ]);
  return table(['licence', 'captures', 'MiB'], cells);
}

const about = ({ name, licence, licenceAddress, homepage, conversion }: PublicSet): string =>
  `${name} (${homepage}): ${licence}, its text is ${licenceAddress}. Conversion: ${conversion}\n`;
