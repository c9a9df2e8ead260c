import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogsterError } from '../../contracts/errors.ts';
import { encodeExchange } from '../../models/exchange.ts';
import { type Contestant, type PeerForm, startBackends, startPeers } from './contestants.ts';
import type { GraphSet } from './graph-sets.ts';
import type { CaseOf } from './protocol.ts';
import { benchPython } from './python.ts';

/** Everyone who takes part, with the graphs loaded. */
export interface Arena {
  readonly ours: readonly Contestant[];
  /** PyTorch's forms; where there is no PyTorch, tfjs on plain JavaScript stands in. */
  readonly peers: readonly Contestant[];
  /** Gives a set of graphs to everyone, or to those named. */
  load(set: GraphSet, whom?: readonly Contestant[]): Promise<void>;
  close(): Promise<void>;
}

/** One sentence of progress. */
export type Say = (sentence: string) => void;

/** Says how far a benchmark is, on stderr. */
export const sayOnStderr: Say = (sentence) => void process.stderr.write(`bench: ${sentence}\n`);

/** Starts every contestant that can run here and says who cannot. */
export async function openArena(root: string, forms: readonly PeerForm[], say: Say): Promise<Arena> {
  const python = await benchPython(root, say);
  const { present, absent } = await startBackends(root);
  for (const { name, missing } of absent) say(`without ${name}: ${missing}`);
  const folder = await mkdtemp(join(tmpdir(), 'logster-bench-'));
  const started = 'python' in python ? await startPeers(root, python.python, forms, folder) : [];
  if ('missing' in python) say(`${python.missing}; rows stand beside plain tfjs instead`);
  const reference = present.filter(({ name }) => name === 'cpu');
  const peers = started.length > 0 ? started : reference.map((one) => ({ ...one, name: 'plain tfjs' }));
  const ours = started.length > 0 ? present : present.filter((one) => !reference.includes(one));
  const all = [...ours, ...peers];
  say(`contestants: ${all.map(({ name, detail }) => `${name} (${detail})`).join(', ')}`);
  return {
    ours,
    peers,
    load: (set, whom = all) => loadSet(set, whom, folder),
    async close() {
      await Promise.all(all.map((one) => one.close()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Writes a set of graphs into a folder and has contestants load it. */
export async function loadSet(
  { name, exchanges }: GraphSet,
  contestants: readonly Contestant[],
  folder: string,
): Promise<void> {
  const files: string[] = [];
  for (const exchange of exchanges) {
    const file = join(folder, `${name}-${exchange.batch.platform}.safetensors`);
    await writeFile(file, encodeExchange(exchange));
    files.push(file);
  }
  for (const one of contestants) await one.ask({ do: 'load', set: name, files });
}

/** Probabilities may differ by this much: float32 sums in another order, exponentials by other series. */
const TOLERANCE = 1e-4;

/** Scores a case once with everyone, which also warms them up. Throws when two do not agree. */
export async function checkAgreement(contestants: readonly Contestant[], of: CaseOf): Promise<void> {
  const answers = await Promise.all(
    contestants.map(async (one) => ({
      name: one.name,
      values: (await one.ask({ do: 'probabilities', ...of })).probabilities,
    })),
  );
  const [first] = answers;
  for (const { name, values } of answers) {
    const off = Math.max(...values.map((value, i) => Math.abs(value - (first?.values[i] ?? Number.NaN))));
    if (values.length === first?.values.length && off <= TOLERANCE) continue;
    const message = `${name} and ${first?.name} do not agree on ${of.set}, batch ${of.batch}: probabilities differ by ${off}`;
    throw new LogsterError('model-invalid', message);
  }
}
