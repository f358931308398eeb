import { type Branch, DATA_TYPES, type Graph, type Initializer, type Node } from './graph.js';

/**
 * Throws when a graph is not one ONNX allows or carries something that is never used, naming every fault:
 * a value used before it is computed, computed twice, or by nobody; an initializer whose bytes do not fill
 * its shape or lie outside the `externalBytes` of the data file. Such a graph is a bug of its builder.
 */
export function checkGraph(graph: Graph, externalBytes: number): void {
  const faults = [...valueFaults(graph), ...graph.initializers.flatMap((i) => dataFaults(i, externalBytes))];
  if (faults.length > 0) throw new Error(`malformed graph ${graph.name}: ${faults.join('; ')}`);
}

function valueFaults({ inputs, outputs, nodes, initializers }: Graph): string[] {
  const faults: string[] = [];
  const defined = new Set<string>();
  const visible = new Set<string>();
  const define = (name: string) => {
    if (name === '') faults.push('a value without a name');
    if (defined.has(name)) faults.push(`${name} is defined twice`);
    defined.add(name);
    visible.add(name);
  };
  const used = new Set<string>();
  const use = (name: string, by: string) => {
    if (!visible.has(name)) faults.push(`${by} uses ${name} before it is defined`);
    used.add(name);
  };
  const visit = (list: readonly Node[]) => {
    for (const { type, inputs: reads, outputs: results, attributes } of list) {
      // An empty name stands for an optional input that is left out.
      for (const name of reads) if (name !== '') use(name, `${type} (${results[0]})`);
      for (const attribute of Object.values(attributes)) {
        if (typeof attribute === 'object' && 'branch' in attribute) visitBranch(attribute.branch);
      }
      for (const name of results) define(name);
    }
  };
  const visitBranch = ({ name, nodes: inner, output }: Branch) => {
    visit(inner);
    use(output, name);
    // Nobody outside may read what one of two branches computes.
    for (const result of inner.flatMap(({ outputs: results }) => results)) visible.delete(result);
  };
  for (const { name } of [...inputs, ...initializers]) define(name);
  visit(nodes);
  for (const { name } of outputs) use(name, 'the output list');
  for (const name of defined) if (!used.has(name)) faults.push(`${name} is never used`);
  return faults;
}

function dataFaults({ name, type, dims, data }: Initializer, externalBytes: number): string[] {
  const bytes = dims.reduce((product, size) => product * size, DATA_TYPES[type].bytes);
  const faults: string[] = [];
  if (data.length !== bytes) faults.push(`${name} [${dims}] needs ${bytes} bytes and has ${data.length}`);
  if (!(data instanceof Uint8Array) && (data.offset < 0 || data.offset + data.length > externalBytes)) {
    faults.push(`${name} lies outside the data file`);
  }
  return faults;
}
