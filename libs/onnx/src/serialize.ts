import {
  type Attribute,
  type Branch,
  DATA_TYPES,
  type Graph,
  type Initializer,
  type Node,
  type TypedValue,
} from './graph.js';
import { ModelProto } from './schema.js';

/** LayerNormalization came with 17, Gelu with 20. */
export const OPSET = 20;
/** The intermediate representation that belongs to operator set 20 (ONNX 1.15). */
export const IR_VERSION = 9;
/** com.microsoft has had one version ever since. */
const CONTRIB_OPSETS = new Map([['com.microsoft', 1]]);

/** AttributeProto.AttributeType and TensorProto.DataLocation of onnx.proto. */
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, graph: 5, ints: 7 };
const EXTERNAL = 1;

/** Bytes of the ModelProto of a checked graph whose external weights lie in `dataFile`. */
export function serializeModel(graph: Graph, dataFile: string): Uint8Array {
  const model = {
    irVersion: IR_VERSION,
    producerName: 'heddle',
    graph: {
      name: graph.name,
      node: graph.nodes.map(nodeProto),
      initializer: graph.initializers.map((initializer) => tensorProto(initializer, dataFile)),
      input: graph.inputs.map(valueInfoProto),
      output: graph.outputs.map(valueInfoProto),
      valueInfo: declaredResults(graph.nodes),
    },
    opsetImport: opsets(graph).map(([domain, version]) => ({ domain, version })),
  };
  const fault = ModelProto.verify(model);
  if (fault) throw new Error(`not a ModelProto: ${fault}`);
  return ModelProto.encode(model).finish();
}

function opsets({ nodes }: Graph): [string, number][] {
  const domains = new Set(allNodes(nodes).map(({ domain }) => domain));
  return [['', OPSET], ...[...CONTRIB_OPSETS].filter(([domain]) => domains.has(domain))];
}

function allNodes(nodes: readonly Node[]): Node[] {
  return nodes.flatMap((node) => {
    const inner = Object.values(node.attributes).flatMap((attribute) =>
      typeof attribute === 'object' && 'branch' in attribute ? allNodes(attribute.branch.nodes) : [],
    );
    return [node, ...inner];
  });
}

function nodeProto({ type, domain, inputs, outputs, attributes }: Node): object {
  return {
    input: inputs,
    output: outputs,
    name: outputs[0]!,
    opType: type,
    domain,
    attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
  };
}

function attributeProto(name: string, value: Attribute) {
  if (typeof value === 'number') return { name, i: value, type: ATTRIBUTE_TYPE.int };
  if (typeof value === 'string') return { name, s: Buffer.from(value), type: ATTRIBUTE_TYPE.string };
  if ('float' in value) return { name, f: value.float, type: ATTRIBUTE_TYPE.float };
  if ('branch' in value) return { name, g: branchProto(value.branch), type: ATTRIBUTE_TYPE.graph };
  return { name, ints: value, type: ATTRIBUTE_TYPE.ints };
}

function branchProto({ name, nodes, output }: Branch): object {
  return {
    name,
    node: nodes.map(nodeProto),
    output: [{ name: output }],
    valueInfo: declaredResults(nodes),
  };
}

function declaredResults(nodes: readonly Node[]): object[] {
  return nodes.flatMap(({ outputs, result }) =>
    result ? [valueInfoProto({ name: outputs[0]!, ...result })] : [],
  );
}

function tensorProto({ name, type, dims, data }: Initializer, dataFile: string) {
  const tensor = { name, dims, dataType: DATA_TYPES[type].code };
  if (data instanceof Uint8Array) return { ...tensor, rawData: data };
  return {
    ...tensor,
    dataLocation: EXTERNAL,
    externalData: [
      { key: 'location', value: dataFile },
      { key: 'offset', value: String(data.offset) },
      { key: 'length', value: String(data.length) },
    ],
  };
}

function valueInfoProto({ name, type, shape }: TypedValue) {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: DATA_TYPES[type].code, shape: { dim } } } };
}
