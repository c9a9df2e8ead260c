import { type Bytes, bytesField, floatField, mapField, message, wholeField } from './wire.ts';

/** An output of an operation: `name`, or `name:1` for its second one. */
export type Ref = string;

/** The element types used here, with their numbers in tensorflow/core/framework/types.proto. */
export type ElementType = 'float' | 'int32' | 'bool';
const TYPE_NUMBERS: Record<ElementType, number> = { float: 1, int32: 3, bool: 10 };

/** An operation's attribute (tensorflow/core/framework/attr_value.proto). */
export type Attribute =
  | { readonly type: ElementType }
  | { readonly int: number }
  | { readonly float: number }
  | { readonly bool: boolean };

/** A named end of a graph: where values go in or come out; -1 is a length that follows from the values. */
export interface Port {
  readonly ref: Ref;
  readonly type: ElementType;
  readonly shape: readonly number[];
}

/** Puts a TensorFlow graph together, operation by operation. */
export interface GraphBuilder {
  /** A value given at every run. */
  input(name: string, type: ElementType, shape: readonly number[]): Ref;
  /** A value that is part of the graph. */
  floats(values: ArrayLike<number>, shape: readonly number[]): Ref;
  ints(values: ArrayLike<number>, shape?: readonly number[]): Ref;
  /** An operation with one output. */
  op(kind: string, inputs: readonly Ref[], attributes?: Readonly<Record<string, Attribute>>): Ref;
  /** An operation with several outputs. */
  outputs(
    count: number,
    kind: string,
    inputs: readonly Ref[],
    attributes?: Readonly<Record<string, Attribute>>,
  ): Ref[];
  /** Gives an output a name of its own. */
  output(name: string, ref: Ref, shape: readonly number[]): void;
  /** Every value given at a run, by name. */
  inputs(): Readonly<Record<string, Port>>;
  /** Every named output. */
  signature(): Readonly<Record<string, Port>>;
  /** The graph as a GraphDef message. */
  graph(): Bytes;
}

/** Version of the graph's form (TF_GRAPH_DEF_VERSION of TensorFlow 2.12), which all later ones read. */
const PRODUCER = 1286;

/** A builder with nothing in it. */
export function graphBuilder(): GraphBuilder {
  const nodes: Bytes[] = [];
  const ports: Record<string, Port> = {};
  const outputs: Record<string, Port> = {};
  const add = (
    name: string,
    kind: string,
    inputs: readonly Ref[],
    attributes: Readonly<Record<string, Bytes>>,
  ): Ref => {
    nodes.push(
      bytesField(
        1,
        message([
          bytesField(1, name),
          bytesField(2, kind),
          ...inputs.map((input) => bytesField(3, input)),
          mapField(5, attributes),
        ]),
      ),
    );
    return name;
  };
  const next = () => `n${nodes.length}`;
  const constant = (type: ElementType, values: Float32Array | Int32Array, shape: readonly number[]): Ref => {
    const content = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    const tensor = message([
      wholeField(1, TYPE_NUMBERS[type]),
      bytesField(2, shapeMessage(shape)),
      bytesField(4, content),
    ]);
    return add(next(), 'Const', [], {
      dtype: wholeField(6, TYPE_NUMBERS[type]),
      value: bytesField(8, tensor),
    });
  };
  const op: GraphBuilder['op'] = (kind, inputs, attributes = {}) =>
    add(next(), kind, inputs, Object.fromEntries(Object.entries(attributes).map(([k, v]) => [k, encode(v)])));
  return {
    input(name, type, shape) {
      ports[name] = { ref: name, type, shape };
      return add(name, 'Placeholder', [], {
        dtype: wholeField(6, TYPE_NUMBERS[type]),
        shape: bytesField(7, shapeMessage(shape)),
      });
    },
    floats: (values, shape) => constant('float', Float32Array.from(values), shape),
    ints: (values, shape = [values.length]) => constant('int32', Int32Array.from(values), shape),
    op,
    outputs(count, kind, inputs, attributes) {
      const name = op(kind, inputs, attributes);
      return Array.from({ length: count }, (_, place) => (place === 0 ? name : `${name}:${place}`));
    },
    output(name, ref, shape) {
      add(name, 'Identity', [ref], { T: wholeField(6, TYPE_NUMBERS.float) });
      outputs[name] = { ref: name, type: 'float', shape };
    },
    inputs: () => ports,
    signature: () => outputs,
    graph: () => message([...nodes, bytesField(4, wholeField(1, PRODUCER))]),
  };
}

/** A SavedModel of one graph, as the bytes of its `saved_model.pb`; `serving_default` gives every named output. */
export function savedModelOf(builder: GraphBuilder): Bytes {
  const signature = message([
    mapField(1, tensorInfos(builder.inputs())),
    mapField(2, tensorInfos(builder.signature())),
    bytesField(3, 'tensorflow/serving/predict'),
  ]);
  const metaGraph = message([
    bytesField(1, bytesField(4, 'serve')),
    bytesField(2, builder.graph()),
    mapField(5, { serving_default: signature }),
  ]);
  return message([wholeField(1, 1), bytesField(2, metaGraph)]);
}

function tensorInfos(ports: Readonly<Record<string, Port>>): Record<string, Bytes> {
  return Object.fromEntries(
    Object.entries(ports).map(([name, { ref, type, shape }]) => [
      name,
      message([
        bytesField(1, `${ref}:0`),
        wholeField(2, TYPE_NUMBERS[type]),
        bytesField(3, shapeMessage(shape)),
      ]),
    ]),
  );
}

function shapeMessage(shape: readonly number[]): Bytes {
  return message(shape.map((length) => bytesField(2, wholeField(1, length))));
}

function encode(attribute: Attribute): Bytes {
  if ('type' in attribute) return wholeField(6, TYPE_NUMBERS[attribute.type]);
  if ('int' in attribute) return wholeField(3, attribute.int);
  if ('float' in attribute) return floatField(4, attribute.float);
  return wholeField(5, attribute.bool ? 1 : 0);
}
