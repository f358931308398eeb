import type { Filling } from '@heddle/contracts';
import { float32 } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { answerWith, modelWith, tensor, tokenizer } from './__parity__/given-outputs.js';
import type { ForwardRow, Sequence } from './task.js';

const VOCABULARY = 721;
const whole = { maxTokens: 512, truncate: false, truncationSide: 'right' } as const;
const idOf = (token: string) => tokenizer.tokenToId(token)!;

/** One row of logits a mask: 0, but for the tokens named. */
const rowsOf =
  (...wanted: Record<string, number>[]) =>
  ({ positions }: Sequence): ForwardRow => {
    const rows = Array.from(positions!, (_, mask) => {
      const row = new Float32Array(VOCABULARY);
      for (const [token, logit] of Object.entries(wanted[mask % wanted.length]!)) row[idOf(token)] = logit;
      return [...row];
    });
    return { logits: tensor(rows.flat(), rows.length, VOCABULARY) };
  };

type Masks = { masks: Filling[][] };
const fill = (text: string, parameters: object, ...wanted: Record<string, number>[]) =>
  answerWith<Masks>('fill-mask', text, parameters, rowsOf(...wanted));

describe('masks', () => {
  it('are filled with the likeliest tokens of the whole vocabulary', async () => {
    const { output, sequences } = await fill(
      'the [MASK] is Berlin',
      { top_k: 2 },
      { '▁station': 9, '▁harbour': 8 },
    );
    expect(sequences).toMatchObject([{ graph: 'main', outputs: ['logits'], positions: Int32Array.of(2) }]);
    const sum = Math.exp(9) + Math.exp(8) + VOCABULARY - 2;
    expect(output.masks).toMatchObject([
      [
        { token: 'station', token_id: idOf('▁station'), sequence: 'the station is Berlin' },
        { token: 'harbour', token_id: idOf('▁harbour'), sequence: 'the harbour is Berlin' },
      ],
    ]);
    expect(output.masks[0]!.map(({ score }) => score)).toEqual([
      float32(Math.exp(9) / sum),
      float32(Math.exp(8) / sum),
    ]);
  });

  it('are answered one by one when there are several, special tokens shown', async () => {
    const { output } = await fill('[MASK] and [MASK]', { top_k: 1 }, { '▁station': 9 }, { '▁harbour': 9 });
    expect(output.masks.map(([best]) => best!.token)).toEqual(['station', 'harbour']);
    expect(output.masks[0]![0]!.sequence).toMatch(/^\[CLS\] station and\s*\[MASK\]\[SEP\]$/);
    expect(output.masks[1]![0]!.sequence).toMatch(/^\[CLS\]\s*\[MASK\] and harbour\[SEP\]$/);
  });

  it('are asked for in portions, whatever their number', async () => {
    const { output, sequences } = await fill('[MASK] '.repeat(150), { top_k: 1 }, { '▁station': 9 });
    expect(sequences.map(({ positions }) => positions!.length)).toEqual([64, 64, 22]);
    expect(output.masks).toHaveLength(150);
    expect(sequences[0]!.outputBytes).toBe(64 * VOCABULARY * 4);
  });

  it('keep the order of ids for equal scores', async () => {
    const { output } = await fill('[MASK]', { top_k: 3 }, {});
    expect(output.masks[0]!.map(({ token_id }) => token_id)).toEqual([0, 1, 2]);
  });

  it('are filled at most a thousand times, with every token of a small vocabulary', async () => {
    const { output } = await fill('[MASK]', { top_k: 1_000_000 }, {});
    expect(output.masks[0]!.length).toBe(VOCABULARY);
  });

  it('must be there, and be read', async () => {
    const text = `${'the station is Berlin '.repeat(20)}[MASK]`;
    await expect(fill('the station', {})).rejects.toMatchObject({ code: 'no-mask-token' });
    const short = modelWith({ maxTokens: 32 });
    const cut = answerWith('fill-mask', text, { truncate: true }, rowsOf({}), short);
    await expect(cut).rejects.toMatchObject({ code: 'no-mask-token' });
    const left = { truncate: true, truncation_side: 'left' };
    const { output } = await answerWith<Masks>('fill-mask', text, left, rowsOf({}), short);
    expect(output.masks).toHaveLength(1);
  });

  it('are not filled a hundred thousand times over', async () => {
    const text = '[MASK] '.repeat(500);
    await expect(fill(text, { top_k: 1000 }, {})).rejects.toMatchObject({
      code: 'output-too-large',
      extra: { max: 2_000_000 },
    });
  });
});

describe('targets', () => {
  it('are the only fillings looked at, with their share of the whole vocabulary', async () => {
    const parameters = { targets: ['▁harbour', '▁station', '▁harbour'] };
    const { output } = await fill('the [MASK]', parameters, { '▁station': 2, '▁Berlin': 9 });
    const sum = Math.exp(9) + Math.exp(2) + VOCABULARY - 2;
    expect(output.masks[0]).toMatchObject([
      { token: 'station', score: float32(Math.exp(2) / sum) },
      { token: 'harbour', score: float32(1 / sum) },
    ]);
    expect(output.masks[0]!.some((filling) => 'warning' in filling)).toBe(false);
  });

  it('outside the vocabulary stand for their first piece, and say so', async () => {
    const name = 'stationmaster';
    const { ids } = await tokenizer.encode({ text: name }, whole);
    const { output } = await fill('the [MASK]', { targets: [name, '▁harbour'] }, { '▁harbour': 5 });
    expect(output.masks[0]).toMatchObject([
      { token: 'harbour' },
      { token_id: ids[1], warning: expect.stringContaining('"stationmaster" is not in the vocabulary') },
    ]);
    expect(output.masks[0]![0]).not.toHaveProperty('warning');
  });

  it('that are nothing are refused', async () => {
    await expect(fill('the [MASK]', { targets: [' '] }, {})).rejects.toMatchObject({ code: 'invalid-input' });
  });
});

describe('causal', () => {
  const causal = { causal: true };

  it('fills masks by the graph that looks back only', async () => {
    const { output, sequences } = await fill('the [MASK] is', causal, { '▁station': 9 });
    expect(sequences).toMatchObject([{ graph: 'causal', positions: Int32Array.of(2) }]);
    expect(output.masks[0]![0]).toMatchObject({ token: 'station' });
  });

  it('scores a text without masks token by token, each from what is before it', async () => {
    const text = 'the station is  Berlin';
    const { ids, length } = await tokenizer.encode({ text }, whole);
    const { output, sequences } = await answerWith(
      'fill-mask',
      text,
      causal,
      ({ encoding, positions }, i) => {
        // The prediction for token t comes from t alone: the tokens before it, and [MASK] in its place.
        expect([...positions!]).toEqual([i + 1]);
        expect([...encoding.ids]).toEqual([...ids.slice(0, i + 1), tokenizer.special.mask]);
        const logits = new Float32Array(VOCABULARY);
        logits[ids[i + 1]!] = i + 1;
        return { logits: tensor(logits, 1, VOCABULARY) };
      },
    );
    expect(sequences).toHaveLength(length - 2);
    expect(sequences.every(({ graph }) => graph === 'causal')).toBe(true);
    const expected = sequences.map((_, i) => i + 1 - Math.log(Math.exp(i + 1) + VOCABULARY - 1));
    const { tokens, log_prob } = output as { tokens: { log_prob: number }[]; log_prob: number };
    for (const [i, token] of tokens.entries()) expect(token.log_prob).toBeCloseTo(expected[i]!, 5);
    expect(log_prob).toBeCloseTo(
      expected.reduce((sum, value) => sum + value, 0),
      4,
    );
    expect(tokens).toMatchObject([
      { token: '▁the', start: 0, end: 3 },
      { token: '▁station', start: 4, end: 11 },
      { token: '▁is', start: 12, end: 14 },
      { token: '▁Berlin', start: 16, end: 22 },
    ]);
  });

  it('scores a text without tokens', async () => {
    const { output } = await answerWith('fill-mask', ' ', causal, () => ({}));
    expect(output).toEqual({ tokens: [], log_prob: 0 });
  });
});
