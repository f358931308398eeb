import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImportProgress } from '@heddle/contracts';
import { openTokenizer } from '@heddle/deberta';
import { addOutlierChannels, addOutlierEmbeddings } from '@heddle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCalibration } from '../agreement/calibration.js';
import { GATE, passes } from '../agreement/gate.js';
import { makeInputs } from '../agreement/inputs.js';
import { answerAll, measureAgreement } from '../agreement/measure.js';
import { buildVersion } from '../build-version.js';
import { buildInChild } from '../import-child.js';
import type { BuiltVersion, ImportWishes } from '../protocol.js';
import { withSession } from '../verify/with-session.js';

const SENTIMENT = fileURLToPath(new URL('../../../../models/sentiment', import.meta.url));
const TINY = fileURLToPath(new URL('../../../deberta/src/tasks/__fixtures__/pipelines', import.meta.url));
const LAYERS = 4;

let folder: string;
let workDir: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-int8-'));
  workDir = await newWorkDir('work');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function newWorkDir(name: string): Promise<string> {
  await mkdir(join(folder, name));
  return join(folder, name);
}
const build = (
  checkpoint: string,
  wishes: ImportWishes = {},
  onProgress: (progress: ImportProgress) => void = () => undefined,
): Promise<BuiltVersion> =>
  buildVersion(
    { source: { folder: checkpoint }, wishes: { precision: 'int8', ...wishes }, workDir },
    onProgress,
  );

/** A copy of the sentiment model that computes the same with outlier channels in some layers. */
async function withOutliers(layers: number[]): Promise<string> {
  const dir = join(folder, 'outliers');
  await cp(SENTIMENT, dir, { recursive: true });
  await addOutlierChannels(dir, layers);
  return dir;
}

describe('an import in int8', () => {
  it('is a float32 version and a variant that answers like it', async () => {
    const seen: ImportProgress[] = [];
    const { dir, manifest, report } = await build(SENTIMENT, {}, (progress) => seen.push(progress));
    expect(manifest.precision).toBe('int8');
    expect(Object.keys(manifest.files)).toEqual([
      'attention.onnx',
      'gather.onnx',
      'gpu.onnx',
      'int8.onnx',
      'int8.onnx.data',
      'model.onnx',
      'model.onnx.data',
      'tokenizer.json',
    ]);
    expect((await readdir(dir)).sort()).toEqual(Object.keys(manifest.files));
    // No graph of a trial is left.
    expect(await readdir(workDir)).toEqual(['version']);
    expect(manifest.files['int8.onnx.data']!.bytes).toBeLessThan(
      manifest.files['model.onnx.data']!.bytes / 2,
    );

    const int8 = report.int8!;
    expect(int8).toMatchObject({ calibration: 'built-in', gate: GATE, tried: [] });
    expect(int8.texts).toBeGreaterThanOrEqual(200);
    expect(int8.decisions).toBe(int8.texts);
    expect(passes(int8, GATE)).toBe(true);
    expect(int8.mean_difference).toBeGreaterThan(0);
    expect(int8.max_difference).toBeGreaterThan(int8.mean_difference);
    expect(int8.layers).toHaveLength(LAYERS);
    for (const [i, { layer, precision, hidden_difference }] of int8.layers.entries()) {
      expect([layer, precision]).toEqual([i, 'int8']);
      expect(hidden_difference).toBeGreaterThan(1e-4);
      expect(hidden_difference).toBeLessThan(0.05);
    }
    expect(int8.table!.precision).toBe('int8');
    expect(int8.table!.hidden_difference).toBeGreaterThan(1e-4);
    expect(int8.table!.hidden_difference).toBeLessThan(0.02);
    expect(int8.batching.map(({ output }) => output)).toEqual(['logits']);

    const percents = seen.filter(({ stage }) => stage === 'verifying').map(({ percent }) => percent);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect([percents[0], percents.at(-1)]).toEqual([0, 100]);
    expect(percents.length).toBeGreaterThan(20);
  });

  it('leaves layers in float32 that hurt, and no others', { timeout: 180_000 }, async () => {
    const { dir, manifest, report } = await build(await withOutliers([2]));
    const { layers, table, tried, ...found } = report.int8!;
    const [naive] = tried;
    console.log('outliers in layer 2:', JSON.stringify({ naive, found: report.int8 }));
    // Without the gate this would have been served.
    expect(naive!.fp32_layers).toEqual([]);
    expect(passes(naive!, GATE)).toBe(false);
    expect(passes(found, GATE)).toBe(true);
    expect(layers.map(({ precision }) => precision)).toEqual(['int8', 'int8', 'fp32', 'int8']);
    const own = layers.map(({ own_difference }) => own_difference!);
    expect(own.indexOf(Math.max(...own))).toBe(2);
    // The layers were chosen beside halves; the table hurts no more for that.
    expect(table!.precision).toBe('int8');
    expect(tried.slice(0, 3).map(({ table, activations }) => [table, activations])).toEqual([
      ['int8', 'by-channel'],
      ['fp16', 'by-channel'],
      ['int8', 'by-row'],
    ]);

    // The outliers changed nothing but how it is computed: float32 answers as the shipped model does.
    workDir = await newWorkDir('shipped');
    const shipped = await build(SENTIMENT, { precision: 'fp32' });
    const tokenizer = await openTokenizer(join(dir, 'tokenizer.json'));
    const inputs = await makeInputs(manifest.head, await readCalibration(), tokenizer, manifest.maxTokens);
    const reference = await withSession(join(shipped.dir, 'model.onnx'), (session) =>
      answerAll(session, manifest, inputs, () => undefined),
    );
    const same = await withSession(join(dir, 'model.onnx'), (session) =>
      measureAgreement(session, reference),
    );
    expect(same.same_decisions).toBe(1);
    expect(same.max_difference).toBeLessThan(1e-3);
  });

  it('has a table of halves where bytes lose the answers', { timeout: 120_000 }, async () => {
    const dir = join(folder, 'outliers');
    await cp(SENTIMENT, dir, { recursive: true });
    await addOutlierEmbeddings(dir);
    const { int8 } = (await build(dir)).report;
    console.log('outliers in the table:', JSON.stringify(int8));
    expect(int8!.table!.precision).toBe('fp16');
    expect(int8!.table!.hidden_difference).toBeLessThan(0.02);
    expect(int8!.layers.map(({ precision }) => precision)).toEqual(Array(LAYERS).fill('int8'));
    expect(int8!.activations).toBe('by-channel');
    expect(int8!.tried).toMatchObject([{ table: 'int8', activations: 'by-channel', fp32_layers: [] }]);
    expect(passes(int8!.tried[0]!, GATE)).toBe(false);
    expect(passes(int8!, GATE)).toBe(true);
  });

  it('is refused where every layer hurts, and leaves nothing of the variant', {
    timeout: 120_000,
  }, async () => {
    const error = await build(await withOutliers([0, 1, 2, 3])).catch((refusal: unknown) => refusal);
    expect(error).toMatchObject({
      code: 'quality-loss',
      message: expect.stringMatching(/with 3 layers left in float32 9\d\.\d % of the decisions are the same/),
    });
    const { gate, tried } = (error as { extra: { gate: object; tried: { same_decisions: number }[] } }).extra;
    console.log('outliers in all layers:', JSON.stringify(tried));
    expect(gate).toEqual(GATE);
    expect(tried).toHaveLength(5);
    expect(tried[0]!.same_decisions).toBeLessThan(GATE.min_same_decisions);
    expect(await readdir(workDir)).toEqual(['version']);
    const left = await readdir(join(workDir, 'version'));
    expect(left.filter((name) => name.startsWith('int8'))).toEqual([]);
  });

  it('ends at once when it is told to, in the middle of its trials', async () => {
    const controller = new AbortController();
    const request = {
      source: { folder: await withOutliers([2]) },
      wishes: { precision: 'int8' as const },
      workDir,
    };
    const building = buildInChild(request, {
      memoryMib: 4096,
      timeoutMs: 60_000,
      signal: controller.signal,
      onProgress: ({ stage, percent }) => {
        if (stage === 'verifying' && percent > 75) controller.abort(`at ${percent}`);
      },
    });
    await expect(building).rejects.toMatch(/^at (7|8)\d$/);
    // What is left is the caller's to remove: all of it lies in the folder it gave.
    expect(await readdir(workDir)).toEqual(['trials', 'version']);
  });

  it.each(['fill-mask-hf-new', 'question-answering-null', 'rerank', 'token-classification-v1'])(
    'compares what the head of %s decides',
    async (name) => {
      // Random weights: what they decide is decided by next to nothing, so either end is one.
      const built = await build(join(TINY, name)).catch((refusal: unknown) => refusal);
      const refused = built instanceof Error;
      if (refused) expect(built).toMatchObject({ code: 'quality-loss' });
      else expect((built as BuiltVersion).report.int8!.decisions).toBeGreaterThanOrEqual(200);
      expect(await readdir(workDir)).toEqual(['version']);
    },
  );
});

describe('own texts', () => {
  const lines = Array.from({ length: 20 }, (_, i) =>
    JSON.stringify(i % 2 ? `the film is number ${i}` : { text: `a film, ${i}`, text_pair: 'good' }),
  );
  const write = async (content: string | Buffer, path = join(folder, 'own.jsonl')) => {
    await writeFile(path, content);
    return path;
  };

  it('take the place of those that come with Heddle', async () => {
    const calibration = await write(`${lines.join('\n')}\n\n`);
    const { report } = await build(SENTIMENT, { calibration });
    expect(report.int8).toMatchObject({ texts: 20, calibration: 'own' });
  });

  it('may lie beside the checkpoint, where float32 has no use for them', async () => {
    const checkpoint = join(folder, 'with-texts');
    await cp(SENTIMENT, checkpoint, { recursive: true });
    await write(lines.join('\n'), join(checkpoint, 'calibration.jsonl'));
    const { manifest, report } = await build(checkpoint);
    expect(report.int8).toMatchObject({ texts: 20, calibration: 'own' });
    expect(report.files_read.map(({ name }) => name)).toContain('calibration.jsonl');
    workDir = await newWorkDir('fp32');
    const fp32 = await build(checkpoint, { precision: 'fp32' });
    expect(fp32.report.int8).toBeUndefined();
    expect(fp32.report.files_ignored.map(({ name }) => name)).toContain('calibration.jsonl');
    expect(fp32.manifest.source.sha256).not.toBe(manifest.source.sha256);
  });

  it.each([
    ['too few', lines.slice(1).join('\n'), 'has 19 texts; 20 to 2000 are supported'],
    ['a line that is no JSON', [...lines, 'plain'].join('\n'), 'has no text on line 21'],
    ['a line of another kind', [...lines, '{"sentence": "x"}'].join('\n'), 'has no text on line 21'],
    ['an empty text', ['" "', ...lines].join('\n'), 'has an empty text on line 1'],
    [
      'half a surrogate pair',
      ['"\\ud800"', ...lines].join('\n'),
      'half a surrogate pair in the text on line 1',
    ],
    ['another encoding', Buffer.from(`"é"\n${lines.join('\n')}`, 'latin1'), 'is not UTF-8 text'],
  ])('with %s are refused', async (_, content, message) => {
    await expect(readCalibration(await write(content))).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining(message),
    });
  });

  it('may begin with a byte order mark and end lines as Windows does', async () => {
    expect(await readCalibration(await write(`\ufeff${lines.join('\r\n')}\r\n`))).toHaveLength(20);
  });

  it('that are not there are refused', async () => {
    await expect(readCalibration(join(folder, 'no'))).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('cannot be read'),
    });
  });
});

it('the texts that come with Heddle are many, and each is there once', async () => {
  const texts = await readCalibration();
  const singles = texts.filter(({ pair }) => pair === undefined).map(({ text }) => text);
  expect(singles.length).toBeGreaterThanOrEqual(200);
  expect(new Set(singles).size).toBe(singles.length);
  expect(texts.length - singles.length).toBeGreaterThanOrEqual(50);
  const source = await readFile(new URL('../../calibration/texts.jsonl', import.meta.url), 'utf8');
  expect(source.trimEnd().split('\n')).toHaveLength(texts.length);
});
