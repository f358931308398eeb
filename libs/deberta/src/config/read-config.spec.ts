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
const V1_TENSORS = ['deberta.encoder.layer.0.attention.self.in_proj.weight'];
const V2_TENSORS = ['deberta.encoder.layer.0.attention.self.query_proj.weight'];
const read = (changes: object) => readModelConfig({ ...base, ...changes }, V2_TENSORS);
const readV1 = (changes: object) => readModelConfig({ model_type: 'deberta', ...changes }, V1_TENSORS);

describe('readModelConfig', () => {
  it('reads a published configuration', () => {
    expect(read({})).toEqual({
      family: 'deberta-v3',
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
      typeVocabSize: 0,
      convolution: null,
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
        talkingHeads: false,
      },
      tiedDecoder: true,
      legacyHead: true,
    });
  });

  it('fills in the defaults of transformers; null counts as absent', () => {
    const common = {
      labels: ['LABEL_0', 'LABEL_1'],
      maxPositions: 512,
      absolutePositions: true,
      attention: { scaleFactor: 1, relative: null },
    };
    expect(
      readModelConfig({ model_type: 'deberta-v2', pos_att_type: null, vocab_size: null }, V2_TENSORS),
    ).toMatchObject({ ...common, vocabSize: 128_100, hiddenSize: 1536, intermediateSize: 6144, layers: 24 });
    expect(readV1({})).toMatchObject({
      ...common,
      family: 'deberta-v1',
      vocabSize: 50_265,
      hiddenSize: 768,
      intermediateSize: 3072,
      layers: 12,
    });
  });

  it("reads Microsoft's configuration, which has no model_type, by the weights", () => {
    const microsoft = {
      vocab_size: 300,
      relative_attention: true,
      padding_idx: 0,
      pooling: { hidden_size: 768, dropout: 0.1, hidden_act: 'tanh' },
      pooler_hidden_act: 'relu',
    };
    expect(readModelConfig(microsoft, V1_TENSORS)).toMatchObject({
      family: 'deberta-v1',
      labels: null,
      hiddenSize: 768,
      layers: 12,
      poolerActivation: 'tanh',
      attention: { scaleFactor: 2, relative: { contentToPosition: true, positionToContent: false } },
    });
    expect(readModelConfig({ ...microsoft, num_labels: 3 }, V2_TENSORS)).toMatchObject({
      family: 'deberta-v2',
      labels: ['LABEL_0', 'LABEL_1', 'LABEL_2'],
    });
    expect(() => readModelConfig({ hidden_size: 768 }, V2_TENSORS)).toThrow('vocab_size is absent');
  });

  it('passes over what the code of v1 never reads', () => {
    const changes = {
      attention_head_size: 'x',
      position_buckets: 16,
      norm_rel_ebd: 7,
      share_att_key: true,
      conv_kernel_size: 2,
      relative_attention: true,
      pos_att_type: ['c2p', 'p2c'],
    };
    expect(readV1(changes)).toMatchObject({
      convolution: null,
      attention: { relative: { buckets: 0, span: 512, shareKey: false, normalized: false } },
    });
  });

  it('reads the layers of v2 that few models have', () => {
    expect(
      read({ conv_kernel_size: 5, conv_groups: 2, type_vocab_size: 2, embedding_size: 24 }),
    ).toMatchObject({
      family: 'deberta-v2',
      convolution: { kernel: 5, groups: 2, activation: 'tanh' },
      typeVocabSize: 2,
      embeddingSize: 24,
    });
    expect(read({ conv_kernel_size: 0, conv_groups: 7, conv_act: 'mystery' }).convolution).toBeNull();
    expect(readV1({ talking_head: true }).attention.talkingHeads).toBe(true);
    expect(read({ tie_word_embeddings: false, legacy: false })).toMatchObject({
      tiedDecoder: false,
      legacyHead: false,
    });
  });

  it.each([
    [['c2p', 'p2c'], 3],
    [['none'], 2],
    ['', 2],
    [['C2P'], 2],
    [['c2p', 'c2p'], 3],
    [[], 1],
    [null, 1],
  ])('v1 counts the entries of pos_att_type %j in its scale: %i', (pos_att_type, scaleFactor) => {
    expect(readV1({ pos_att_type, relative_attention: true }).attention.scaleFactor).toBe(scaleFactor);
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

  it.each([[[]], [''], [['none']], ['none'], [null], [['C2P', ' p2c']]])(
    'pos_att_type %j leaves no position term',
    (pos_att_type) => {
      expect(read({ pos_att_type }).attention).toMatchObject({ scaleFactor: 1, relative: null });
    },
  );

  it('counts the listed terms in the scale although relative attention is off', () => {
    expect(read({ relative_attention: false }).attention).toMatchObject({ scaleFactor: 3, relative: null });
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
    expect(read({ label2id: { no: '0', yes: 1, LABEL_0: 7 } }).labels).toEqual(['no', 'yes']);
  });
});

describe('refuses', () => {
  it.each<[string, unknown]>([
    ['model_type', 'bert'],
    ['model_type', ['deberta-v2']],
    ['conv_kernel_size', 4],
    ['conv_act', 'mystery'],
    ['talking_head', true],
    ['pos_att_type', 'c2p|p2p'],
    ['pos_att_type', ['c2p', 'P2P']],
    ['hidden_act', 'mystery'],
    ['hidden_act', 'constructor'],
    ['hidden_act', 'prelu'],
    ['pooler_hidden_act', 'mystery'],
  ])('what is not compiled: %s %j', (key, value) => {
    const refused = () => read({ conv_kernel_size: 3, [key]: value });
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
    ['label2id', { no: 1, yes: 0 }],
    ['pad_token_id', 250],
    ['type_vocab_size', -1],
    ['conv_groups', 5],
  ])('values that make no model: %s %j', (key, value) => {
    const refused = () => read({ conv_kernel_size: 3, [key]: value });
    expect(refused).toThrow(expect.objectContaining({ code: 'invalid-config' }));
    expect(refused).toThrow(key);
  });

  it.each([[null], ['text'], [[]], [3]])('%j as a configuration', (json) => {
    expect(() => readModelConfig(json, [])).toThrow(expect.objectContaining({ code: 'invalid-config' }));
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

  it('weights of the other family, in either direction', () => {
    const error = { code: 'missing-tensors', message: expect.stringContaining('another family') };
    expect(() => readModelConfig({ model_type: 'deberta' }, V2_TENSORS)).toThrow(
      expect.objectContaining(error),
    );
    expect(() => readModelConfig({ model_type: 'deberta-v2' }, V1_TENSORS)).toThrow(
      expect.objectContaining(error),
    );
  });
});
