import { z } from 'zod';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { download, proxied } from './mlflow-artifacts.ts';
import type { MlflowClient } from './mlflow-client.ts';
import type { MlflowVersion } from './mlflow-versions.ts';
import { modelFileSchema, sha256Of } from './model-file.ts';

/** The artifact of a version's run that says what belongs to the version. */
export const MANIFEST = 'manifest.json';

const MANIFEST_BYTES = 2 ** 20; // more than any has, for the timeout
/** Of about a kilobyte each; the champions of two platforms are read every few seconds. */
const REMEMBERED = 1000;

const manifestSchema = z.object({
  name: z.string(),
  files: z.array(modelFileSchema),
  tags: z.record(z.string(), z.string()),
  metrics: z.record(z.string(), z.number()),
});

/** What was given at a version's registration; MLflow has its number and time. */
export type Manifest = z.infer<typeof manifestSchema>;

/** Reads manifests, each from MLflow once: one is known by its sha256 and never changes. */
export function manifestReader(
  client: MlflowClient,
): (name: string, found: MlflowVersion) => Promise<Manifest> {
  const remembered = new Map<string, Manifest>();
  return async (name, { version, source, manifestSha256 }) => {
    const model = `${name}@${version}`;
    if (manifestSha256 === undefined)
      throw damaged(model, 'it was registered by something else than Logster');
    const known = remembered.get(manifestSha256);
    if (known) return known;
    const path = `${proxied(client, `Model ${model}`, source)}/${MANIFEST}`;
    const bytes = await download(client, path, MANIFEST_BYTES);
    if (!bytes) throw damaged(model, `${path} is missing`);
    if (sha256Of(bytes) !== manifestSha256) throw damaged(model, `${path} has changed since`);
    const manifest = parsed(bytes, model, path);
    remembered.set(manifestSha256, manifest);
    const oldest = remembered.size > REMEMBERED ? remembered.keys().next().value : undefined;
    if (oldest !== undefined) remembered.delete(oldest);
    return manifest;
  };
}

function parsed(bytes: Buffer, model: string, path: string): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(bytes.toString()));
  } catch (cause) {
    throw damaged(model, `${path} cannot be read: ${reasonOf(cause)}`);
  }
}

/** The model-invalid of a version whose files are not as they were registered. */
export function damaged(model: string, problem: string): LogsterError {
  return new LogsterError(
    'model-invalid',
    `Model ${model} cannot be used: ${problem}; register the model again`,
  );
}
