import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCheckpoint } from '@heddle/checkpoint';
import { openSession } from '@heddle/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareCompilation } from '../compilation.js';
import type { AblatedPart } from '../config/ablation.js';
import { readJson } from '../read-json.js';
import { headOutputs } from '../reference/heads.js';
import { probesOf } from '../reference/probes.js';
import { Tensors } from '../reference/tensors.js';
import { openAblationCompiler } from '../variants/ablation-compiler.js';
import { compileFixture } from './__parity__/graphs.js';
import type { GraphName } from './write-graphs.js';

const FIXTURES = join(import.meta.dirname, '__fixtures__');
/** Random weights with every part: v3, its convolution, v1 and its own projections of positions. */
const MASKED = ['ms-v3-generator-mlm-emd', 'ms-v2-mlm-emd-conv-2layers'];
const LENGTH = 9;
const INPUT = {
  inputIds: Int32Array.from({ length: LENGTH }, (_, i) => 5 + 7 * i),
  attentionMask: new Uint8Array(LENGTH).fill(1),
  positions: Int32Array.of(0, 3, 0, LENGTH - 2),
  batch: 1,
  length: LENGTH,
};

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'heddle-ablation-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function run(name: string, without: AblatedPart[], graph: GraphName, wishes: object = {}) {
  const outDir = join(dir, without.join('') || 'full', graph);
  await compileFixture(join(FIXTURES, name), outDir, { ...wishes, without }, [graph]);
  const session = await openSession(join(outDir, graph === 'main' ? 'model.onnx' : 'attention.onnx'));
  try {
    return await session.run(INPUT);
  } finally {
    await session.close();
  }
}

const largest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describe.each([...MASKED, 'v1-scores'])('attention of %s', (name) => {
  const heads = MASKED.includes(name) ? { head: 'masked-lm' as const } : {};
  it.each([
    ['c2p', 'p2c'],
    ['p2c', 'c2p'],
  ] as const)('without %s lacks exactly that term: %s and the scale stay', async (left, kept) => {
    const full = await run(name, [], 'attention', heads);
    const ablated = await run(name, [left], 'attention', heads);
    expect(Object.keys(ablated).filter((output) => output.startsWith(left))).toEqual([]);
    // The first layer reads the same embeddings.
    expect(largest(ablated['c2c.0']!.data, full['c2c.0']!.data)).toBeLessThan(1e-6);
    expect(largest(ablated[`${kept}.0`]!.data, full[`${kept}.0`]!.data)).toBeLessThan(1e-6);
    const term = full[`${left}.0`]!.data;
    expect(largest(term, new Float32Array(term.length))).toBeGreaterThan(1e-3);
    const rest = full['total.0']!.data.map((total, i) => total - term[i]!);
    expect(largest(ablated['total.0']!.data, rest)).toBeLessThan(1e-5);
  });

  it('without both is what words say of each other alone', async () => {
    const full = await run(name, [], 'attention', heads);
    const ablated = await run(name, ['c2p', 'p2c'], 'attention', heads);
    expect(largest(ablated['total.0']!.data, full['c2c.0']!.data)).toBeLessThan(1e-6);
  });
});

describe.each(MASKED)('words of %s', (name) => {
  const wishes = { head: 'masked-lm' as const };
  const reference = async (without: AblatedPart[]) => {
    const folder = join(FIXTURES, name);
    const checkpoint = await openCheckpoint(folder);
    try {
      const config = await readJson(folder, 'config.json');
      const compilation = prepareCompilation(config, checkpoint, { ...wishes, without });
      const model = { ...compilation.config, ...compilation.plan };
      const [probe] = probesOf(model, compilation.maxTokens);
      const sequence = {
        ...probe!,
        ids: [...INPUT.inputIds],
        positions: [...INPUT.inputIds.keys()],
        asked: [3, LENGTH - 2],
      };
      const [outputs] = await headOutputs(model, new Tensors(checkpoint, model.layerNormEps), [sequence]);
      return outputs!.logits!.data;
    } finally {
      await checkpoint.close();
    }
  };

  it.each<AblatedPart[][]>([[[]], [['c2p']], [['p2c']], [['c2p', 'p2c']], [['emd']], [['c2p', 'emd']]])(
    'without %j are what the formulas say',
    async (without) => {
      const { logits } = await run(name, without, 'main', wishes);
      expect(largest(logits!.data, await reference(without))).toBeLessThan(1e-4);
      if (without.length > 0) expect(largest(logits!.data, await reference([]))).toBeGreaterThan(1e-3);
    },
  );

  it('without the mask decoder are those of the last layer', async () => {
    const { logits } = await run(name, ['emd'], 'main', wishes);
    const plain = await run(name, [], 'main', { ...wishes, mlmHead: 'hf-new' });
    expect(logits!.data).toEqual(plain.logits!.data);
  });
});

it('refuses to leave out what a model lacks', async () => {
  await expect(run('v3-base-seqcls', ['emd'], 'main')).rejects.toMatchObject({
    code: 'invalid-config',
    message: 'the model has no emd to leave out',
  });
  await expect(run('v2-p2c-only', ['c2p'], 'main')).rejects.toThrow('the model has no c2p to leave out');
});

it('writes the graphs of one checkpoint over the same weights', async () => {
  const checkpointDir = fileURLToPath(new URL('../../../../models/sentiment', import.meta.url));
  const compiler = await openAblationCompiler({ checkpointDir, dir });
  expect(compiler.parts).toEqual(['c2p', 'p2c']);
  const cases: [string, AblatedPart[]][] = [
    ['full.onnx', []],
    ['c2p.onnx', ['c2p']],
    ['both.onnx', ['c2p', 'p2c']],
  ];
  for (const [file, without] of cases) await compiler.write(file, without);
  await compiler.close();
  expect((await readdir(dir)).sort()).toEqual(['ablations.data', 'both.onnx', 'c2p.onnx', 'full.onnx']);
  const answers = await Promise.all(
    cases.map(async ([file]) => {
      const session = await openSession(join(dir, file));
      const { logits } = await session.run(INPUT);
      await session.close();
      return [...logits!.data];
    }),
  );
  expect(new Set(answers.map(String)).size).toBe(3);
});
