import type { ExternalRange } from './external-data.js';
import { toHalves } from './half.js';

/** The name of a tensor in a graph. */
export type Value = string;
/** A size, or the name of one that is known when the graph runs. */
export type Dimension = number | string;
/** ONNX element types in use, with their number in TensorProto.DataType and their bytes. */
export const DATA_TYPES = {
  float32: { code: 1, bytes: 4 },
  uint8: { code: 2, bytes: 1 },
  int8: { code: 3, bytes: 1 },
  int32: { code: 6, bytes: 4 },
  int64: { code: 7, bytes: 8 },
  float16: { code: 10, bytes: 2 },
} as const;
export type DataType = keyof typeof DATA_TYPES;
/** What a graph may compute in. */
export type FloatType = Extract<DataType, 'float32' | 'float16'>;

/** A number is an ONNX int, an array ints; floats are marked because 1 and 1.0 are the same in JavaScript. */
export type Attribute = number | string | readonly number[] | { float: number } | { branch: Branch };

/** Nodes that run where their If says so; they may read everything that was computed outside before. */
export interface Branch {
  name: string;
  nodes: Node[];
  output: Value;
}

export interface Node {
  type: string;
  /** '' is ONNX's own operator set. */
  domain: string;
  inputs: Value[];
  outputs: Value[];
  attributes: Record<string, Attribute>;
  /** What is declared of its result. */
  result?: ResultType;
}

/** The element type and dimensions of a value. */
interface ResultType {
  type: DataType;
  shape: readonly Dimension[];
}

export interface Initializer {
  name: Value;
  type: DataType;
  dims: readonly number[];
  /** Little-endian bytes inside the model file, or where they lie in the data file. */
  data: Uint8Array | ExternalRange;
}

export interface TypedValue extends ResultType {
  name: Value;
}

export interface Graph {
  name: string;
  inputs: TypedValue[];
  outputs: TypedValue[];
  nodes: Node[];
  initializers: Initializer[];
}

interface NodeOptions {
  domain?: string;
  /** Name of the result; generated when absent. */
  output?: Value;
  /**
   * Declares dimensions that cannot be derived from the inputs. ONNX Runtime gives a buffer to the next value of the
   * same dimensions: values without any each keep their own, among which it looks for every node when it opens a model.
   */
  result?: ResultType;
}

/** Collects a graph in the order of computation. Every method that adds something returns its name. */
export class GraphBuilder {
  readonly graph: Graph;
  private readonly constants = new Map<string, Value>();
  /** Where nodes go: the graph's, or those of the branch that is being emitted. */
  private nodes: Node[];
  private emitted = 0;

  constructor(name: string) {
    this.graph = { name, inputs: [], outputs: [], nodes: [], initializers: [] };
    this.nodes = this.graph.nodes;
  }

  input(name: Value, type: DataType, shape: readonly Dimension[]): Value {
    this.graph.inputs.push({ name, type, shape });
    return name;
  }

  /** Declares a value that was computed already as a result of the graph. */
  output(name: Value, type: DataType, shape: readonly Dimension[]): void {
    this.graph.outputs.push({ name, type, shape });
  }

  node(
    type: string,
    inputs: Value[],
    attributes: Record<string, Attribute> = {},
    { domain = '', output = `${type}_${this.emitted}`, result }: NodeOptions = {},
  ): Value {
    this.push({ type, domain, inputs, outputs: [output], attributes, ...(result && { result }) });
    return output;
  }

  /** `count` equal parts of a value along an axis. */
  split(x: Value, count: number, axis: number): Value[] {
    const outputs = Array.from({ length: count }, (_, index) => `Split_${this.emitted}_${index}`);
    this.push({ type: 'Split', domain: '', inputs: [x], outputs, attributes: { axis, num_outputs: count } });
    return outputs;
  }

  /** What one of two branches computes, which may differ in nothing but the way; `condition` is a boolean scalar. */
  async either(
    condition: Value,
    whenTrue: () => Promise<Value>,
    whenFalse: () => Promise<Value>,
  ): Promise<Value> {
    const then = await this.branch(whenTrue);
    const otherwise = await this.branch(whenFalse);
    return this.node('If', [condition], {
      then_branch: { branch: then },
      else_branch: { branch: otherwise },
    });
  }

  /** Emits outside of all branches, so that every part of the graph may read it. */
  outside(emit: () => Value): Value {
    const inside = this.nodes;
    this.nodes = this.graph.nodes;
    const value = emit();
    this.nodes = inside;
    return value;
  }

  /** Int64 constant, one-dimensional unless `dims` says otherwise. Equal constants are stored once. */
  ints(values: readonly number[], dims: readonly number[] = [values.length]): Value {
    const data = BigInt64Array.from(values, BigInt);
    return this.constant('int64', dims, new Uint8Array(data.buffer));
  }

  /** Scalar. Equal constants are stored once. */
  float(value: number, type: FloatType = 'float32'): Value {
    const single = Float32Array.of(value);
    const { buffer } = type === 'float16' ? toHalves(single) : single;
    return this.constant(type, [], new Uint8Array(buffer));
  }

  /** Constant of bytes, one-dimensional; a scalar when `dims` is []. Equal constants are stored once. */
  bytes(type: 'int8' | 'uint8', values: readonly number[], dims: readonly number[] = [values.length]): Value {
    return this.constant(type, dims, Uint8Array.from(values));
  }

  initializer(initializer: Initializer): Value {
    this.graph.initializers.push(initializer);
    return initializer.name;
  }

  private async branch(emit: () => Promise<Value>): Promise<Branch> {
    const around = this.nodes;
    const nodes: Node[] = [];
    this.nodes = nodes;
    const name = `branch_${this.emitted}`;
    const output = await emit();
    this.nodes = around;
    return { name, nodes, output };
  }

  private push(node: Node): void {
    this.nodes.push(node);
    this.emitted++;
  }

  private constant(type: DataType, dims: readonly number[], data: Uint8Array): Value {
    const key = `${type}[${dims}]${Buffer.from(data).toString('base64')}`;
    const existing = this.constants.get(key);
    if (existing !== undefined) return existing;
    const name = this.initializer({ name: `constant_${this.constants.size}`, type, dims, data });
    this.constants.set(key, name);
    return name;
  }
}
