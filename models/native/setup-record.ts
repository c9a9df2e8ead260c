import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';

/** The command that brings native TensorFlow to a machine. */
export const SETUP_COMMAND = 'npm run setup:native';

/** The command for one of the two kinds. */
export function setupCommand(kind: 'cpu' | 'gpu'): string {
  return kind === 'gpu' ? `${SETUP_COMMAND} -- --gpu` : SETUP_COMMAND;
}

/** Its last file: without it a folder is not whole. */
export const SETUP_RECORD = 'setup.json';

const fileSchema = z.object({ bytes: z.number().int().nonnegative(), sha256: z.string() });

/** What a finished set-up says of itself. */
export const setupRecordSchema = z.object({
  format: z.literal(1),
  kind: z.enum(['cpu', 'gpu']),
  tensorflow: z.string(), // version of the wheel that the libraries come from
  /** sha256 of every source of our own that is compiled into the binding. */
  sources: z.record(z.string(), z.string()),
  /** The binding and TensorFlow's own libraries, by their path below the folder. */
  libraries: z.record(z.string(), fileSchema),
  compiler: z.string(),
  march: z.string(), // what our own sources were compiled for: `native` belongs to this machine alone
  processor: z.array(z.string()), // instruction sets that a machine needs to run them
  /** Where operations really ran, and what was checked there. */
  selfTest: z.object({ device: z.enum(['cpu', 'gpu']), checks: z.array(z.string()) }),
  createdAt: z.string(), // ISO 8601
});
export type SetupRecord = z.infer<typeof setupRecordSchema>;

/**
 * Reads what `home` holds and checks that it is whole, was made from today's sources and can run on this processor.
 * Throws unavailable with the reason and the command that mends it.
 */
export function readSetup(home: string, file: string = SETUP_RECORD): SetupRecord {
  const record = readRecord(join(home, file));
  const { kind } = record;
  const now = sourceHashes();
  for (const name of new Set([...Object.keys(now), ...Object.keys(record.sources)])) {
    if (now[name] !== record.sources[name]) throw unusable(`${name} has changed since it was compiled`, kind);
  }
  for (const [file, { bytes }] of Object.entries(record.libraries)) {
    if (statSync(join(home, file), { throwIfNoEntry: false })?.size !== bytes) {
      throw unusable(`${file} is missing or incomplete`, kind);
    }
  }
  const here = new Set(processorFeatures());
  const lacking = record.processor.filter((feature) => !here.has(feature));
  if (lacking.length > 0) {
    throw unusable(`it was compiled for a processor with ${lacking.slice(0, 5).join(', ')}`, kind);
  }
  return record;
}

/** The project's folder, whether this runs compiled or from source. */
export function projectFolder(): string {
  const above = join(import.meta.dirname, '..', '..');
  return basename(above) === 'dist' ? dirname(above) : above;
}

/** Our own C++ sources and headers that belong into the binding, in a fixed order. */
export function nativeSources(): string[] {
  const checkout = join(projectFolder(), 'models', 'native', 'ops');
  const folder = existsSync(checkout) ? checkout : join(import.meta.dirname, 'ops'); // an image may hold the compiled files alone
  return readdirSync(folder)
    .filter((name) => /\.(cc|h)$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** sha256 of each of our own C++ sources, by file name. */
export function sourceHashes(sources: readonly string[] = nativeSources()): Record<string, string> {
  return Object.fromEntries(
    sources.map((file) => [basename(file), createHash('sha256').update(readFileSync(file)).digest('hex')]),
  );
}

/** The instruction sets of this machine as Linux names them; none where there is no /proc. */
export function processorFeatures(): string[] {
  const file = '/proc/cpuinfo';
  if (!existsSync(file)) return [];
  const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync(file, 'utf8'));
  return line?.[1]?.trim().split(/\s+/) ?? [];
}

function readRecord(file: string): SetupRecord {
  if (!existsSync(file)) throw unavailable(`Native TensorFlow is not set up here; run \`${SETUP_COMMAND}\``);
  try {
    return setupRecordSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw unusable(`${file} cannot be read: ${reasonOf(cause)}`, 'cpu', cause);
  }
}

function unusable(reason: string, kind: SetupRecord['kind'], cause?: unknown): LogsterError {
  return unavailable(
    `Native TensorFlow cannot be used: ${reason}; run \`${setupCommand(kind)}\` again`,
    cause,
  );
}

function unavailable(message: string, cause?: unknown): LogsterError {
  return new LogsterError('unavailable', message, cause === undefined ? undefined : { cause });
}
