import type { VersionManifest } from '@heddle/contracts';

/** A manifest that is valid and names no real files: for specs that store versions and run none. */
export function testManifest(overrides: Partial<VersionManifest> = {}): VersionManifest {
  const digest = 'a'.repeat(64);
  return {
    format: 'heddle-version/1',
    family: 'deberta-v3',
    head: 'sequence-classification',
    tasks: ['text-classification'],
    labels: ['negative', 'positive'],
    problemType: 'single_label_classification',
    maxTokens: 512,
    parametersCount: 1,
    architecture: {
      layers: 2,
      heads: 2,
      hiddenSize: 8,
      vocabSize: 100,
      attentionTerms: ['c2c', 'c2p', 'p2c'],
    },
    source: { sha256: digest, compiler: 'test' },
    precision: 'fp32',
    onnx: { opset: 18, inputs: ['input_ids', 'attention_mask'], outputs: ['logits'] },
    files: { 'model.onnx': { sha256: digest, bytes: 1 }, 'tokenizer.json': { sha256: digest, bytes: 1 } },
    ...overrides,
  };
}
