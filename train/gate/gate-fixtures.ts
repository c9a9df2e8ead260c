import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Capture } from '../../datasets/manifest.ts';
import { readManifest } from '../../datasets/manifest.ts';
import { decodeModel, encodeModel, goldenOf, MODEL_FILES } from '../../models/artifact.ts';
import { besideTrees } from '../../models/beside-trees.ts';
import type { Model } from '../../models/engine.ts';
import type { Tree } from '../../models/trees.ts';
import { wasmEngine } from '../../models/wasm/engine.ts';
import { calibrate } from '../calibrate.ts';
import { fitNetwork, type Recipe } from '../fit.ts';
import { examplesOf, plainEngine } from '../fit-all.ts';
import { fitProcessTrees } from '../fit-process-trees.ts';
import { TREES_PAIR_SHARE } from '../fit-trees.ts';
import { RECIPES } from '../recipes.ts';
import { scoresOf } from '../score-graphs.ts';
import type { ReadCapture } from '../weights.ts';
import type { CaptureWindows } from '../windows-of.ts';

const root = join(import.meta.dirname, '..', '..');

/** The manifest of the sessions that come with the product. */
export const SESSIONS = join(root, 'datasets/sessions/MANIFEST.json');

/** Held-back sessions as eBPF saw them, the first of each kind: so many with an attack, then so many ordinary ones. */
export async function heldBackSessions(attacked: number, ordinary: number): Promise<readonly Capture[]> {
  const { captures } = await readManifest(SESSIONS);
  const held = captures.filter((one) => one.heldBack && one.source === 'ebpf');
  return [
    ...held.filter((one) => one.attack !== false).slice(0, attacked),
    ...held.filter((one) => one.attack === false).slice(0, ordinary),
  ];
}

/** Sessions by the end of their ids. */
export async function sessions(...ends: readonly string[]): Promise<readonly Capture[]> {
  const { captures } = await readManifest(SESSIONS);
  return captures.filter((one) => ends.some((end) => one.id.endsWith(end)));
}

/** The files of the Linux model that ships. */
export function shippedFiles(): Record<string, Buffer> {
  const folder = join(root, 'models/linux');
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

/** A version's files with another model in them, whose golden scores are its own. */
export async function filesOf(model: Model): Promise<Record<string, Buffer>> {
  const engine = besideTrees(wasmEngine(model), model);
  const shipped = decodeModel(shippedFiles()).golden;
  if (!shipped) throw new Error('the shipped model has no golden batch');
  const golden = await goldenOf(engine, shipped.batch);
  engine.close();
  return encodeModel({ ...model, golden });
}

/** A version's files with its manifest changed; everything else stays as it is. */
export function withManifest(
  files: Record<string, Buffer>,
  change: Readonly<Record<string, unknown>>,
): Record<string, Buffer> {
  const manifest: unknown = JSON.parse(files[MODEL_FILES.manifest]?.toString('utf8') ?? '');
  const changed = { ...(manifest as object), ...change };
  return { ...files, [MODEL_FILES.manifest]: Buffer.from(JSON.stringify(changed)) };
}

/** A model that scores the same and takes so many times as long over its trees: each tree is parted. */
export function slowed(model: Model, times: number): Model {
  if (!model.trees) throw new Error('the model has no trees');
  const part = (tree: Tree): Tree =>
    'value' in tree
      ? { value: tree.value / times }
      : { ...tree, left: part(tree.left), right: part(tree.right) };
  const trees = model.trees.trees.flatMap((tree) => Array.from({ length: times }, () => part(tree)));
  return { ...model, trees: { ...model.trees, trees } };
}

/** A network and trees that learnt that what is an attack is none, and the other way round. */
export async function trainedOnFlippedLabels(like: Model, captures: readonly ReadCapture[]): Promise<Model> {
  const flippedCaptures = captures.map(({ capture, content }) => ({ capture, content: flipped(content) }));
  const recipe: Recipe = {
    ...RECIPES.linux,
    ...{
      seed: 1,
      epochs: 6,
      fewestEpochs: 6,
      drawsPerEpoch: 256,
      averageSteps: 8,
      dropout: { node: 0, edge: 0, feature: 0 },
    },
  };
  const examples = examplesOf(flippedCaptures, 0);
  const { parameters } = await fitNetwork('linux', examples, recipe);
  const grown = fitProcessTrees(examplesOf(flippedCaptures, TREES_PAIR_SHARE), 1);
  const { scaling: _, ...manifest } = like.manifest;
  const trees = { ...grown, over: 'processes', share: RECIPES.linux.treeShare } as const;
  const engine = besideTrees(plainEngine('linux', parameters), {
    manifest: like.manifest,
    parameters,
    trees,
  });
  const benign = examples.filter(({ example }) => example.label === 'benign');
  const { logits } = await scoresOf(
    engine,
    benign.map(({ example }) => example.graph),
  );
  engine.close();
  const { scaling } = calibrate(
    benign.map(({ example }, place) => ({ host: example.host, score: logits[place] ?? 0 })),
  );
  const { featureScale: __, ...own } = manifest;
  return { manifest: { ...own, scaling }, parameters, trees };
}

function flipped(content: CaptureWindows): CaptureWindows {
  const other = { attack: 'benign', benign: 'attack', unknown: 'unknown' } as const;
  return { ...content, windows: content.windows.map((one) => ({ ...one, label: other[one.label] })) };
}
