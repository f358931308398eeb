import { expect, it } from 'vitest';
import { checkGraph } from './check.js';
import { GraphBuilder } from './graph.js';

function relu(): GraphBuilder {
  const graph = new GraphBuilder('test');
  graph.node('Relu', [graph.input('x', 'float32', ['n'])], {}, { output: 'y' });
  graph.output('y', 'float32', ['n']);
  return graph;
}
const weight = (offset: number, length: number) => ({
  name: 'w',
  type: 'float32' as const,
  dims: [2, 3],
  data: { offset, length },
});

it('accepts a graph with every value used', () => {
  expect(() => checkGraph(relu().graph, 0)).not.toThrow();
});

it.each<[string, (graph: GraphBuilder) => void]>([
  ['y is defined twice', (graph) => graph.node('Relu', ['x'], {}, { output: 'y' })],
  ['x is defined twice', (graph) => graph.input('x', 'float32', [1])],
  [
    'Add (z) uses later before it is defined',
    (graph) => graph.node('Add', ['x', 'later'], {}, { output: 'z' }),
  ],
  ['the output list uses z before it is defined', (graph) => graph.output('z', 'float32', [1])],
  ['constant_0 is never used', (graph) => graph.float(1)],
  ['unread is never used', (graph) => graph.node('Relu', ['x'], {}, { output: 'unread' })],
  ['a value without a name', (graph) => graph.node('Relu', ['x'], {}, { output: '' })],
  ['w [2,3] needs 24 bytes and has 20', (graph) => graph.initializer(weight(0, 20))],
  ['w lies outside the data file', (graph) => graph.initializer(weight(1000, 24))],
  ['w lies outside the data file', (graph) => graph.initializer(weight(-1, 24))],
])('names the fault: %s', (fault, spoil) => {
  const graph = relu();
  spoil(graph);
  expect(() => checkGraph(graph.graph, 1000)).toThrow(fault);
});

it('an optional input may be left out', () => {
  const graph = relu();
  graph.node('Clip', ['y', ''], {}, { output: 'clipped' });
  graph.output('clipped', 'float32', ['n']);
  expect(() => checkGraph(graph.graph, 0)).not.toThrow();
});
