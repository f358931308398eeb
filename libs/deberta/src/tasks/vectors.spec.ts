import type { AttentionOutput } from '@heddle/contracts';
import { float32 as f } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { answerWith, modelWith, tensor } from './__parity__/given-outputs.js';
import type { ForwardRow, Sequence } from './task.js';

const floats = (base64: string) => {
  const bytes = Buffer.from(base64, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4));
};

describe('embed', () => {
  const outputs = ({ encoding, outputs: [name] }: Sequence): ForwardRow => {
    if (name !== 'tokens') return { [name!]: tensor(name === 'mean' ? [3, 0, 4, 12] : [0, 0, 0, 2]) };
    const rows = Array.from({ length: encoding.length }, (_, i) => [i, 0, 0, 1]);
    return { tokens: tensor(rows.flat(), encoding.length, 4) };
  };
  const embed = async (parameters: object, model = modelWith()) =>
    (await answerWith('embed', 'the station', parameters, outputs, model)).output;

  it('is the mean of the tokens with length one', async () => {
    expect(await embed({})).toEqual({ embedding: [3 / 13, 0, 4 / 13, 12 / 13].map(f) });
    expect(await embed({ normalize: false })).toEqual({ embedding: [3, 0, 4, 12] });
  });

  it('follows the version, or the caller, in how it pools', async () => {
    const byFirst = modelWith({ pooling: 'cls' });
    expect(await embed({}, byFirst)).toEqual({ embedding: [0, 0, 0, 1] });
    expect(await embed({ pooling: 'mean', normalize: false }, byFirst)).toEqual({ embedding: [3, 0, 4, 12] });
  });

  it('needs to be told how where the checkpoint pools in a way that is not computed', async () => {
    const unknown = modelWith({ pooling: null });
    await expect(embed({}, unknown)).rejects.toMatchObject({
      code: 'invalid-input',
      extra: { supported: ['mean', 'cls'] },
    });
    expect(await embed({ pooling: 'cls' }, unknown)).toEqual({ embedding: [0, 0, 0, 1] });
  });

  it('is cut before it is normalised', async () => {
    expect(await embed({ dimensions: 3 })).toEqual({ embedding: [3 / 5, 0, 4 / 5].map(f) });
    expect(await embed({ dimensions: 2, normalize: false })).toEqual({ embedding: [3, 0] });
    await expect(embed({ dimensions: 5 })).rejects.toMatchObject({
      code: 'invalid-input',
      extra: { max: 4, actual: 5 },
    });
  });

  it('leaves a zero vector as it is', async () => {
    const { output } = await answerWith('embed', 'x', {}, () => ({ mean: tensor([0, 0, 0, 0]) }));
    expect(output).toEqual({ embedding: [0, 0, 0, 0] });
  });

  it('comes as little-endian float32 in base64', async () => {
    const { embedding } = (await embed({ normalize: false, encoding: 'base64' })) as { embedding: string };
    expect(floats(embedding)).toEqual([3, 0, 4, 12]);
  });

  it('is of a text that comes as its tokens, with those around them or without', async () => {
    const sequenceOf = async (item: unknown, parameters = {}, model = modelWith()) => {
      const { sequences } = await answerWith('embed', item, parameters, outputs, model);
      return sequences[0]!.encoding;
    };
    const whole = await sequenceOf('the station');
    const ids = [...whole.ids];
    const without = { offsets: null, words: null, tokens: null };
    for (const token_ids of [ids, ids.slice(1), ids.slice(0, -1), ids.slice(1, -1)])
      expect(await sequenceOf({ token_ids })).toEqual({ ...whole, ...without });
    const short = modelWith({ maxTokens: 3 });
    await expect(sequenceOf({ token_ids: ids }, {}, short)).rejects.toMatchObject({
      code: 'input-too-long',
      extra: { max: 3, actual: 4 },
    });
    for (const [side, kept] of [
      ['right', ids[1]],
      ['left', ids[2]],
    ] as const) {
      const cut = await sequenceOf({ token_ids: ids }, { truncate: true, truncation_side: side }, short);
      expect([[...cut.ids], cut.truncated]).toEqual([[ids[0], kept, ids[3]], 1]);
    }
    await expect(sequenceOf({ token_ids: [721] })).rejects.toMatchObject({ code: 'invalid-input' });
    const { output } = await answerWith('embed', { token_ids: ids }, { level: 'token' }, outputs);
    expect((output as { tokens: unknown[] }).tokens.slice(0, 2)).toEqual([
      { token: '[CLS]', start: null, end: null },
      { token: '▁the', start: null, end: null },
    ]);
  });

  it('is one vector for every token', async () => {
    const output = await embed({ level: 'token', normalize: false, dimensions: 2 });
    expect(output).toEqual({
      embeddings: [
        [0, 0],
        [1, 0],
        [2, 0],
        [3, 0],
      ],
      tokens: [
        { token: '[CLS]', start: null, end: null },
        { token: '▁the', start: 0, end: 3 },
        { token: '▁station', start: 4, end: 11 },
        { token: '[SEP]', start: null, end: null },
      ],
    });
    const coded = (await embed({ level: 'token', encoding: 'base64' })) as { embeddings: string[] };
    expect(floats(coded.embeddings[3]!)).toEqual(
      [3 / Math.sqrt(10), 0, 0, 1 / Math.sqrt(10)].map(Math.fround),
    );
  });
});

describe('attention', () => {
  /** Every number names its place: part, layer, head, query, key. */
  const NAMES = ['total', 'c2c', 'c2p', 'p2c', 'probs'];
  const numberOf = (part: string, layer: number, head: number, query: number, key: number) =>
    NAMES.indexOf(part) * 10_000 + layer * 1000 + head * 100 + query * 10 + key;
  const outputs = ({ encoding: { length }, outputs: names }: Sequence): ForwardRow =>
    Object.fromEntries(
      names.map((name) => {
        const [part, layer] = name.split('.') as [string, string];
        const values = Array.from({ length: 2 * length * length }, (_, i) => {
          const [head, query, key] = [
            Math.floor(i / length ** 2),
            Math.floor(i / length) % length,
            i % length,
          ];
          return numberOf(part, Number(layer), head, query, key);
        });
        return [name, tensor(values, 2, length, length)];
      }),
    );
  const show = async (parameters: object, item: unknown = 'the station', model = modelWith()) =>
    answerWith<AttentionOutput>('attention', item, parameters, outputs, model);

  it('is the total of all layers and heads', async () => {
    const { output, sequences } = await show({});
    expect(sequences).toMatchObject([{ graph: 'attention', outputs: ['total.0', 'total.1'] }]);
    expect(output.shape).toEqual([2, 2, 4, 4]);
    expect(Object.keys(output.parts)).toEqual(['total']);
    const total = output.parts.total as number[][][][];
    for (let layer = 0; layer < 2; layer++)
      for (let head = 0; head < 2; head++)
        for (let query = 0; query < 4; query++)
          expect(total[layer]![head]![query]).toEqual(
            [0, 1, 2, 3].map((key) => numberOf('total', layer, head, query, key)),
          );
    expect(output.tokens).toMatchObject([{ token: '[CLS]', start: null }, { token: '▁the', end: 3 }, {}, {}]);
  });

  it('shows the parts, layers and heads that are asked for, in that order', async () => {
    const parameters = { layers: [1], heads: [1, 0], parts: ['probs', 'c2p'] };
    const { output } = await show(parameters);
    expect(output.shape).toEqual([1, 2, 4, 4]);
    const at = (part: 'probs' | 'c2p') =>
      (output.parts[part] as number[][][][])[0]!.map((head) => head[2]![3]);
    expect(at('probs')).toEqual([numberOf('probs', 1, 1, 2, 3), numberOf('probs', 1, 0, 2, 3)]);
    expect(at('c2p')).toEqual([numberOf('c2p', 1, 1, 2, 3), numberOf('c2p', 1, 0, 2, 3)]);
    const { output: coded } = await show({ ...parameters, encoding: 'base64' });
    expect(floats(coded.parts.c2p as string)).toEqual((output.parts.c2p as number[][][][]).flat(3));
  });

  it('has null for terms that the model does not have, and asks for none of them', async () => {
    const { architecture } = modelWith();
    const model = modelWith({ architecture: { ...architecture, attentionTerms: ['c2c', 'p2c'] } });
    const { output, sequences } = await show({ layers: [0], parts: ['c2c', 'c2p', 'p2c'] }, 'the', model);
    expect(sequences[0]!.outputs).toEqual(['c2c.0', 'p2c.0']);
    expect(output.parts).toMatchObject({ c2c: expect.any(Array), c2p: null, p2c: expect.any(Array) });
    const none = await show({ parts: ['c2p'] }, 'the', model);
    expect(none.sequences).toEqual([]);
    expect(none.output).toMatchObject({ shape: [2, 2, 3, 3], parts: { c2p: null }, tokens: [{}, {}, {}] });
  });

  it('says which tokens are those of the pair', async () => {
    const { output } = await show({}, { text: 'the', text_pair: 'station' });
    expect(output.tokens).toEqual([
      { token: '[CLS]', start: null, end: null },
      { token: '▁the', start: 0, end: 3 },
      { token: '[SEP]', start: null, end: null },
      { token: '▁station', start: 0, end: 7, text_pair: true },
      { token: '[SEP]', start: null, end: null },
    ]);
  });

  it('names layers and heads that are not there', async () => {
    await expect(show({ layers: [2] })).rejects.toMatchObject({ code: 'invalid-input' });
    await expect(show({ heads: [5] })).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it('bounds what it gives, and what one pass is asked for', async () => {
    const { architecture } = modelWith();
    const deep = modelWith({ maxTokens: 4096, architecture: { ...architecture, layers: 24, heads: 16 } });
    const text = 'the station '.repeat(250);
    const none = () => ({});
    await expect(answerWith('attention', text, {}, none, deep)).rejects.toMatchObject({
      code: 'output-too-large',
    });
    const narrow = { heads: [0], encoding: 'base64' };
    const { sequences } = await answerWith('attention', text, narrow, none, deep);
    expect(sequences.flatMap(({ outputs: names }) => names)).toHaveLength(24);
    expect(Math.max(...sequences.map(({ outputBytes }) => outputBytes!))).toBeLessThanOrEqual(
      64 * 1024 * 1024,
    );
    const long = answerWith('attention', 'the station '.repeat(400), narrow, none, deep);
    await expect(long).rejects.toMatchObject({ code: 'input-too-long', extra: { max: 512 } });
  });
});

it('replaced tokens are told by their sigmoid, special tokens left out', async () => {
  const { output } = await answerWith(
    'replaced-token-detection',
    ' the  station',
    { offsets: 'byte' },
    () => ({
      logits: tensor([9, 0, 2, 9]),
    }),
  );
  expect(output).toEqual({
    tokens: [
      { token: '▁the', score: 0.5, start: 1, end: 4 },
      { token: '▁station', score: f(1 / (1 + Math.exp(-2))), start: 6, end: 13 },
    ],
  });
});
