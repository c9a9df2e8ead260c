import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LogsterError } from '../../contracts/errors.ts';
import {
  processorFeatures,
  SETUP_COMMAND,
  SETUP_RECORD,
  type SetupRecord,
  setupCommand,
  sourceHashes,
} from '../../models/native/setup-record.ts';
import { BINDING } from './compile.ts';
import { writeWhole } from './steps.ts';

/** What the named levels of x86_64 need, of what Linux lists (psABI); other names are for who knows the machine. */
const LEVELS: Readonly<Record<string, readonly string[]>> = {
  'x86-64-v2': ['sse4_2', 'popcnt'],
  'x86-64-v3': ['avx2', 'bmi2', 'f16c', 'fma', 'movbe'],
  'x86-64-v4': ['avx2', 'bmi2', 'f16c', 'fma', 'movbe', 'avx512f', 'avx512bw', 'avx512dq', 'avx512vl'],
};
/** Instruction sets that a compiler uses by itself for `native`. */
const USED_BY_COMPILERS =
  /^(avx|ssse|sse|fma|f16c|bmi|abm|popcnt|movbe|gfni|asimd|sve|atomics|fphp|i8mm|bf16)/;

/** Instruction sets that code compiled for `march` may use. */
export function neededFeatures(march: string, here: readonly string[]): string[] {
  if (march !== 'native') return [...(LEVELS[march] ?? [])];
  return here.filter((feature) => USED_BY_COMPILERS.test(feature));
}

/** Describes what lies in `home`, with a sha256 of every library. */
export async function describeSetup(
  home: string,
  made: Pick<SetupRecord, 'kind' | 'tensorflow' | 'compiler' | 'march'>,
  selfTest: SetupRecord['selfTest'] = { device: 'cpu', checks: [] },
): Promise<SetupRecord> {
  const sources = sourceHashes();
  const compiledForMarch = Object.keys(sources).length > 0;
  return {
    format: 1,
    ...made,
    sources,
    libraries: await hashFiles(home, librariesIn(home)),
    processor: compiledForMarch ? neededFeatures(made.march, processorFeatures()) : [],
    selfTest,
    createdAt: new Date().toISOString(),
  };
}

/** Writes the record that makes the folder whole, or under another name one that is still to be tested. */
export function writeRecord(home: string, record: object, file: string = SETUP_RECORD): void {
  writeWhole(join(home, file), `${JSON.stringify(record, null, 2)}\n`);
}

/** Takes the record away, so that nothing uses the folder until it is whole again. */
export function dropRecord(home: string, file: string = SETUP_RECORD): void {
  rmSync(join(home, file), { force: true });
}

/** Reads every library and compares it with the record; throws unavailable for the first that differs. */
export async function verifyLibraries(home: string, { libraries, kind }: SetupRecord): Promise<void> {
  const now = await hashFiles(home, Object.keys(libraries));
  for (const [file, { sha256 }] of Object.entries(libraries)) {
    if (now[file]?.sha256 === sha256) continue;
    throw new LogsterError(
      'unavailable',
      `${join(home, file)} is not what was set up; run \`${SETUP_COMMAND} -- --remove\` and \`${setupCommand(kind)}\``,
    );
  }
}

function librariesIn(home: string): string[] {
  return [
    BINDING,
    ...['tensorflow', 'tensorflow.libs', 'nvidia'].flatMap((folder) => sharedObjects(home, folder)),
  ];
}

function sharedObjects(home: string, folder: string): string[] {
  if (!statSync(join(home, folder), { throwIfNoEntry: false })) return [];
  return readdirSync(join(home, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.so(\.|$)/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

async function hashFiles(home: string, files: readonly string[]): Promise<SetupRecord['libraries']> {
  const libraries: SetupRecord['libraries'] = {};
  for (const file of files) {
    const digest = createHash('sha256');
    for await (const chunk of createReadStream(join(home, file), { highWaterMark: 1 << 20 }))
      digest.update(chunk);
    libraries[file] = { bytes: statSync(join(home, file)).size, sha256: digest.digest('hex') };
  }
  return libraries;
}
