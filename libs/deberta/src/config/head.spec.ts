import { describe, expect, it } from 'vitest';
import { type HeadWishes, planHead } from './head.js';
import { readModelConfig } from './read-config.js';

const TENSORS = ['encoder.layer.0.attention.self.query_proj.weight'];

function plan(
  architectures: unknown,
  tensors: string[],
  { wishes = {}, config = {}, rows = 2 }: { wishes?: HeadWishes; config?: object; rows?: number } = {},
) {
  const model = readModelConfig({ model_type: 'deberta-v2', vocab_size: 10, ...config }, TENSORS);
  return planHead(
    model,
    {
      architectures,
      classifierRows: rows,
      has: (tensor) => tensors.some((name) => tensor.test(name)),
    },
    wishes,
  );
}
const LM = 'lm_predictions.lm_head.bias';
const POSITIONS = 'embeddings.position_embeddings.weight';
const CLS = 'cls.predictions.bias';

describe('planHead', () => {
  it.each([
    ['DebertaV2Model', 'features'],
    ['DebertaV2ForSequenceClassification', 'sequence-classification'],
    ['DebertaV2ForTokenClassification', 'token-classification'],
    ['DebertaV2ForQuestionAnswering', 'question-answering'],
    ['DebertaV2ForMultipleChoice', 'multiple-choice'],
  ])('follows architectures: %s is %s', (name, head) => {
    expect(plan([name], ['classifier.weight'])).toMatchObject({ head, mlm: null });
  });

  it.each<[string[], string]>([
    [['mask_predictions.dense.bias', LM, POSITIONS], 'replaced-token-detection'],
    [[LM, POSITIONS], 'masked-lm'],
    [[CLS], 'masked-lm'],
    [['qa_outputs.bias'], 'question-answering'],
    [['classifier.bias', 'pooler.dense.bias'], 'sequence-classification'],
    [['classifier.bias', 'proj.bias'], 'token-classification'],
    [['classifier.bias'], 'token-classification'],
    [[LM], 'features'],
    [[], 'features'],
  ])('without architectures goes by the tensors: %j is %s', (tensors, head) => {
    expect(plan(undefined, tensors).head).toBe(head);
    expect(plan([], tensors).head).toBe(head);
  });

  it("knows Microsoft's token classifier by its extra layer", () => {
    expect(plan(undefined, ['classifier.bias', 'proj.bias']).projected).toBe(true);
    expect(plan(undefined, ['classifier.bias']).projected).toBe(false);
  });

  it('does as it is told', () => {
    const wishes: HeadWishes = { head: 'masked-lm', mlmHead: 'hf-legacy' };
    expect(plan(['DebertaV2ForSequenceClassification'], [LM, POSITIONS], { wishes })).toMatchObject({
      head: 'masked-lm',
      mlm: 'hf-legacy',
      labels: [],
    });
  });

  it.each<[string[], object, string]>([
    [[LM, POSITIONS, CLS], {}, 'ms-emd'],
    [[CLS], {}, 'hf-legacy'],
    [[LM, CLS], { legacy: false }, 'hf-legacy'],
    [[LM], { legacy: false }, 'hf-new'],
  ])('a masked language model with %j %j answers with %s', (tensors, config, mlm) => {
    expect(plan(['DebertaV2ForMaskedLM'], tensors, { config }).mlm).toBe(mlm);
  });

  it('names labels', () => {
    const of = (wishes: HeadWishes, config = {}) =>
      plan(['DebertaV2ForSequenceClassification'], [], { wishes, config }).labels;
    expect(of({})).toEqual(['LABEL_0', 'LABEL_1']);
    expect(of({ labels: ['a', 'b'] })).toEqual(['a', 'b']);
    expect(of({}, { model_type: undefined })).toEqual(['LABEL_0', 'LABEL_1']);
  });
});

describe('refuses', () => {
  const error = (code: string, message: string) =>
    expect.objectContaining({ code, message: expect.stringContaining(message) });

  it.each([
    ['DebertaV2ForMagic'],
    [['DebertaForMaskedLM']],
    [['DebertaV2ForMaskedLM', 'DebertaV2Model']],
    [[['DebertaV2ForMaskedLM']]],
  ])('architectures %j', (architectures) => {
    expect(() => plan(architectures, [CLS])).toThrow(error('unsupported-architecture', 'architectures is '));
  });

  it('a masked language model without its head, which would answer at random', () => {
    const masked = ['DebertaV2ForMaskedLM'];
    expect(() => plan(masked, [])).toThrow(error('missing-tensors', 'neither lm_predictions.* nor cls'));
    expect(() => plan(masked, [LM])).toThrow(
      error('missing-tensors', 'position_embeddings.weight is missing'),
    );
  });

  it('heads that do not fit the model', () => {
    const of = (mlmHead: HeadWishes['mlmHead'], config: object) => () =>
      plan(undefined, [LM, POSITIONS], { wishes: { head: 'masked-lm', mlmHead }, config });
    const narrow = { embedding_size: 48 };
    expect(of('hf-new', narrow)).toThrow(error('unsupported-architecture', 'embedding_size is 48'));
    const relative = { position_biased_input: false };
    expect(of('ms-emd', { ...narrow, ...relative })).toThrow(
      error('unsupported-architecture', 'embedding_size is 48'),
    );
    expect(of('ms-emd', narrow)).not.toThrow();
    expect(of('ms-emd', { num_hidden_layers: 1, ...relative })).toThrow(
      error('unsupported-architecture', 'num_hidden_layers is 1'),
    );
  });

  it('labels of another number, and labels for a head without', () => {
    const wishes = { labels: ['a', 'b', 'c'] };
    expect(() => plan(['DebertaV2ForSequenceClassification'], [], { wishes })).toThrow(
      error('invalid-config', 'are 3 names; the model has 2'),
    );
    expect(() => plan(['DebertaV2Model'], [], { wishes })).toThrow(error('invalid-config', 'has none'));
  });

  it.each([
    [['yes', 'no', 'yes'], 'label 2, "yes", cannot be used (is there twice)'],
    [['yes', 'n\u001b[2Jo', 'maybe'], 'label 1, "n\\u001b[2Jo", cannot be used'],
    [['a\nb', 'c'], 'label 0'],
    [['yes', ''], 'label 1'],
    [['\ud800', 'no'], 'label 0'],
    [['x'.repeat(257), 'no'], 'label 0'],
  ])('labels that nobody can tell apart or show: %j', (labels, message) => {
    const config = { id2label: Object.fromEntries(labels.map((label, i) => [i, label])) };
    const of = (architecture: string, wishes: HeadWishes = {}) =>
      plan([architecture], [], { config, wishes }).labels;
    expect(() => of('DebertaV2ForSequenceClassification')).toThrow(error('invalid-config', message));
    expect(() => of('DebertaV2ForTokenClassification')).toThrow(error('invalid-config', message));
    // Unless others are given, or nothing is answered with them.
    const own = labels.map((_, i) => `own ${i}`);
    expect(of('DebertaV2ForSequenceClassification', { labels: own })).toEqual(own);
    expect(of('DebertaV2Model')).toEqual([]);
  });
});
