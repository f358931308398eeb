import type { Task, VersionManifest } from '@heddle/contracts';
import type { HeadPlan } from './config/head.js';
import type { ModelConfig } from './config/model-config.js';
import type { SentenceVectors } from './config/sentence-vectors.js';
import type { Compilation } from './graph/write-graphs.js';

/** What a version's manifest says of a model, apart from where it came from and the files it consists of. */
export function describeModel(
  { config, plan, weights, maxTokens }: Compilation,
  vectors: SentenceVectors | null,
): Omit<VersionManifest, 'files' | 'precision' | 'source' | 'onnx'> {
  const tasks = tasksOf(plan);
  return {
    format: 'heddle-version/1',
    family: config.family,
    head: plan.head,
    tasks,
    labels: plan.labels,
    problemType: plan.labels.length > 0 ? config.problemType : null,
    maxTokens,
    parametersCount: weights.parametersCount,
    architecture: architectureOf(config),
    ...(vectors && tasks.includes('embed') && { pooling: vectors.pooling }),
  };
}

function architectureOf({ layers, attentionHeads, hiddenSize, vocabSize, attention }: ModelConfig) {
  const { contentToPosition = false, positionToContent = false } = attention.relative ?? {};
  return {
    layers,
    heads: attentionHeads,
    hiddenSize,
    vocabSize,
    attentionTerms: [
      'c2c' as const,
      ...(contentToPosition ? ['c2p' as const] : []),
      ...(positionToContent ? ['p2c' as const] : []),
    ],
  };
}

/** What the head can answer; the scores of attention every model can show. */
function tasksOf({ head, labels }: HeadPlan): Task[] {
  return [
    ...HEAD_TASKS[head],
    ...(head === 'sequence-classification' ? classifierTasks(labels) : []),
    'attention',
  ];
}

const HEAD_TASKS: Record<HeadPlan['head'], Task[]> = {
  'sequence-classification': ['text-classification'],
  'token-classification': ['token-classification'],
  'question-answering': ['question-answering'],
  'multiple-choice': ['multiple-choice'],
  'masked-lm': ['fill-mask'],
  'replaced-token-detection': ['replaced-token-detection'],
  features: ['embed'],
};

/** One that knows entailment answers zero-shot questions too, one with a single label ranks and scores. */
function classifierTasks(labels: string[]): Task[] {
  const entails = labels.some((label) => label.toLowerCase().startsWith('entail'));
  return [
    ...(entails ? ['zero-shot-classification' as const] : []),
    ...(labels.length === 1 ? ['rerank' as const, 'score' as const] : []),
  ];
}
