import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImportProgress } from '@heddle/contracts';
import { changeTensors } from '@heddle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GATE, passes } from '../agreement/gate.js';
import { buildVersion } from '../build-version.js';
import type { BuiltVersion, ImportWishes } from '../protocol.js';

const MODELS = fileURLToPath(new URL('../../../../models', import.meta.url));
const TINY = fileURLToPath(new URL('../../../deberta/src/tasks/__fixtures__/pipelines', import.meta.url));

let workDir: string;
beforeEach(async () => {
  workDir = await mkdtemp(join(tmpdir(), 'heddle-fp16-'));
});
afterEach(() => rm(workDir, { recursive: true, force: true }));

function build(
  checkpoint: string,
  wishes: ImportWishes = {},
  onProgress: (progress: ImportProgress) => void = () => undefined,
): Promise<BuiltVersion> {
  const request = {
    source: { folder: checkpoint },
    wishes: { precision: 'fp16' as const, ...wishes },
    workDir,
  };
  return buildVersion(request, onProgress);
}

const variantFiles = async () =>
  (await readdir(join(workDir, 'version'))).filter((name) => /fp16|rounded/.test(name));

describe('an import in fp16', () => {
  it.each(['sentiment', 'ner', 'nli', 'topic'])(
    'of the model %s is a float32 version and a variant that answers like it',
    async (model) => {
      const seen: number[] = [];
      const { dir, manifest, report } = await build(join(MODELS, model), {}, ({ stage, percent }) => {
        if (stage === 'verifying') seen.push(percent);
      });
      expect(manifest.precision).toBe('fp16');
      expect(Object.keys(manifest.files)).toEqual([
        'attention.onnx',
        'fp16.onnx',
        'fp16.onnx.data',
        'gather.onnx',
        'gpu.onnx',
        'model.onnx',
        'model.onnx.data',
        'tokenizer.json',
      ]);
      expect((await readdir(dir)).sort()).toEqual(Object.keys(manifest.files));
      const share = manifest.files['fp16.onnx.data']!.bytes / manifest.files['model.onnx.data']!.bytes;
      expect(share).toBeLessThan(0.55);

      const fp16 = report.fp16!;
      console.log(`${model} in fp16:`, JSON.stringify(fp16));
      expect(report.int8).toBeUndefined();
      expect(fp16).toMatchObject({ calibration: 'built-in', gate: GATE });
      expect(fp16.texts).toBeGreaterThanOrEqual(200);
      expect(passes(fp16, GATE)).toBe(true);
      // Rounded, but hardly to be seen.
      expect(fp16.mean_difference).toBeGreaterThan(1e-6);
      expect(fp16.mean_difference).toBeLessThan(2e-3);
      for (const { max_abs_difference, tolerance } of fp16.batching) {
        expect(max_abs_difference).toBeLessThanOrEqual(tolerance);
      }
      expect(seen).toEqual(seen.toSorted((a, b) => a - b));
      expect([seen[0], seen.at(-1)]).toEqual([0, 100]);
    },
    60_000,
  );

  it.each(['fill-mask-hf-new', 'question-answering-null', 'rerank', 'token-classification-v1'])(
    'compares what the head of %s decides',
    async (name) => {
      const { report } = await build(join(TINY, name));
      expect(report.fp16!.decisions).toBeGreaterThanOrEqual(200);
    },
  );

  it('is measured on own texts', async () => {
    const calibration = join(workDir, 'own.jsonl');
    await writeFile(
      calibration,
      Array.from({ length: 20 }, (_, i) => `"the film is number ${i}"\n`).join(''),
    );
    const { report } = await build(join(MODELS, 'sentiment'), { calibration });
    expect(report.fp16).toMatchObject({ texts: 20, calibration: 'own' });
  });
});

describe('what half precision cannot hold', () => {
  /** The shipped model with every value of a tensor changed. */
  async function changed(name: string, change: (value: number) => number): Promise<string> {
    const dir = join(workDir, 'changed');
    await cp(join(MODELS, 'sentiment'), dir, { recursive: true });
    await changeTensors(dir, (tensor) => {
      const values = tensor(name);
      for (let i = 0; i < values.length; i++) values[i] = change(values[i]!);
    });
    return dir;
  }

  it('a weight that is too large is named', async () => {
    const name = 'deberta.encoder.layer.0.intermediate.dense.bias';
    await expect(build(await changed(name, (value) => value * 1e8))).rejects.toMatchObject({
      code: 'model-nonfinite',
      message: expect.stringMatching(
        /^The fp16 variant cannot be made.* encoder\.layer\.0\.intermediate\.dense\.bias has the value/,
      ),
    });
    expect(await variantFiles()).toEqual([]);
  });

  it('activations that overflow are found, though the CPU computes the graph itself without', async () => {
    const name = 'deberta.encoder.layer.1.output.dense.weight';
    await expect(build(await changed(name, (value) => value * 5e5))).rejects.toMatchObject({
      code: 'model-nonfinite',
      message: expect.stringMatching(/^The fp16 variant cannot be made/),
    });
    expect(await variantFiles()).toEqual([]);
  });

  it('answers that are others are refused', async () => {
    // Both logits are larger by as much, which softmax does not see; halves around 3000 are 2 apart.
    const dir = await changed('classifier.bias', (value) => value + 3000);
    await expect(build(dir)).rejects.toMatchObject({
      code: 'quality-loss',
      message: expect.stringMatching(
        /^The fp16 variant does not answer as float32 does: \d+\.\d % of the decisions/,
      ),
      extra: { gate: GATE, agreement: { texts: expect.any(Number) } },
    });
    expect(await variantFiles()).toEqual([]);
  });
});
