import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeBatch } from '../contracts/graph-batch.ts';
import { graphsOf } from '../contracts/graphs-of.ts';
import type { Capture } from '../datasets/manifest.ts';
import type { CaptureReading } from '../datasets/version/build.ts';
import type { LabelledWindow } from '../datasets/version/row.ts';
import { encodeBatch } from '../featurize/batch.ts';
import { featureSchema } from '../featurize/features.ts';
import type { Alteration } from './alter-events.ts';
import type { Example, Pair } from './example.ts';
import type { CaptureWindows } from './windows-of.ts';
import { windowsOf } from './windows-of.ts';

/** Folders whose code decides what a capture's graphs are; a change in any of them empties the cache. */
const CODE = ['contracts', 'datasets', 'ingest', 'featurize', 'train'];

/** Files of `train` that come after the graphs: a change there leaves the cache alone. */
const GRAPHS_FROM = /^(alter-events|example|pairs-of|read-capture|rename-events|windows-of)/;

/**
 * The labelled windows and the pairs of a capture, from `folder` where they were kept before. Kept by the file's
 * sha256, what its entry in the manifest says that decides windows and labels, the feature schema and the code; a
 * capture without sha256 is never kept.
 */
export async function cachedWindows(
  capture: Capture,
  folder: string,
  codeVersion: string,
  alteration: Alteration = 'none',
): Promise<CaptureWindows> {
  const { unlabelled: _, ...content } = await kept(capture, folder, codeVersion, alteration);
  return content;
}

/** All windows of a capture as a dataset version names them; what was kept before need not be read again. */
export async function cachedReading(
  capture: Capture,
  folder: string,
  codeVersion: string,
): Promise<CaptureReading> {
  const { windows, unlabelled, parsing } = await kept(capture, folder, codeVersion, 'none');
  return { windows: [...windows, ...unlabelled], parsing };
}

interface Kept extends CaptureWindows {
  readonly unlabelled: readonly LabelledWindow[]; // neither trained on nor judged: their graphs are not kept
}

async function kept(
  capture: Capture,
  folder: string,
  codeVersion: string,
  alteration: Alteration,
): Promise<Kept> {
  if (capture.sha256 === null) return withoutUnknown(await windowsOf(capture, undefined, alteration));
  const key = createHash('sha256')
    .update(JSON.stringify([decisive(capture), featureSchema(capture.platform), codeVersion, alteration]))
    .digest('hex');
  const file = join(folder, `${key.slice(0, 40)}.graphs`);
  const bytes = await readFile(file).catch(() => null);
  if (bytes !== null) return decoded(bytes);
  const content = withoutUnknown(await windowsOf(capture, undefined, alteration));
  await mkdir(folder, { recursive: true });
  const own = `${file}.${process.pid}`; // another process may be writing the same
  await writeFile(own, encoded(capture, content));
  await rename(own, file); // a reader never sees half a file
  return content;
}

/** A hash of the code that makes graphs, found beside this file. */
export async function codeVersion(): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of CODE) {
    const path = join(import.meta.dirname, '..', folder);
    const names = (await readdir(path)).filter((name) => /(?<!\.test)\.(ts|js)$/.test(name)).sort();
    for (const name of names)
      if (folder !== 'train' || GRAPHS_FROM.test(name)) hash.update(await readFile(join(path, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** What decides a capture's windows and labels; the time that it spans does not, and a dataset version measures that anew. */
function decisive({ id, platform, source, sha256, role, attack, mark, useFrom, techniques, hosts }: Capture) {
  const machines = hosts.map(({ name, marker, suspect }) => [name, marker, suspect]);
  const marked = mark && [mark.start, mark.end];
  return [id, platform, source, sha256, role, attack, marked, useFrom, techniques, machines];
}

function withoutUnknown({ windows, pairs, parsing }: CaptureWindows): Kept {
  return {
    windows: windows.filter((one) => one.label !== 'unknown'),
    unlabelled: windows.filter((one) => one.label === 'unknown').map(named),
    ...{ pairs, parsing },
  };
}

/** A window as a dataset version names it, without its graph. */
function named({ host, start, end, label, graph }: Example): LabelledWindow {
  const { contentHash, eventCount, nodesPerType, relation, truncated } = graph;
  const facts = { contentHash, eventCount, nodesPerType, relation: { length: relation.length } };
  return { host, start, end, label, graph: { ...facts, ...(truncated && { truncated }) } };
}

type Bare = Omit<Example, 'graph'>;
interface Head {
  readonly parsing: CaptureWindows['parsing'];
  readonly windows: readonly Bare[];
  readonly unlabelled: readonly LabelledWindow[];
  readonly pairs: readonly { readonly kind: Pair['kind']; readonly before: Bare; readonly during: Bare }[];
}

/** Length of the head, the head as JSON, then all graphs as one Arrow stream: windows first, then pairs. */
function encoded(capture: Capture, { windows, unlabelled, pairs, parsing }: Kept): Buffer {
  const bare = ({ graph: _, ...rest }: Example): Bare => rest;
  const head: Head = {
    ...{ parsing, unlabelled },
    windows: windows.map(bare),
    pairs: pairs.map(({ kind, before, during }) => ({ kind, before: bare(before), during: bare(during) })),
  };
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  const graphs = [...windows, ...pairs.flatMap((pair) => [pair.before, pair.during])].map((one) => one.graph);
  return Buffer.concat([length, text, encodeBatch(capture.platform, graphs)]);
}

function decoded(bytes: Buffer): Kept {
  const end = 4 + bytes.readUInt32LE(0);
  const head = JSON.parse(bytes.toString('utf8', 4, end)) as Head; // our own file, written whole or not at all
  const graphs = graphsOf(decodeBatch(bytes.subarray(end)));
  const withGraph = (one: Bare, place: number): Example => {
    const graph = graphs[place];
    if (!graph) throw new RangeError(`A kept capture lacks graph ${place}; delete the cache`);
    return { ...one, graph };
  };
  const first = head.windows.length;
  return {
    ...{ parsing: head.parsing, unlabelled: head.unlabelled },
    windows: head.windows.map(withGraph),
    pairs: head.pairs.map(({ kind, before, during }, pair) => ({
      kind,
      before: withGraph(before, first + 2 * pair),
      during: withGraph(during, first + 2 * pair + 1),
    })),
  };
}
