import { float32 as f, TASK_SCHEMAS, type Task } from '@heddle/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerWith, modelWith, tensor, tokenizer } from './__parity__/given-outputs.js';
import { taskHandler } from './handlers.js';
import type { ServedModel } from './task.js';

const model = (labels: string[], problemType: ServedModel['problemType'] = 'single_label_classification') =>
  modelWith({ labels, problemType });
/** Runs a task with given logits, one row a sequence: [labels], or for token classification [length · labels]. */
async function answer(task: Task, item: unknown, parameters: object, served: ServedModel, rows: number[][]) {
  const given = (_: unknown, i: number) => ({ logits: tensor(rows[i]!) });
  const { output, sequences } = await answerWith(task, item, parameters, given, served);
  expect(sequences).toHaveLength(rows.length);
  return output;
}

describe('text classification', () => {
  const classify = (parameters: object, served: ServedModel, logits: number[]) =>
    answer('text-classification', 'x', parameters, served, [logits]);

  it('is a softmax over the labels, best first', async () => {
    // exp(1) ÷ (exp(0) + exp(1) + exp(-1)) and so on, computed by hand.
    expect(await classify({}, model(['a', 'b', 'c']), [0, 1, -1])).toEqual({
      labels: [
        { label: 'b', score: f(0.6652409557748219) },
        { label: 'a', score: f(0.24472847105479764) },
        { label: 'c', score: f(0.09003057317038046) },
      ],
    });
  });

  it('keeps the order of labels for equal scores, and top_k of them', async () => {
    const output = await classify({ top_k: 2 }, model(['a', 'b', 'c']), [1, 2, 2]);
    expect(output).toMatchObject({ labels: [{ label: 'b' }, { label: 'c' }] });
    expect((output as { labels: unknown[] }).labels).toHaveLength(2);
  });

  it('gives logits for none, without rounding them', async () => {
    const output = await classify({ function_to_apply: 'none' }, model(['a', 'b']), [-1.5, 0.123456789]);
    expect(output).toEqual({
      labels: [
        { label: 'b', score: f(0.123456789) },
        { label: 'a', score: -1.5 },
      ],
    });
  });

  it('selects by threshold with several labels at once', async () => {
    const served = model(['a', 'b', 'c'], 'multi_label_classification');
    expect(await classify({ threshold: 0.4 }, served, [0, 2, -3])).toEqual({
      labels: [
        { label: 'b', score: f(1 / (1 + Math.exp(-2))) },
        { label: 'a', score: 0.5 },
        { label: 'c', score: f(1 / (1 + Math.exp(3))) },
      ],
      selected: ['b', 'a'],
    });
  });

  it('gives the value of a regression', async () => {
    expect(await classify({}, model(['score'], 'regression'), [1.5])).toEqual({ value: 1.5 });
    expect(await classify({}, model(['x', 'y'], 'regression'), [1.5, 2])).toEqual({ values: [1.5, 2] });
  });

  it('is a sigmoid with one label', async () => {
    expect(await classify({}, model(['spam'], null), [0])).toEqual({
      labels: [{ label: 'spam', score: 0.5 }],
    });
  });
});

describe('zero-shot classification', () => {
  const parameters = { candidate_labels: ['sport', 'politics'] };
  const ask = (extra: object, labels: string[], rows: number[][]) =>
    answer(
      'zero-shot-classification',
      'The match ended 2-1',
      { ...parameters, ...extra },
      model(labels),
      rows,
    );

  it('is a softmax of entailment over the candidates', async () => {
    const output = await ask(
      {},
      ['contradiction', 'neutral', 'ENTAILMENT'],
      [
        [9, 0, 1],
        [-9, 0, 0],
      ],
    );
    expect(output).toEqual({
      labels: [
        { label: 'sport', score: f(Math.E / (Math.E + 1)) },
        { label: 'politics', score: f(1 / (Math.E + 1)) },
      ],
    });
  });

  it('sets entailment against contradiction per label when several may hold; contradiction is last if entailment is first', async () => {
    const output = await ask(
      { multi_label: true },
      ['entailment', 'neutral', 'contradiction'],
      [
        [2, 50, 0],
        [0, 50, 0],
      ],
    );
    expect(output).toEqual({
      labels: [
        { label: 'sport', score: f(1 / (1 + Math.exp(-2))) },
        { label: 'politics', score: 0.5 },
      ],
    });
  });

  it('puts labels into the template literally', async () => {
    const handler = taskHandler('zero-shot-classification');
    const odd = TASK_SCHEMAS['zero-shot-classification'].parameters.parse({
      candidate_labels: ['$& {}', 'plain'],
    });
    const sequences = await handler.encode('x', odd, model(['entailment', 'other']));
    const direct = await tokenizer.encode(
      { text: 'x', pair: 'This example is $& {}.' },
      { maxTokens: 512, truncate: false, truncationSide: 'right' },
    );
    expect([...sequences[0]!.encoding.ids]).toEqual([...direct.ids]);
  });
});

describe('token classification', () => {
  const labels = ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC'];
  /** Logits that make `tags[i]` the label of token i, special tokens "O", with certainty `sure`. */
  async function tagged(text: string, tags: string[], parameters: object = {}, sure = 10) {
    const probe = await tokenizer.encode(
      { text },
      { maxTokens: 512, truncate: false, truncationSide: 'right' },
    );
    expect(tags).toHaveLength(probe.length - 2);
    const rows = ['O', ...tags, 'O'].flatMap((tag) => labels.map((label) => (label === tag ? sure : 0)));
    const output = await answer('token-classification', text, parameters, model(labels), [rows]);
    return (output as { entities: { word: string; start: number; end: number }[] }).entities;
  }
  const sizeOf = async (text: string) =>
    (await tokenizer.encode({ text }, { maxTokens: 512, truncate: false, truncationSide: 'right' })).length -
    2;

  const piecesOf = async (text: string) => {
    const none = { aggregation_strategy: 'none', ignore_labels: [] };
    return (await tagged(text, Array(await sizeOf(text)).fill('O'), none)).map(({ word }) => word);
  };

  it('groups neighbours of one type and ends at a new beginning', async () => {
    const text = 'Maria Maria';
    const half = (await sizeOf(text)) / 2;
    const one = ['B-PER', ...Array(half - 1).fill('I-PER')];
    expect(await tagged(text, [...one, ...one])).toMatchObject([
      { entity_group: 'PER', word: 'Maria', start: 0, end: 5 },
      { entity_group: 'PER', word: 'Maria', start: 6, end: 11 },
    ]);
    expect(await tagged(text, [...one, ...Array(half).fill('I-PER')])).toMatchObject([
      { entity_group: 'PER', word: 'Maria Maria', start: 0, end: 11 },
    ]);
  });

  it('labels words as a whole by first, average and max', async () => {
    const text = 'Maria';
    const size = await sizeOf(text);
    const tags = ['B-LOC', ...Array(size - 1).fill('O')];
    for (const strategy of ['first', 'average', 'max']) {
      const entities = await tagged(text, tags, { aggregation_strategy: strategy });
      if (strategy === 'first') expect(entities).toMatchObject([{ entity_group: 'LOC', word: 'Maria' }]);
      else expect(entities.every((entity) => entity.word === 'Maria')).toBe(true);
    }
  });

  it('takes what stands between blanks for words when it is told to', async () => {
    const word = fc.string({ unit: fc.constantFrom(..."aZ9.,:('-ß"), minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 6 }), async (words) => {
        const text = words.join(' ');
        const tags = Array<string>(await sizeOf(text)).fill('B-PER');
        const parameters = { aggregation_strategy: 'first', words: 'blanks' };
        expect((await tagged(text, tags, parameters)).map((entity) => entity.word)).toEqual(words);
      }),
      { numRuns: 200 },
    );
    // A word's first piece may be a blank alone, and it is that piece's label which counts.
    const pieces = await piecesOf('site .');
    expect(pieces.slice(-2)).toEqual(['', '.']);
    const tags = pieces.map((piece) => (piece === '' ? 'B-PER' : 'O'));
    expect(await tagged('site .', tags, { aggregation_strategy: 'first', words: 'blanks' })).toMatchObject([
      { entity_group: 'PER', word: '.', start: 5, end: 6 },
    ]);
  });

  it('tells every token with none', async () => {
    const size = await sizeOf('Maria');
    const entities = await tagged('Maria', Array(size).fill('O'), {
      aggregation_strategy: 'none',
      ignore_labels: [],
    });
    expect(entities.map((entity) => entity.word).join('')).toBe('Maria');
    expect(entities).toMatchObject(Array.from({ length: size }, (_, i) => ({ entity: 'O', index: i + 1 })));
  });

  const UNITS = ['codepoint', 'utf16', 'byte'] as const;
  const slices = {
    codepoint: (text: string, start: number, end: number) => Array.from(text).slice(start, end).join(''),
    utf16: (text: string, start: number, end: number) => text.slice(start, end),
    byte: (text: string, start: number, end: number) => Buffer.from(text).subarray(start, end).toString(),
  };
  it.each(UNITS)('offsets in %s always slice the word out of the text', async (unit) => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .string({ unit: 'grapheme', maxLength: 40 })
          .filter((text) => text.isWellFormed() && !text.includes('\0')),
        fc.constantFrom('none', 'simple', 'first', 'average', 'max'),
        fc.infiniteStream(fc.constantFrom(...labels)),
        async (text, strategy, tags) => {
          const size = await sizeOf(text);
          const chosen = [...tags.take(size)];
          const parameters = { aggregation_strategy: strategy, offsets: unit, ignore_labels: [] };
          for (const { word, start, end } of await tagged(text, chosen, parameters)) {
            expect(slices[unit](text, start, end)).toBe(word);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  describe('in windows', () => {
    const text = 'Maria crossed the harbour. '.repeat(12).trim();
    /** Every token "I-LOC" with certainty, but those of "Maria", which are "I-PER". */
    const ask = (parameters: object, maxTokens = 32) =>
      answerWith<{ entities: { entity_group: string; word: string; start: number; end: number }[] }>(
        'token-classification',
        text,
        parameters,
        ({ encoding }) => {
          const rows = Array.from({ length: encoding.length }, (_, i) => {
            const [start, end] = [encoding.offsets![i * 2]!, encoding.offsets![i * 2 + 1]!];
            const isName =
              'Maria'.includes(text.slice(start, end).trim()) && (start % 27 < 5 || start % 27 === 26);
            return labels.map((label) => (label === (isName ? 'I-PER' : 'I-LOC') ? 10 : 0));
          });
          return { logits: tensor(rows.flat(), encoding.length, labels.length) };
        },
        modelWith({ labels, maxTokens }),
      );

    it('gives the logits of every token of every window, and says how large they get', async () => {
      const { output, sequences } = await ask({ stride: 8, return_logits: true });
      const { logits } = output as { logits?: number[][] };
      const tokens = sequences.reduce((sum, { encoding }) => sum + encoding.length, 0);
      expect(logits).toHaveLength(tokens);
      for (const row of logits!) expect(row.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 0, 10]);
      for (const { encoding, answerBytes } of sequences)
        expect(answerBytes).toBeGreaterThan(JSON.stringify(logits!.slice(0, encoding.length)).length);
      expect((await ask({ stride: 8 })).output).not.toHaveProperty('logits');
    });

    it('reads a text of any length, its entities once', async () => {
      const { output, sequences } = await ask({ stride: 8, aggregation_strategy: 'first' });
      expect(sequences.length).toBeGreaterThan(3);
      expect(sequences.every(({ encoding }) => encoding.length <= 32)).toBe(true);
      const names = output.entities.filter(({ entity_group }) => entity_group === 'PER');
      expect(names.map(({ word, start }) => [word, start])).toEqual(
        Array.from({ length: 12 }, (_, i) => ['Maria', i * 27]),
      );
      for (const { word, start, end } of output.entities) expect(text.slice(start, end)).toBe(word);
    });

    it('must fit otherwise, or be cut', async () => {
      await expect(ask({})).rejects.toMatchObject({ code: 'input-too-long', extra: { max: 32 } });
      const { sequences } = await ask({ truncate: true });
      expect(sequences).toHaveLength(1);
      expect(sequences[0]!.encoding.truncated).toBeGreaterThan(0);
    });

    it('is one window for a text that fits', async () => {
      const { output: windowed, sequences } = await ask({ stride: 8 }, 512);
      expect(sequences).toHaveLength(1);
      expect(windowed).toEqual((await ask({}, 512)).output);
    });
  });
});
