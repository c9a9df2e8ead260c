import type { Platform } from '../contracts/event.ts';
import { FEATURES, type HeteroGraph, NODE_TYPES, type NodeType, RELATIONS } from '../contracts/graph.ts';
import { FEATURE_TABLE } from '../featurize/features.ts';
import { withoutEdges } from './delete-parts.ts';

/** What is taken from a graph: all edges of a relation, by its place, or all features of a group. */
export type Ablation =
  | { readonly kind: 'relation'; readonly relation: number }
  | { readonly kind: 'features'; readonly group: AblationGroup };

/** Features that tell of one thing, by their names in the feature table, over all node types. */
export const FEATURE_GROUPS = {
  names: /Hash$/,
  'shape of names': /^(name(Length|Entropy|Digits|Labels|Longest)|doubleExtension)$/,
  location: /^(location|folder|depth|hive)$/,
  purpose: /^(class|kind|purpose)$/,
  text: /^(text[A-Z].*|lines)$/,
  acts: /^acts?[A-Z].*$/,
  ancestry: /^(begun|renamed|oddParent|shellParent)$/,
  privilege: /^privilege$/,
  address:
    /^(address|version6|port|portOther|portEphemeral|protocol|isName|nameLocal|portSpread|addressSpread)$/,
  operations: /^(operations|mix)$/,
  rarity: /^rarity$/,
  marks: /^marks$/,
} as const satisfies Readonly<Record<string, RegExp>>;
export type AblationGroup = keyof typeof FEATURE_GROUPS;

/** Everything that can be taken from a platform's graphs, one thing at a time. */
export function ablationsOf(platform: Platform): readonly Ablation[] {
  const groups = Object.keys(FEATURE_GROUPS) as AblationGroup[];
  const named = NODE_TYPES[platform].flatMap((type) => FEATURE_TABLE[platform][type].map(({ name }) => name));
  return [
    ...RELATIONS[platform].map((_, relation) => ({ kind: 'relation', relation }) as const),
    ...groups
      .filter((group) => named.some((name) => FEATURE_GROUPS[group].test(name)))
      .map((group) => ({ kind: 'features', group }) as const),
  ];
}

/** What an ablation takes, for people. */
export function ablationTitle(platform: Platform, ablation: Ablation): string {
  if (ablation.kind === 'features') return `features: ${ablation.group}`;
  const { source, name, target } = RELATIONS[platform][ablation.relation] ?? {};
  return `relation: ${source} ${name} ${target}`;
}

/** The graph without what the ablation takes: edges go and leave their nodes, features become 0. */
export function ablated(graph: HeteroGraph, ablation: Ablation): HeteroGraph {
  if (ablation.kind === 'relation') {
    const gone = [...graph.relation.keys()].filter((edge) => graph.relation[edge] === ablation.relation);
    return withoutEdges(graph, new Set(gone));
  }
  const features = graph.features.slice();
  let node = 0;
  const { platform } = graph.window;
  NODE_TYPES[platform].forEach((type, place) => {
    const places = placesOf(platform, type, FEATURE_GROUPS[ablation.group]);
    for (const end = node + (graph.nodesPerType[place] ?? 0); node < end; node++)
      for (const { from, to } of places) features.fill(0, node * FEATURES + from, node * FEATURES + to);
  });
  return { ...graph, features };
}

/** Where the features of a node type whose names match lie. */
export function placesOf(
  platform: Platform,
  type: NodeType,
  named: RegExp,
): readonly { readonly from: number; readonly to: number }[] {
  const places: { from: number; to: number }[] = [];
  let from = 0;
  for (const { name, width = 1 } of FEATURE_TABLE[platform][type]) {
    if (named.test(name)) places.push({ from, to: from + width });
    from += width;
  }
  return places;
}
