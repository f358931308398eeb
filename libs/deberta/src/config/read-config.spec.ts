import { describe, expect, it } from 'vitest';
import { readModelConfig } from './read-config.js';

const base = {
  model_type: 'deberta-v2',
  architectures: ['DebertaV2ForSequenceClassification'],
  hidden_size: 48,
  intermediate_size: 96,
  num_attention_heads: 4,
  num_hidden_layers: 3,
  vocab_size: 250,
  max_position_embeddings: 512,
  relative_attention: true,
  position_buckets: 16,
  norm_rel_ebd: 'layer_norm',
  share_att_key: true,
  pos_att_type: 'p2c|c2p',
  position_biased_input: false,
  id2label: { '0': 'no', '1': 'yes' },
};
const read = (changes: object) => readModelConfig({ ...base, ...changes });

describe('readModelConfig', () => {
  it('reads a published configuration', () => {
    expect(readModelConfig(base)).toEqual({
      head: 'sequence-classification',
      labels: ['no', 'yes'],
      problemType: null,
      vocabSize: 250,
      hiddenSize: 48,
      embeddingSize: 48,
      intermediateSize: 96,
      layers: 3,
      attentionHeads: 4,
      hiddenActivation: 'gelu',
      poolerActivation: 'gelu',
      layerNormEps: 1e-7,
      maxPositions: 512,
      absolutePositions: false,
      attention: {
        scaleFactor: 3,
        relative: {
          contentToPosition: true,
          positionToContent: true,
          maxDistance: 512,
          buckets: 16,
          span: 16,
          shareKey: true,
          normalized: true,
        },
      },
    });
  });

  it('fills in the defaults of transformers; null counts as absent', () => {
    const { model_type, architectures } = base;
    expect(
      readModelConfig({ model_type, architectures, pos_att_type: null, vocab_size: null }),
    ).toMatchObject({
      labels: ['LABEL_0', 'LABEL_1'],
      vocabSize: 128_100,
      hiddenSize: 1536,
      layers: 24,
      maxPositions: 512,
      absolutePositions: true,
      attention: { scaleFactor: 1, relative: null },
    });
  });

  it.each<[unknown, number, boolean, boolean]>([
    ['c2p', 2, true, false],
    [' P2C ', 2, false, true],
    [['c2p', 'p2c'], 3, true, true],
    [['none', 'c2p'], 2, true, false],
  ])('pos_att_type %j', (pos_att_type, scaleFactor, contentToPosition, positionToContent) => {
    expect(read({ pos_att_type }).attention).toMatchObject({
      scaleFactor,
      relative: { contentToPosition, positionToContent },
    });
  });

  it.each([[[]], [''], [['none']], ['none'], [null]])(
    'pos_att_type %j leaves no position term',
    (pos_att_type) => {
      expect(read({ pos_att_type }).attention).toEqual({ scaleFactor: 1, relative: null });
    },
  );

  it('counts the listed terms in the scale although relative attention is off', () => {
    expect(read({ relative_attention: false }).attention).toEqual({ scaleFactor: 3, relative: null });
  });

  it('takes distances for rows without buckets, and max_position_embeddings below 1', () => {
    const relative = (changes: object) => read({ position_buckets: -1, ...changes }).attention.relative;
    expect(relative({ max_relative_positions: 12 })).toMatchObject({ buckets: 0, maxDistance: 12, span: 12 });
    expect(relative({ max_relative_positions: 0 })).toMatchObject({ maxDistance: 512, span: 512 });
  });

  it('reads norm_rel_ebd with blanks and capitals', () => {
    const normalized = (norm_rel_ebd: string | null) => read({ norm_rel_ebd }).attention.relative?.normalized;
    expect([' LAYER_NORM | foo ', 'none', null].map(normalized)).toEqual([true, false, false]);
  });

  it('names labels by id2label before num_labels, in the order of their ids', () => {
    const id2label = { '2': 'c', '0': 'a', '1': 'b' };
    expect(read({ id2label, num_labels: 7 }).labels).toEqual(['a', 'b', 'c']);
    expect(read({ id2label: undefined, num_labels: 1 }).labels).toEqual(['LABEL_0']);
  });
});

describe('refuses', () => {
  it.each<[string, unknown]>([
    ['model_type', 'bert'],
    ['model_type', 'deberta'],
    ['model_type', undefined],
    ['architectures', ['DebertaV2ForMaskedLM']],
    ['architectures', undefined],
    ['architectures', [['DebertaV2ForSequenceClassification']]],
    ['type_vocab_size', 2],
    ['conv_kernel_size', 3],
    ['talking_head', true],
    ['pos_att_type', 'c2p|p2p'],
    ['pos_att_type', ['C2P']],
    ['hidden_act', 'mystery'],
    ['hidden_act', 'constructor'],
    ['pooler_hidden_act', 'mystery'],
  ])('what is not compiled: %s %j', (key, value) => {
    const refused = () => read({ [key]: value });
    expect(refused).toThrow(expect.objectContaining({ code: 'unsupported-architecture' }));
    expect(refused).toThrow(`${key} is ${JSON.stringify(value) ?? 'absent'}; supported: `);
  });

  it.each<[string, unknown]>([
    ['hidden_size', '48'],
    ['hidden_size', 48.5],
    ['hidden_size', 50],
    ['hidden_size', 2 ** 40],
    ['num_hidden_layers', -1],
    ['num_hidden_layers', 0],
    ['num_attention_heads', 1e308],
    ['attention_head_size', 64],
    ['pooler_hidden_size', 64],
    ['vocab_size', 0],
    ['layer_norm_eps', 0],
    ['max_position_embeddings', 7],
    ['max_position_embeddings', 10 ** 9],
    ['position_buckets', 1],
    ['relative_attention', 'yes'],
    ['pos_att_type', 7],
    ['problem_type', 'guess'],
    ['id2label', ['a', 'b']],
    ['id2label', {}],
    ['id2label', { '0': 'a', '2': 'b' }],
    ['id2label', { '0': 1 }],
  ])('values that make no model: %s %j', (key, value) => {
    const refused = () => read({ [key]: value });
    expect(refused).toThrow(expect.objectContaining({ code: 'invalid-config' }));
    expect(refused).toThrow(key);
  });

  it.each([[null], ['text'], [[]], [3]])('%j as a configuration', (json) => {
    expect(() => readModelConfig(json)).toThrow(expect.objectContaining({ code: 'invalid-config' }));
  });

  it('buckets that leave nothing for the logarithmic scale, unless no distance needs it', () => {
    expect(() => read({ max_relative_positions: 9 })).toThrow(/^position_buckets is 16, .* a distance of 9$/);
    expect(read({ max_relative_positions: 9, max_position_embeddings: 9 }).maxPositions).toBe(9);
  });

  it('every fault at once, with the values', () => {
    expect(() => read({ hidden_size: -3, vocab_size: 'many' })).toThrow(
      /vocab_size is "many".*hidden_size is -3/,
    );
  });
});
