import type { Provider, VersionManifest } from '@heddle/contracts';
import { expect, it } from 'vitest';
import { graphFiles, isServedInFp32Instead } from './graph-files.js';

const file = { sha256: '0'.repeat(64), bytes: 1 };
const versionIn = (precision: VersionManifest['precision'], ...more: string[]) => ({
  precision,
  files: Object.fromEntries(['model.onnx', 'model.onnx.data', ...more].map((name) => [name, file])),
});

it.each<[VersionManifest['precision'], Provider, string]>([
  ['fp32', 'cpu', 'model.onnx'],
  ['fp32', 'webgpu', 'gpu.onnx'],
  ['int8', 'cpu', 'int8.onnx'],
  ['int8', 'webgpu', 'int8.onnx'],
  ['fp16', 'cpu', 'model.onnx'],
  ['fp16', 'webgpu', 'fp16.onnx'],
  ['fp16', 'cuda', 'fp16.onnx'],
  ['fp16', 'tensorrt', 'fp16.onnx'],
])('the main graph of a version in %s on %s is %s', (precision, provider, want) => {
  const version = versionIn(precision, 'gpu.onnx', 'int8.onnx', 'fp16.onnx');
  const own = want === 'int8.onnx' || want === 'fp16.onnx';
  expect(graphFiles('main', version, provider)).toEqual({
    file: want,
    weights: own ? `${want}.data` : 'model.onnx.data',
  });
  expect(isServedInFp32Instead(version, provider)).toBe(precision === 'fp16' && want === 'model.onnx');
});

it('other graphs are float32 everywhere', () => {
  for (const precision of ['fp32', 'fp16', 'int8'] as const) {
    expect(graphFiles('attention', versionIn(precision), 'webgpu')).toEqual({
      file: 'attention.onnx',
      weights: 'model.onnx.data',
    });
  }
});

it('a version without a graph for GPUs is served with the one it has', () => {
  expect(graphFiles('main', versionIn('fp32'), 'webgpu').file).toBe('model.onnx');
});
