import { randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { systemClock } from '../telemetry/clock.ts';
import type { Clock } from '../telemetry/telemetry.ts';
import { byTime, decodeEntry, encodeEntry } from './history.ts';
import { describeFile, intactBytes, modelFileSchema } from './model-file.ts';
import { checkedName, knownAlias, missingFile, missingVersion, VERSION } from './names.ts';
import type { ModelFile, ModelVersion, Registry } from './registry.ts';

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  createdAt: z.number(),
  files: z.array(modelFileSchema),
  tags: z.record(z.string(), z.string()),
  metrics: z.record(z.string(), z.number()),
});

/**
 * Models in a folder: `<model>/<version>/manifest.json`, `<model>/<version>/files/…` and `…/reports/…`,
 * `<model>/aliases/<alias>` with a version's number, and a file per line of its history. A version is there once its
 * manifest is; its number is taken by making its folder, which only one process can. Files are written through to the
 * disk.
 */
export function folderRegistry(options: {
  readonly directory: string;
  readonly clock?: Pick<Clock, 'now'>;
}): Registry {
  const { directory, clock = systemClock } = options;
  let closed = false;
  const folderOf = (name: string): string => {
    if (closed) throw new LogsterError('closed', `The registry in ${directory} was closed; open it again`);
    return join(directory, checkedName('model', name));
  };

  const registry: Registry = {
    async register(name, { files, tags, metrics }) {
      const contents = Object.entries(files);
      for (const [file] of contents) checkedName('file', file);
      const { folder, version } = await takeNumber(folderOf(name));
      await mkdir(join(folder, 'files'));
      for (const [file, bytes] of contents) {
        const path = join(folder, 'files', file);
        await writeThrough(path, bytes);
        await chmod(path, 0o444);
      }
      await syncFolder(join(folder, 'files'));
      const listed = contents.map(([file, bytes]) => describeFile(file, bytes));
      const manifest: ModelVersion = { name, version, createdAt: clock.now(), files: listed, tags, metrics };
      await replaceFile(folder, 'manifest.json', JSON.stringify(manifest, null, 2));
      return manifest;
    },
    async versions(name) {
      const folder = folderOf(name);
      const manifests = (await numbersIn(folder)).map((version) => manifestIn(folder, version));
      return (await Promise.all(manifests)).filter((manifest) => manifest !== undefined);
    },
    async version(name, version) {
      const folder = folderOf(name);
      const manifest = VERSION.test(version) ? await manifestIn(folder, version) : undefined;
      if (manifest) return manifest;
      throw missingVersion(name, version, await registry.versions(name));
    },
    async file(name, version, file) {
      const manifest = await registry.version(name, version);
      const listed = manifest.files.find((one) => one.name === file);
      if (!listed) throw missingFile(`${name}@${version}`, file, manifest.files);
      return intact(join(folderOf(name), version, 'files', file), listed, `${name}@${version}`);
    },
    async alias(name, alias) {
      const version = await textOf(join(folderOf(name), 'aliases', knownAlias(alias)));
      return version === undefined ? undefined : registry.version(name, version.trim());
    },
    async setAlias(name, alias, version) {
      knownAlias(alias);
      await registry.version(name, version);
      const folder = join(folderOf(name), 'aliases');
      await mkdir(folder, { recursive: true });
      await replaceFile(folder, alias, version);
    },
    async removeAlias(name, alias) {
      await rm(join(folderOf(name), 'aliases', knownAlias(alias)), { force: true });
    },
    async attach(name, version, file, bytes) {
      await registry.version(name, version);
      const folder = join(folderOf(name), version, 'reports');
      await mkdir(folder, { recursive: true });
      await replaceFile(folder, checkedName('report', file), bytes);
    },
    async attached(name, version, file) {
      await registry.version(name, version);
      return bytesOf(join(folderOf(name), version, 'reports', checkedName('report', file)));
    },
    async record(name, entry) {
      const line = encodeEntry(entry);
      await registry.version(name, entry.version);
      const folder = join(folderOf(name), 'history');
      await mkdir(folder, { recursive: true });
      await replaceFile(folder, `${Math.round(entry.at * 1000)}-${randomUUID()}.json`, line);
    },
    async history(name) {
      const folder = join(folderOf(name), 'history');
      const files = (await namesIn(folder)).filter((file) => /^\d/.test(file)).sort(); // not the unfinished
      const lines = files.map(async (file) => decodeEntry(await readFile(join(folder, file), 'utf8'), file));
      return byTime(await Promise.all(lines));
    },
    async close() {
      closed = true;
    },
  };
  return registry;
}

/** The next free number: whoever makes the folder has it. A number whose registering process died stays unused. */
async function takeNumber(model: string): Promise<{ readonly folder: string; readonly version: string }> {
  await mkdir(model, { recursive: true });
  for (let number = Number((await numbersIn(model)).at(-1) ?? 0) + 1; ; number += 1) {
    const folder = join(model, String(number));
    try {
      await mkdir(folder);
      return { folder, version: String(number) };
    } catch (cause) {
      if (codeOf(cause) !== 'EEXIST') throw unwritable(folder, cause);
    }
  }
}

async function numbersIn(model: string): Promise<readonly string[]> {
  const names = (await namesIn(model)).filter((name) => VERSION.test(name));
  return names.sort((a, b) => Number(a) - Number(b));
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return [];
    throw cause;
  }
}

async function manifestIn(model: string, version: string): Promise<ModelVersion | undefined> {
  const path = join(model, version, 'manifest.json');
  const text = await textOf(path);
  if (text === undefined) return undefined;
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new LogsterError(
      'model-invalid',
      `${path} is damaged: ${reasonOf(cause)}; register the model again`,
      {
        cause,
      },
    );
  }
}

async function intact(path: string, listed: ModelFile, model: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    const message = `${path} of model ${model} cannot be read: ${reasonOf(cause)}; register the model again`;
    throw new LogsterError('model-invalid', message, { cause });
  });
  return intactBytes(bytes, listed, model, path);
}

/** Puts a file in place in one step, down to the disk: who reads it meets the old text or the new one, whole. */
async function replaceFile(folder: string, name: string, content: Buffer | string): Promise<void> {
  const temporary = join(folder, `.${name}.${randomUUID()}`);
  await writeThrough(temporary, content);
  await rename(temporary, join(folder, name));
  await syncFolder(folder);
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return; // its folders cannot be opened, and NTFS journals names itself
  const entry = await open(folder, 'r');
  await entry.sync().finally(() => entry.close());
}

async function writeThrough(path: string, content: Buffer | string): Promise<void> {
  try {
    const file = await open(path, 'wx');
    await file
      .writeFile(content)
      .then(() => file.sync())
      .finally(() => file.close());
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

async function textOf(path: string): Promise<string | undefined> {
  return (await bytesOf(path))?.toString('utf8');
}

async function bytesOf(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

function unwritable(path: string, cause: unknown): LogsterError {
  return new LogsterError(
    'unavailable',
    `Cannot write ${path}: ${reasonOf(cause)}; check that this user may`,
    { cause },
  );
}

function codeOf(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : undefined;
}
