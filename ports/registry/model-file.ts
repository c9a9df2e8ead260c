import { createHash } from 'node:crypto';
import { z } from 'zod';
import { LogsterError } from '../../contracts/errors.ts';
import { NAME } from './names.ts';
import type { ModelFile } from './registry.ts';

/** A manifest's entry of one file. */
export const modelFileSchema = z.object({
  name: z.string().regex(NAME),
  sizeBytes: z.number(),
  sha256: z.string(),
});

/** The entry that a manifest has for these bytes. */
export function describeFile(name: string, bytes: Buffer): ModelFile {
  return { name, sizeBytes: bytes.length, sha256: sha256Of(bytes) };
}

/** The bytes, if they are those of the entry; else throws model-invalid. `place` says where they were read. */
export function intactBytes(bytes: Buffer, listed: ModelFile, model: string, place: string): Buffer {
  const { sha256 } = describeFile(listed.name, bytes);
  if (bytes.length === listed.sizeBytes && sha256 === listed.sha256) return bytes;
  throw new LogsterError(
    'model-invalid',
    `${place} of model ${model} is damaged: it has ${bytes.length} bytes of sha256 ${sha256}, the manifest says ` +
      `${listed.sizeBytes} of ${listed.sha256}; register the model again`,
  );
}

export function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
