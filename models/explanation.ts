/** What carried one graph's attack logit. Contributions are signed and in log-odds. */
export interface Explanation {
  /** [nodes] the fall of the logit, to first order, when the node is taken away with the messages that it sends. */
  readonly node: Float32Array;
  /** [edges] attention x gradient of the attention, summed over both directions, all layers and heads. */
  readonly edge: Float32Array;
  /** [edges] attention paid to the edge's two messages, mean of layers and heads, at most 2. */
  readonly attention: Float32Array;
  /** [nodes, FEATURES] gradient of the logit by the feature x the feature. */
  readonly input: Float32Array;
}

/** Some neighbouring places of a node's features that have one name. */
export interface FeatureGroup {
  readonly name: string;
  readonly width?: number; // 1 unless told
}

/** What one named group of a node's features added to the logit. */
export interface FeaturePart {
  readonly name: string;
  readonly contribution: number; // log-odds, signed
}

/** The groups of one node's features that add most or take most, the strongest first. `input` [FEATURES]. */
export function strongestFeatures(
  input: Float32Array,
  groups: readonly FeatureGroup[],
  most: number,
): readonly FeaturePart[] {
  let place = 0;
  const parts = groups.map(({ name, width = 1 }): FeaturePart => {
    let contribution = 0;
    for (const end = place + width; place < end; place++) contribution += input[place] ?? 0;
    return { name, contribution };
  });
  return parts
    .filter(({ contribution }) => contribution !== 0)
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
    .slice(0, most);
}
