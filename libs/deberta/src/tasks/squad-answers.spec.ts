import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { Encoding } from '../tokenizer/encoding.js';
import type { AnswerWindow } from './answer-spans.js';
import { squadAnswers } from './squad-answers.js';
import { inUnits } from './text-units.js';

/** Written by scripts/reference/make_squad_reference.py with transformers' compute_predictions_logits. */
interface Reference {
  words: string[];
  question: number;
  stride: number;
  windows: { from: number; count: number; start: number[]; end: number[] }[];
  max_answer_len: number;
  impossible: boolean;
  threshold: number;
  prediction: string;
  best: [text: string, probability: number][];
  null_score_diff: number | null;
}
const references = JSON.parse(
  await readFile(new URL('./__fixtures__/squad.json', import.meta.url), 'utf8'),
) as Reference[];

/** [CLS] question [SEP] words of the context [SEP], every word a token with the blank before it. */
function windowOf({ words, question, windows }: Reference, index: number): AnswerWindow {
  const { from, count, start, end } = windows[index]!;
  const length = question + count + 3;
  const first = question + 2;
  const special = new Uint8Array(length);
  for (const position of [0, question + 1, length - 1]) special[position] = 1;
  const offsets = new Int32Array(length * 2);
  let position = words.slice(0, from).join(' ').length;
  for (let i = 0; i < count; i++) {
    const next = words.slice(0, from + i + 1).join(' ').length;
    offsets.set([position, next], (first + i) * 2);
    position = next;
  }
  const encoding: Encoding = {
    ids: new Int32Array(length),
    length,
    special,
    typeIds: new Uint8Array(length).fill(1, first),
    pairStart: first,
    words: null,
    tokens: null,
    offsets,
    truncated: 0,
  };
  return { encoding, start: Float32Array.from(start), end: Float32Array.from(end) };
}

it.each(references.map((reference, i) => [i, reference] as const))(
  'equals the script: case %i',
  async (_, reference) => {
    const { words, windows, impossible, threshold, prediction, best } = reference;
    const context = inUnits(words.join(' '), 'codepoint');
    const found = await squadAnswers(
      windows.map((_window, i) => windowOf(reference, i)),
      context,
      {
        topK: 20,
        maxAnswerLen: reference.max_answer_len,
        step: windows[0]!.count - reference.stride,
        handleImpossible: impossible,
        threshold,
      },
    );
    const answers = found.answers.map(({ start, end, score }): [string, number] => [
      context.slice(start, end),
      score,
    ]);
    expect(answers[0]![0]).toBe(prediction);
    const byScore = [...answers].sort((a, b) => b[1] - a[1]);
    expect(byScore.map(([text]) => text)).toEqual(best.map(([text]) => text));
    for (const [i, [, score]] of byScore.entries()) expect(score).toBeCloseTo(best[i]![1], 5);
    if (impossible) expect(found.nullScoreDiff).toBeCloseTo(reference.null_score_diff!, 3);
  },
);
