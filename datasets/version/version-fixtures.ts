import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Manifest, parseManifest } from '../manifest.ts';
import { type BuildOptions, type BuiltVersion, buildVersion, type ReadWindows } from './build.ts';
import type { LabelledWindow } from './row.ts';

/** Epoch seconds at which the first recording begins; the others follow a day apart. */
export const START = 1_700_000_100;
const DAY = 86_400;

/** A folder with one small file per entry and their manifest. Tests put their own fields over the entries. */
export function captureFolder(entries: readonly Record<string, unknown>[]): {
  readonly folder: string;
  readonly manifest: Manifest;
} {
  const folder = mkdtempSync(join(tmpdir(), 'logster-version-'));
  const captures = entries.map((entry, place) => {
    const id = `c${place}`;
    writeFileSync(join(folder, id), `the lines of ${id}`);
    return {
      id,
      platform: 'linux',
      file: id,
      cluster: `k${place}`,
      lab: `l${place % 2}`,
      licence: 'MIT',
      role: 'train and judge',
      attack: place % 2 === 0 ? 'mixed' : false,
      techniques: place % 2 === 0 ? ['T1053.003'] : [],
      hosts: [`h${place}`],
      first_ts: START + place * DAY,
      last_ts: START + place * DAY + 100,
      ...entry,
    };
  });
  return { folder, manifest: parseManifest({ captures }, folder) };
}

/** Three windows of each capture's first machine: an attack or a benign one, another, and an unknown one. */
export const readThree: ReadWindows = async (capture) => {
  const from = capture.from ?? START;
  const labels = [capture.attack === false ? 'benign' : 'attack', 'benign', 'unknown'] as const;
  const windows = labels.map((label, place): LabelledWindow => {
    const end = from + 30 * (place + 1);
    const graph = {
      contentHash: `graph ${capture.id} ${place}`,
      eventCount: 10 * (place + 1),
      nodesPerType: [2, 1, 0, 0, place],
      relation: new Uint8Array(4 + place),
    };
    return { host: capture.hosts[0]?.name ?? 'h', start: end - 180, end, label, graph };
  });
  return { windows, parsing: { lines: 9, events: 8, dropped: { noise: 1 }, dead: 0, error: null } };
};

/** Builds a version of entries in a folder of its own. */
export async function builtOf(
  entries: readonly Record<string, unknown>[],
  options: Partial<BuildOptions> = {},
): Promise<BuiltVersion & { readonly captures: string }> {
  const { folder, manifest } = captureFolder(entries);
  const built = await buildVersion({
    manifest,
    captureFolder: folder,
    readWindows: readThree,
    outFolder: join(folder, 'versions'),
    folds: 2,
    fitted: [],
    report: () => undefined,
    ...options,
  });
  return { ...built, captures: folder };
}
