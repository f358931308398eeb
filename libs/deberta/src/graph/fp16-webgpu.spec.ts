import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type InferenceChild, startInferenceChild } from '@heddle/runtime';
import { vulkanEnvironmentIfAny } from '@heddle/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { checkForward } from './__parity__/check-forward.js';
import { compileFixture } from './__parity__/graphs.js';
import { HALF_TOLERANCE, HALVES } from './__parity__/halves.js';
import { GRAPH_FILES } from './write-graphs.js';

const OWN = join(import.meta.dirname, '__fixtures__');
const PROFILER = fileURLToPath(new URL('../../../runtime/test/operators-by-provider.mjs', import.meta.url));
/** Kernels are compiled at first use, on the CPU where the device is software. */
const TIMEOUT_MS = 240_000;

const vulkan = await vulkanEnvironmentIfAny();
const refusal = vulkan && (await tryHalves());
if (refusal !== null) console.log(`half precision on webgpu is not run: ${refusal}`);

describe.runIf(vulkan && refusal === null)('in half precision on webgpu', () => {
  let child: InferenceChild | undefined;
  let loaded = 0;
  afterAll(() => child?.close());

  it.each(HALVES)(
    '%s, %s',
    async (name, lowering) => {
      child ??= startChild();
      const on = child;
      const comparisons = await checkForward(join(OWN, name), {
        way: { lowering, togetherUpTo: Number.POSITIVE_INFINITY },
        precision: 'fp16',
        tolerance: HALF_TOLERANCE,
        open: async (path) => {
          const model = String(loaded++);
          await on.load(model, path);
          return {
            run: async (input) => (await on.run(model, input)).outputs,
            // Compiled kernels live as long as any session does.
            close: async () => undefined,
          };
        },
      });
      expect(comparisons.filter(({ ratio }) => !(ratio <= 1))).toEqual([]);
      expect(comparisons.some(({ role }) => role === 'result')).toBe(true);
    },
    TIMEOUT_MS,
  );

  it('computes with the weights there', { timeout: TIMEOUT_MS }, async () => {
    const operators = await withGraph(async (path) => {
      const { stdout } = await promisify(execFile)(process.execPath, [PROFILER, path, 'webgpu', '[2, 16]']);
      return JSON.parse(stdout) as Record<'CPU' | 'WebGpu', string[]>;
    });
    const heavy = ['Gelu', 'Gemm', 'LayerNormalization', 'MatMul', 'Softmax', 'Transpose', 'Where'];
    expect(operators.WebGpu).toEqual(expect.arrayContaining(heavy));
    expect(operators.CPU.filter((operator) => heavy.includes(operator))).toEqual([]);
  });
});

// SwiftShader is one.
describe.runIf(refusal !== null)('on a device without half precision', () => {
  it('a graph in it is refused with the reason', () => {
    expect(refusal).toMatch(
      /^The version is served in fp16, and the GPU or its driver has no half precision/,
    );
  });
});

function startChild(): InferenceChild {
  Object.assign(process.env, vulkan);
  return startInferenceChild({ provider: 'webgpu', runTimeoutMs: TIMEOUT_MS, loadTimeoutMs: TIMEOUT_MS });
}

/** Why the device does not run a graph of halves; null when it does. */
async function tryHalves(): Promise<string | null> {
  const child = startChild();
  try {
    return await withGraph((path) =>
      child.load('halves', path).then(
        () => null,
        (error: Error) => error.message,
      ),
    );
  } finally {
    await child.close();
  }
}

/** A small graph of halves, for as long as the work takes. */
async function withGraph<T>(work: (path: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'heddle-halves-'));
  try {
    const wishes = { maxTokens: 64, head: 'features' } as const;
    await compileFixture(join(OWN, 'v3-base-seqcls'), join(dir, 'model'), wishes, ['main'], 'fp16');
    return await work(join(dir, 'model', GRAPH_FILES.main));
  } finally {
    await rm(dir, { recursive: true });
  }
}
