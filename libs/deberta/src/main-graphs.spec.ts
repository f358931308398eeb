import { DEFAULT_LOWERING, type Provider, type VersionManifest } from '@heddle/contracts';
import { expect, it } from 'vitest';
import { mainGraphs } from './main-graphs.js';

const file = { sha256: '0'.repeat(64), bytes: 1 };
const versionIn = (precision: VersionManifest['precision'], ...more: string[]) => ({
  precision,
  files: Object.fromEntries(['model.onnx', 'model.onnx.data', ...more].map((name) => [name, file])),
});

it.each<[VersionManifest['precision'], Provider, string[]]>([
  ['fp32', 'cpu', ['model.onnx', 'gather.onnx']],
  ['fp32', 'webgpu', ['gpu.onnx']],
  ['int8', 'cpu', ['int8.onnx']],
  ['int8', 'webgpu', ['gpu.onnx']],
  ['fp16', 'cpu', ['model.onnx', 'gather.onnx']],
  ['fp16', 'webgpu', ['fp16.onnx']],
  ['fp16', 'cuda', ['fp16.onnx']],
  ['fp16', 'tensorrt', ['fp16.onnx']],
])('the main graphs of a version in %s on %s are %s', (precision, provider, wanted) => {
  const version = versionIn(precision, 'gpu.onnx', 'gather.onnx', 'int8.onnx', 'fp16.onnx');
  const graphs = mainGraphs(version, provider);
  expect(graphs.map((graph) => graph.file)).toEqual(wanted);
  expect(graphs[0]!.lowering).toBe(DEFAULT_LOWERING);
  for (const graph of graphs) {
    const own = graph.file === 'int8.onnx' || graph.file === 'fp16.onnx';
    expect(graph.weights).toBe(own ? `${graph.file}.data` : 'model.onnx.data');
  }
});

it('a version without a graph for GPUs is served with the one it has', () => {
  expect(mainGraphs(versionIn('fp32'), 'webgpu').map((graph) => graph.file)).toEqual(['model.onnx']);
});
