import type { Tree, Trees } from './trees.ts';

/** Gives the logit of a row, as treesLogit() does and to the same bit. */
export type RowLogit = (row: Float32Array) => number;

/**
 * Trees in three arrays that a processor walks several times faster than objects. Nodes lie in the order of a walk that
 * goes left first, so that what lies left follows its branch.
 */
export function flatTrees({ base, trees }: Trees): RowLogit {
  const columns: number[] = []; // -1 for a leaf
  const values: number[] = []; // a branch's cut, a leaf's value
  const rights: number[] = []; // where a branch's right part begins
  const lay = (tree: Tree): void => {
    const at = columns.length;
    columns.push('column' in tree ? tree.column : -1);
    values.push('column' in tree ? tree.cut : tree.value);
    rights.push(0);
    if (!('column' in tree)) return;
    lay(tree.left);
    rights[at] = columns.length;
    lay(tree.right);
  };
  const roots = Int32Array.from(trees, (tree) => {
    const at = columns.length;
    lay(tree);
    return at;
  });
  const [column, value, right] = [
    Int32Array.from(columns),
    Float64Array.from(values),
    Int32Array.from(rights),
  ];
  return (row) => {
    let logit = base;
    for (let tree = 0; tree < roots.length; tree++) {
      let at = roots[tree] ?? 0;
      for (let cut = column[at] ?? -1; cut >= 0; cut = column[at] ?? -1)
        at = (row[cut] ?? 0) <= (value[at] ?? 0) ? at + 1 : (right[at] ?? 0);
      logit += value[at] ?? 0;
    }
    return logit;
  };
}
