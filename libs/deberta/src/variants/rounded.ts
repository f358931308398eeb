import { DATA_TYPES, type Graph, type GraphWriter, type Node, type Value } from '@heddle/onnx';

const { float16: HALF, float32: FLOAT } = DATA_TYPES;
/** Operators whose results are values of their input, which is rounded already. */
const MOVES = new Set([
  'Concat',
  'Expand',
  'Gather',
  'GatherElements',
  'GatherND',
  'Identity',
  'Relu',
  'Reshape',
  'Slice',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
  'Where',
]);

/**
 * Emits and saves a float16 graph as one of float32 that rounds every result of a node to a half: what a device
 * computes that adds up in float32. ONNX Runtime's CPU needs it to show what half precision does: given the float16 graph
 * itself it computes in float32 from node to node, where nothing is rounded and nothing overflows.
 */
export async function writeRounded(half: Graph, writer: GraphWriter): Promise<void> {
  const { graph } = writer;
  const halves = new Set<Value>();
  const renamed = new Map<Value, Value>();
  const outputs = new Set(half.outputs.map(({ name }) => name));
  const cast = (x: Value, { code }: { code: number }, named = {}) =>
    graph.node('Cast', [x], { to: code }, named);
  for (const { name, type, shape } of half.inputs) graph.input(name, type, shape);
  for (const initializer of half.initializers) {
    const { name, type } = initializer;
    graph.initializer(initializer);
    if (type !== 'float16') continue;
    halves.add(name);
    renamed.set(name, cast(name, FLOAT));
  }
  for (const { type, domain, inputs, outputs: results, attributes } of half.nodes) {
    const result = onlyResult(type, results);
    const reads = inputs.map((name) => renamed.get(name) ?? name);
    const options = { domain, ...(outputs.has(result) && { output: result }) };
    if (type === 'Cast' && attributes.to === HALF.code) {
      // Of a mask, which holds 0 and 1.
      renamed.set(result, graph.node(type, reads, { to: FLOAT.code }, options));
      halves.add(result);
      continue;
    }
    const isHalf = computesHalves(type, inputs, halves);
    const computed = graph.node(type, reads, attributes, options);
    if (isHalf) halves.add(result);
    renamed.set(result, isHalf && !MOVES.has(type) ? cast(cast(computed, HALF), FLOAT) : computed);
  }
  for (const { name, type, shape } of half.outputs) graph.output(name, type, shape);
  await writer.save();
}

/** `Shape` of halves are integers, a remaining `Cast` leads to float32; all others keep the type of what they read. */
function computesHalves(type: string, inputs: readonly Value[], halves: ReadonlySet<Value>): boolean {
  return type !== 'Shape' && type !== 'Cast' && inputs.some((name) => halves.has(name));
}

function onlyResult(type: string, results: Node['outputs']): Value {
  if (results.length !== 1 || type === 'If') throw new Error(`a ${type} cannot be rounded`);
  return results[0]!;
}
