import type { QuestionAnsweringOutput } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { answerWith, tensor, tokenizer } from './__parity__/given-outputs.js';
import { isContext } from './answer-spans.js';
import type { Sequence } from './task.js';

const QUESTION = 'Who?';
const whole = { maxTokens: Number.POSITIVE_INFINITY, truncate: false, truncationSide: 'right' } as const;

/** Asks with logits by what a token says (blanks left out): its places as start and as end; [CLS] is "[CLS]". */
function ask(context: string, parameters: object, starts: Map<string, number>, ends = starts) {
  const characters = Array.from(context);
  return answerWith<QuestionAnsweringOutput>(
    'question-answering',
    { question: QUESTION, context },
    parameters,
    ({ encoding }) => {
      const logits = (by: Map<string, number>) =>
        tensor(
          Array.from({ length: encoding.length }, (_, i) => {
            if (i === 0) return by.get('[CLS]') ?? 0;
            if (!isContext(encoding, i)) return 50;
            const [from, to] = [encoding.offsets![i * 2]!, encoding.offsets![i * 2 + 1]!];
            return by.get(characters.slice(from, to).join('').trim()) ?? 0;
          }),
        );
      return { start_logits: logits(starts), end_logits: logits(ends) };
    },
  );
}

const textOf = (context: string, { start, end }: { start: number; end: number }) =>
  Array.from(context).slice(start, end).join('');
/** A word as the tokenizer cuts it, blanks left out. */
async function piecesOf(word: string): Promise<string[]> {
  const encoding = await tokenizer.encode({ text: word }, { ...whole, offsets: true });
  return Array.from({ length: encoding.length }, (_, i) =>
    word.slice(encoding.offsets![i * 2]!, encoding.offsets![i * 2 + 1]!).trim(),
  ).filter((piece) => piece !== '');
}

describe('the pipeline method', () => {
  it('answers with the exact slice, without the blank before it, whatever stands in the question', async () => {
    const context = 'It was written by Maria in the library.';
    const pieces = await piecesOf(' Maria');
    const { output } = await ask(context, {}, new Map([[pieces[0]!, 12]]), new Map([[pieces.at(-1)!, 12]]));
    expect(output.answers).toHaveLength(1);
    expect(output.answers[0]).toMatchObject({ answer: 'Maria', start: 18, end: 23 });
    expect(output).toMatchObject({ no_answer: false });
    expect(output.answers[0]!.score).toBeGreaterThan(0.9);
  });

  it('gives the logits of every token where they are asked for', async () => {
    const [starts, ends] = [new Map([['[CLS]', 3]]), new Map([['[CLS]', 4]])];
    const { output, sequences } = await ask('Maria', { return_logits: true }, starts, ends);
    expect(output.logits).toHaveLength(sequences[0]!.encoding.length);
    expect(output.logits!.slice(0, 2)).toEqual([
      [3, 4],
      [50, 50],
    ]);
    expect((await ask('Maria', {}, starts)).output).not.toHaveProperty('logits');
  });

  it('widens to whole words, or not', async () => {
    const context = 'the neighbour understood';
    const pieces = await piecesOf('understood');
    expect(pieces.length).toBeGreaterThan(1);
    const inner = new Map([[pieces[1]!, 12]]);
    const { output: words } = await ask(context, {}, inner);
    expect(words.answers[0]!.answer).toBe('understood');
    const { output: raw } = await ask(context, { align_to_words: false }, inner);
    expect(raw.answers[0]!.answer).toBe(pieces[1]);
  });

  it('lets the absence of an answer compete', async () => {
    const none = new Map([['[CLS]', 12]]);
    const context = 'the library is closed';
    const { output } = await ask(context, { handle_impossible_answer: true, top_k: 3 }, none);
    expect(output.answers[0]).toEqual({ answer: '', score: output.null_score, start: 0, end: 0 });
    expect(output).toMatchObject({ no_answer: true });
    expect(output.null_score).toBeGreaterThan(0.9);
    expect(output.answers.slice(1).every(({ answer }) => answer !== '')).toBe(true);
    const { output: forced } = await ask(context, {}, none);
    expect(forced).toMatchObject({ no_answer: false, null_score: output.null_score });
    expect(forced.answers[0]!.answer).not.toBe('');
  });

  it('adds up answers that read the same, in whatever case and window', async () => {
    const context = `So Maria ${'crossed the bridge again and again '.repeat(4)}maria`;
    const pieces = await piecesOf('Maria');
    const lower = await piecesOf('maria');
    const starts = new Map([
      [pieces[0]!, 9],
      [lower[0]!, 8],
    ]);
    const ends = new Map([
      [pieces.at(-1)!, 9],
      [lower.at(-1)!, 8],
    ]);
    const parameters = { max_seq_len: 40, doc_stride: 10, top_k: 50 };
    const { output, sequences } = await ask(context, parameters, starts, ends);
    expect(sequences.length).toBeGreaterThan(2);
    expect(output.answers.filter(({ answer }) => answer.toLowerCase() === 'maria')).toHaveLength(1);
    expect(output.answers[0]!.answer).toBe('Maria');
    // Either window alone is nearly sure, so the sum is beyond 1: the pipeline's scores do not sum to one.
    expect(output.answers[0]!.score).toBeGreaterThan(1.5);
  });

  it('gives as many answers as there are, each once, for a huge top_k', async () => {
    const context = 'a b c';
    const { output } = await ask(context, { top_k: 1_000_000, max_answer_len: 1 }, new Map());
    expect(output.answers.map(({ answer }) => answer).sort()).toEqual(['a', 'b', 'c']);
    expect(new Set(output.answers.map(({ score }) => score)).size).toBe(1);
    // Ties stay in the order of the text.
    expect(output.answers.map(({ start }) => start)).toEqual([0, 2, 4]);
  });

  it('keeps answers within max_answer_len tokens', async () => {
    const context = 'a b c d e';
    const { output } = await ask(context, { top_k: 100, max_answer_len: 2 }, new Map());
    expect(Math.max(...output.answers.map(({ answer }) => answer.split(' ').length))).toBe(2);
  });

  it('names a place once, with and without the blank before it', async () => {
    const context = 'a b c';
    const { output } = await ask(context, { top_k: 100, align_to_words: false }, new Map());
    const places = output.answers.map(({ start, end }) => `${start}-${end}`);
    expect(new Set(places).size).toBe(places.length);
  });

  it('finds nothing in a context of blanks', async () => {
    const { output } = await ask(' ', {}, new Map());
    expect(output).toMatchObject({ answers: [], no_answer: true });
  });

  it.each(['codepoint', 'utf16', 'byte'] as const)('tells places in %s', async (offsets) => {
    const context = '😀 caf\u00e9 Maria';
    const { output } = await ask(context, { offsets, top_k: 100 }, new Map());
    const slice = {
      codepoint: (start: number, end: number) => Array.from(context).slice(start, end).join(''),
      utf16: (start: number, end: number) => context.slice(start, end),
      byte: (start: number, end: number) => Buffer.from(context).subarray(start, end).toString(),
    }[offsets];
    expect(output.answers.length).toBeGreaterThan(3);
    for (const { answer, start, end } of output.answers) expect(slice(start, end)).toBe(answer);
  });
});

describe('windows', () => {
  const long = 'the library is closed and the museum is open '.repeat(30);
  const bounds = ({ encoding }: Sequence) => {
    const tokens = Array.from({ length: encoding.length }, (_, i) => i).filter((i) => isContext(encoding, i));
    return [encoding.offsets![tokens[0]! * 2]!, encoding.offsets![tokens.at(-1)! * 2 + 1]!] as const;
  };

  it('show all of a long context, overlapping, the question in front of each', async () => {
    const { sequences } = await ask(long, { max_seq_len: 64, doc_stride: 16 }, new Map());
    expect(sequences.length).toBeGreaterThan(5);
    expect(sequences.every(({ encoding }) => encoding.length <= 64 && encoding.truncated === 0)).toBe(true);
    const shown = sequences.map(bounds);
    expect(shown[0]![0]).toBe(0);
    expect(shown.at(-1)![1]).toBe(long.trimEnd().length);
    for (const [i, [from]] of shown.entries()) if (i > 0) expect(from).toBeLessThan(shown[i - 1]![1]);
  });

  it('halve an overlap that would be all of a window', async () => {
    const question = `${'very '.repeat(8)}long question`;
    const { sequences } = await answerWith(
      'question-answering',
      { question, context: long },
      { max_seq_len: 64, doc_stride: 60 },
      ({ encoding }) => ({
        start_logits: tensor(new Float32Array(encoding.length)),
        end_logits: tensor(new Float32Array(encoding.length)),
      }),
    );
    expect(sequences.length).toBeGreaterThan(5);
    expect(sequences.length).toBeLessThan(100);
  });

  it('are refused by the thousand', async () => {
    const parameters = { max_seq_len: 64, doc_stride: 50 };
    await expect(ask(long.repeat(40), parameters, new Map())).rejects.toMatchObject({
      code: 'input-too-long',
      extra: { max: 1000 },
    });
  });

  it('need room beside the question, which may be cut', async () => {
    const item = { question: `Who ${'really '.repeat(60)}?`, context: 'the library is closed' };
    const outputs = ({ encoding }: Sequence) => ({
      start_logits: tensor(new Float32Array(encoding.length)),
      end_logits: tensor(new Float32Array(encoding.length)),
    });
    const length = { max_seq_len: 32 };
    await expect(answerWith('question-answering', item, length, outputs)).rejects.toMatchObject({
      code: 'input-too-long',
      extra: { max: 32 },
    });
    const { sequences } = await answerWith(
      'question-answering',
      item,
      { ...length, truncate: true },
      outputs,
    );
    const kept = sequences[0]!.encoding;
    expect(kept.length).toBeLessThanOrEqual(32);
    expect(isContext(kept, kept.length - 2)).toBe(true);
  });
});

describe('the squad method', () => {
  it('scores by logits, and is held to the threshold', async () => {
    const context = 'the library is closed';
    const pieces = await piecesOf('library');
    const starts = new Map([
      ['[CLS]', 5],
      [pieces[0]!, 6],
    ]);
    const ends = new Map([
      ['[CLS]', 5],
      [pieces.at(-1)!, 6],
    ]);
    const parameters = { method: 'squad', handle_impossible_answer: true };
    const { output } = await ask(context, parameters, starts, ends);
    expect(output).toMatchObject({ no_answer: false, null_score: 10, null_score_diff: -2 });
    expect(output.answers).toMatchObject([{ answer: 'library', start: 4, end: 11 }]);
    const strict = { ...parameters, null_score_diff_threshold: -2.5, top_k: 2 };
    const { output: none } = await ask(context, strict, starts, ends);
    expect(none).toMatchObject({
      no_answer: true,
      answers: [{ answer: '', start: 0, end: 0 }, { answer: 'library' }],
    });
  });

  it('counts an answer in the window that shows most around it only', async () => {
    const context = 'the library is closed and the museum is open '.repeat(5);
    const parameters = { method: 'squad', max_seq_len: 40, doc_stride: 15, top_k: 1000, max_answer_len: 1 };
    const { output, sequences } = await ask(context, parameters, new Map([['library', 5]]));
    expect(sequences.length).toBeGreaterThan(2);
    expect(output.answers.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 5);
    expect(new Set(output.answers.map(({ answer }) => answer)).size).toBe(output.answers.length);
    for (const answer of output.answers) expect(textOf(context, answer)).toBe(answer.answer);
  });
});
