import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { argmax, compileFp16, type Encoding, openTokenizer, softmax, type Tokenizer } from '@heddle/deberta';
import { openSession, type Session } from '@heddle/runtime';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildVersion } from '../build-version.js';
import type { BuiltVersion } from '../protocol.js';
import { readCalibration } from './calibration.js';

const MODELS = fileURLToPath(new URL('../../../../models', import.meta.url));
const PRECISIONS = [
  { precision: 'fp32', file: 'model.onnx', tolerance: 1e-4 },
  { precision: 'int8', file: 'int8.onnx', tolerance: 1e-3 },
  // As imports measure it.
  { precision: 'fp16', file: 'rounded.onnx', tolerance: 1e-2 },
];
const OPTIONS = { maxTokens: 128, truncate: true, truncationSide: 'right' } as const;
const RUNS = 60;

/** A text alone is a text in company: whoever shares its forward pass, wherever it stands, however it is padded. */
describe.each(['sentiment', 'ner'])('answers of %s do not depend on company', (model) => {
  let workDir: string;
  let built: BuiltVersion;
  let tokenizer: Tokenizer;
  let known: string[];
  beforeAll(async () => {
    workDir = await mkdtemp(join(tmpdir(), 'heddle-company-'));
    const source = { folder: join(MODELS, model) };
    built = await buildVersion({ source, wishes: { precision: 'int8' }, workDir }, () => undefined);
    const fp16 = { file: 'fp16.onnx', roundedFile: 'rounded.onnx' };
    await compileFp16({ checkpointDir: source.folder, dir: built.dir, ...fp16 });
    tokenizer = await openTokenizer(join(built.dir, 'tokenizer.json'));
    known = (await readCalibration()).map(({ text }) => text);
  });
  afterAll(() => rm(workDir, { recursive: true, force: true }));

  it.each(PRECISIONS)('in $precision', { timeout: 120_000 }, async ({ file, tolerance }) => {
    const session = await openSession(join(built.dir, file));
    let worst = 0;
    let compared = 0;
    try {
      const text = fc.oneof(
        fc.nat().map((i) => known[i % known.length]!),
        fc.string({ unit: 'grapheme', maxLength: 80 }),
      );
      const batch = fc.record({
        texts: fc.array(text, { minLength: 1, maxLength: 12 }),
        // Tokens beyond the longest text.
        padding: fc.nat(40),
      });
      await fc.assert(
        fc.asyncProperty(batch, async ({ texts, padding }) => {
          const encodings = await Promise.all(texts.map((one) => tokenizer.encode({ text: one }, OPTIONS)));
          const together = await scoresOf(session, encodings, padding);
          for (const [i, encoding] of encodings.entries()) {
            const [alone] = await scoresOf(session, [encoding], 0);
            for (const [token, scores] of alone!.entries()) {
              const others = together[i]![token]!;
              // Classes no further apart than the tolerance may change places.
              if (isClear(scores, tolerance)) expect(argmax(others)).toBe(argmax(scores));
              const difference = Math.max(...scores.map((score, k) => Math.abs(score - others[k]!)));
              worst = Math.max(worst, difference);
              compared++;
              expect(difference).toBeLessThan(tolerance);
            }
          }
        }),
        { numRuns: RUNS },
      );
      console.log(`${model} ${file}: ${compared} answers, scores move by ${worst.toExponential(1)} at most`);
    } finally {
      await session.close();
    }
  });
});

function isClear(scores: number[], tolerance: number): boolean {
  const [first, second] = scores.toSorted((a, b) => b - a);
  return first! - second! > 2 * tolerance;
}

/** Probabilities by sequence and token; of heads that answer the whole sequence there is one. */
async function scoresOf(session: Session, encodings: Encoding[], padding: number): Promise<number[][][]> {
  const length = Math.max(...encodings.map((encoding) => encoding.length)) + padding;
  const inputIds = new Int32Array(encodings.length * length);
  const attentionMask = new Uint8Array(encodings.length * length);
  for (const [row, { ids }] of encodings.entries()) {
    inputIds.set(ids, row * length);
    attentionMask.fill(1, row * length, row * length + ids.length);
  }
  const { logits } = await session.run({ inputIds, attentionMask, batch: encodings.length, length });
  const { data, dims } = logits!;
  const labels = dims.at(-1)!;
  const perRow = data.length / encodings.length;
  return encodings.map(({ length: real }, row) => {
    const answers = dims.length === 3 ? real : 1;
    return Array.from({ length: answers }, (_, token) => {
      const at = row * perRow + token * labels;
      return softmax(data.subarray(at, at + labels));
    });
  });
}
