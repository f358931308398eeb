import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Lowering } from '@heddle/contracts';
import { type InferenceChild, startInferenceChild } from '@heddle/runtime';
import { vulkanEnvironmentIfAny } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkForward } from './__parity__/check-forward.js';
import { GPU_FIXTURES } from './__parity__/gpu-fixtures.js';
import { compileFixture, type ParitySession } from './__parity__/graphs.js';
import { GRAPH_FILES } from './write-graphs.js';

const OWN = join(import.meta.dirname, '__fixtures__');
const PROFILER = fileURLToPath(new URL('../../../runtime/test/operators-by-provider.mjs', import.meta.url));
const vulkan = await vulkanEnvironmentIfAny();

describe.runIf(vulkan)('on webgpu', () => {
  let child: InferenceChild;
  let loaded = 0;
  beforeAll(() => {
    Object.assign(process.env, vulkan);
    child = startInferenceChild({ provider: 'webgpu', runTimeoutMs: 60_000, loadTimeoutMs: 60_000 });
  });
  afterAll(() => child?.close());

  const open = async (path: string): Promise<ParitySession> => {
    const name = String(loaded++);
    await child.load(name, path);
    return {
      run: async (input) => (await child.run(name, input)).outputs,
      // Compiled kernels live as long as any session does: unloading each would cost a minute.
      close: async () => undefined,
    };
  };

  // With the tolerances of the CPU.
  it.each(GPU_FIXTURES)('%s, %s', async (name, lowering) => {
    const comparisons = await checkForward(join(OWN, name), {
      way: { lowering, togetherUpTo: Number.POSITIVE_INFINITY },
      open,
    });
    expect(comparisons.filter(({ ratio }) => !(ratio <= 1))).toEqual([]);
    expect(comparisons.some(({ role }) => role === 'result')).toBe(true);
  });

  it.each<[string, Lowering, 'masked-lm' | 'sequence-classification']>([
    ['v3-base-seqcls', 'gather', 'sequence-classification'],
    ['ms-v2-mlm-emd-conv-2layers', 'skew', 'masked-lm'],
  ])('what computes with the weights runs there: %s, %s', async (name, lowering, head) => {
    const dir = await mkdtemp(join(tmpdir(), 'heddle-webgpu-'));
    try {
      await compileFixture(
        join(OWN, name),
        dir,
        { lowering, togetherUpTo: Number.POSITIVE_INFINITY, maxTokens: 64, head },
        ['main'],
      );
      const args = [PROFILER, join(dir, GRAPH_FILES.main), 'webgpu', '[2, 16]'];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      const { CPU, WebGpu } = JSON.parse(stdout) as Record<'CPU' | 'WebGpu', string[]>;
      const heavy = ['Gelu', 'Gemm', 'LayerNormalization', 'MatMul', 'Softmax', 'Transpose'];
      const expected = head === 'masked-lm' ? ['Conv', ...heavy] : heavy;
      expect(WebGpu).toEqual(expect.arrayContaining(expected));
      // The arithmetic of shapes and positions stays on the CPU.
      expect(CPU.filter((operator) => expected.includes(operator))).toEqual([]);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
