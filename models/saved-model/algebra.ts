import type { Attribute, GraphBuilder, Ref } from './graph-builder.ts';

/** TensorFlow's operations on float32 values, by the names of mathematics. */
export interface Algebra {
  readonly add: (a: Ref, b: Ref) => Ref;
  readonly sub: (a: Ref, b: Ref) => Ref;
  readonly mul: (a: Ref, b: Ref) => Ref;
  readonly div: (a: Ref, b: Ref) => Ref;
  readonly exp: (x: Ref) => Ref;
  readonly sqrt: (x: Ref) => Ref;
  readonly elu: (x: Ref) => Ref;
  /** The slope of the ELU that gave y. */
  readonly eluSlope: (y: Ref) => Ref;
  readonly sigmoid: (x: Ref) => Ref;
  readonly softplus: (x: Ref) => Ref;
  readonly isNan: (x: Ref) => Ref;
  readonly min: (a: Ref, b: Ref) => Ref;
  readonly max: (a: Ref, b: Ref) => Ref;
  /** 1 where a <= b, 0 elsewhere. */
  readonly atMost: (a: Ref, b: Ref) => Ref;
  readonly abs: (x: Ref) => Ref;
  readonly select: (condition: Ref, yes: Ref, no: Ref) => Ref;
  /** Holds values within +-limit. */
  readonly held: (x: Ref, limit: number) => Ref;
  readonly scalar: (value: number) => Ref;
  readonly matMul: (a: Ref, b: Ref, turned?: { readonly a?: boolean; readonly b?: boolean }) => Ref;
  readonly sum: (x: Ref, axes: readonly number[], keep?: boolean) => Ref;
  readonly gather: (x: Ref, rows: Ref) => Ref;
  /** Sum of the rows of each segment. */
  readonly segmentSum: (x: Ref, segment: Ref, segments: Ref) => Ref;
  /** A shape with -1 for the length that follows, or a shape computed in the graph. */
  readonly reshape: (x: Ref, shape: readonly number[]) => Ref;
  readonly concat: (parts: readonly Ref[], axis: number) => Ref;
  readonly split: (x: Ref, sizes: Ref | readonly number[], axis: number, parts: number) => Ref[];
  /** Length of the first axis, a whole number. */
  readonly rows: (x: Ref) => Ref;
}

/** The algebra of a builder's graph. */
export function algebraOf(builder: GraphBuilder): Algebra {
  const T: Attribute = { type: 'float' };
  const int: Attribute = { type: 'int32' };
  const bool: Attribute = { type: 'bool' };
  const one = (kind: string) => (x: Ref) => builder.op(kind, [x], { T });
  const two = (kind: string) => (a: Ref, b: Ref) => builder.op(kind, [a, b], { T });
  const scalar = (value: number) => builder.floats([value], []);
  const [add, min, max] = [two('AddV2'), two('Minimum'), two('Maximum')];
  const axis = (value: number) => builder.ints([value], []);
  const cast = (x: Ref) => builder.op('Cast', [x], { SrcT: bool, DstT: T, Truncate: { bool: false } });
  return {
    add,
    sub: two('Sub'),
    mul: two('Mul'),
    div: two('RealDiv'),
    exp: one('Exp'),
    sqrt: one('Sqrt'),
    elu: one('Elu'),
    eluSlope: (y) => add(min(y, scalar(0)), scalar(1)), // 1 above 0, y + 1 below
    sigmoid: one('Sigmoid'),
    softplus: one('Softplus'),
    isNan: one('IsNan'),
    abs: one('Abs'),
    min,
    max,
    atMost: (a, b) => cast(builder.op('LessEqual', [a, b], { T })),
    select: (condition, yes, no) => builder.op('SelectV2', [condition, yes, no], { T }),
    held: (x, limit) => min(max(x, scalar(-limit)), scalar(limit)),
    scalar,
    matMul: (a, b, turned = {}) =>
      builder.op('MatMul', [a, b], {
        T,
        transpose_a: { bool: turned.a ?? false },
        transpose_b: { bool: turned.b ?? false },
      }),
    sum: (x, axes, keep = false) =>
      builder.op('Sum', [x, builder.ints(axes)], { T, Tidx: int, keep_dims: { bool: keep } }),
    gather: (x, rows) =>
      builder.op('GatherV2', [x, rows, axis(0)], { Tparams: T, Tindices: int, Taxis: int }),
    segmentSum: (x, segment, segments) =>
      builder.op('UnsortedSegmentSum', [x, segment, segments], { T, Tindices: int, Tnumsegments: int }),
    reshape: (x, shape) => builder.op('Reshape', [x, builder.ints(shape)], { T, Tshape: int }),
    concat: (parts, along) =>
      builder.op('ConcatV2', [...parts, axis(along)], { N: { int: parts.length }, T, Tidx: int }),
    split: (x, sizes, along, parts) =>
      builder.outputs(
        parts,
        'SplitV',
        [x, typeof sizes === 'string' ? sizes : builder.ints(sizes), axis(along)],
        { T, Tlen: int, num_split: { int: parts } },
      ),
    rows: (x) => firstLength(builder, x),
  };
}

function firstLength(builder: GraphBuilder, x: Ref): Ref {
  const shape = builder.op('Shape', [x], { T: { type: 'float' }, out_type: { type: 'int32' } });
  const [from, to] = [builder.ints([0]), builder.ints([1])];
  return builder.op('StridedSlice', [shape, from, to, to], {
    T: { type: 'int32' },
    Index: { type: 'int32' },
    begin_mask: { int: 0 },
    end_mask: { int: 0 },
    ellipsis_mask: { int: 0 },
    new_axis_mask: { int: 0 },
    shrink_axis_mask: { int: 1 },
  });
}
