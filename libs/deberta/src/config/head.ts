import { HeddleError, labelNames } from '@heddle/contracts';
import { numberedLabels } from './labels.js';
import type { Head, ModelConfig } from './model-config.js';
import { quote, unsupported } from './parse.js';

/**
 * How a masked language model answers: `ms-emd` with Microsoft's enhanced mask decoder, `hf-new` with the same
 * head straight on the last layer (transformers, legacy=false), `hf-legacy` with transformers' own head.
 */
export type MlmHead = 'ms-emd' | 'hf-new' | 'hf-legacy';

/** The head that is compiled. */
export interface HeadPlan {
  head: Head;
  /** Of masked language models only. */
  mlm: MlmHead | null;
  /** Token classifiers of Microsoft have a layer `proj` before the classifier. */
  projected: boolean;
  /** Label names by class index; none for heads that answer with something else. */
  labels: string[];
}

export interface HeadWishes {
  /** Instead of what the checkpoint says. */
  head?: Head | undefined;
  mlmHead?: MlmHead | undefined;
  /** Instead of the checkpoint's label names; of the same number. */
  labels?: readonly string[] | undefined;
}

/** What a checkpoint says of its head. */
export interface HeadEvidence {
  /** `architectures` of the configuration. */
  architectures: unknown;
  /** Rows of classifier.weight; undefined without one. */
  classifierRows: number | undefined;
  /** By name without the model's prefix. */
  has(tensor: RegExp): boolean;
}

const CLASSES: [suffix: string, Head][] = [
  ['Model', 'features'],
  ['ForMaskedLM', 'masked-lm'],
  ['ForSequenceClassification', 'sequence-classification'],
  ['ForTokenClassification', 'token-classification'],
  ['ForQuestionAnswering', 'question-answering'],
  ['ForMultipleChoice', 'multiple-choice'],
];
/** transformers' classes of a family, as `architectures` names them; it has no v1 class for multiple choice. */
const ARCHITECTURES = {
  deberta: new Map<unknown, Head>(CLASSES.slice(0, -1).map(([suffix, head]) => [`Deberta${suffix}`, head])),
  'deberta-v2': new Map<unknown, Head>(CLASSES.map(([suffix, head]) => [`DebertaV2${suffix}`, head])),
};
const LABELLED: readonly Head[] = ['sequence-classification', 'token-classification'];

const LM_PREDICTIONS = /^lm_predictions\./;
const CLS_PREDICTIONS = /^cls\.predictions\./;
const POSITION_TABLE = /^embeddings\.position_embeddings\.weight$/;

/**
 * Which head to compile: the one that is wished for, else the one `architectures` names, else the one whose tensors
 * are there. Whether they are all there is checked when they are resolved.
 * Throws `unsupported-architecture`, `invalid-config` and `missing-tensors`.
 */
export function planHead(config: ModelConfig, evidence: HeadEvidence, wishes: HeadWishes): HeadPlan {
  const head = wishes.head ?? headOf(config, evidence);
  if (wishes.labels !== undefined && !LABELLED.includes(head)) {
    throw new HeddleError('invalid-config', `labels ${quote(wishes.labels)}: the head ${head} has none`);
  }
  return {
    head,
    mlm: head === 'masked-lm' ? mlmHead(config, evidence, wishes.mlmHead) : null,
    projected: head === 'token-classification' && evidence.has(/^proj\./),
    labels: LABELLED.includes(head) ? labelsOf(config, evidence, wishes.labels) : [],
  };
}

function headOf({ family }: ModelConfig, evidence: HeadEvidence): Head {
  const { architectures } = evidence;
  if (architectures === undefined || architectures === null) return headByTensors(evidence);
  if (Array.isArray(architectures) && architectures.length === 0) return headByTensors(evidence);
  const known = ARCHITECTURES[family === 'deberta-v1' ? 'deberta' : 'deberta-v2'];
  const head = Array.isArray(architectures) && architectures.length === 1 && known.get(architectures[0]);
  if (!head) unsupported('architectures', architectures, [...known.keys()]);
  return head;
}

/** Microsoft's files name no architecture; a discriminator's may hold the other head's tensors too. */
function headByTensors({ has }: HeadEvidence): Head {
  if (has(/^mask_predictions\./)) return 'replaced-token-detection';
  if (has(LM_PREDICTIONS) && has(POSITION_TABLE)) return 'masked-lm';
  if (has(CLS_PREDICTIONS)) return 'masked-lm';
  if (has(/^qa_outputs\./)) return 'question-answering';
  if (has(/^classifier\./)) return has(/^pooler\./) ? 'sequence-classification' : 'token-classification';
  return 'features';
}

/**
 * The decoder was trained into Microsoft's head, so it is the answer wherever its tensors are. A head with tensors
 * that are not there would be random: refused.
 */
function mlmHead(config: ModelConfig, { has }: HeadEvidence, wish: MlmHead | undefined): MlmHead {
  const chosen = wish ?? defaultMlmHead(config, has);
  if (chosen === 'hf-legacy') return chosen;
  if (config.embeddingSize !== config.hiddenSize && (chosen === 'hf-new' || !config.absolutePositions)) {
    throw new HeddleError(
      'unsupported-architecture',
      `embedding_size is ${config.embeddingSize}; the masked-word head ${chosen} needs hidden_size, ${config.hiddenSize}`,
    );
  }
  if (chosen === 'ms-emd' && !config.absolutePositions && config.layers < 2) {
    unsupported('num_hidden_layers', config.layers, ['at least 2, the mask decoder reads the last but one']);
  }
  return chosen;
}

function defaultMlmHead({ legacyHead }: ModelConfig, has: HeadEvidence['has']): MlmHead {
  if (has(LM_PREDICTIONS) && has(POSITION_TABLE)) return 'ms-emd';
  if (has(CLS_PREDICTIONS)) return 'hf-legacy';
  if (has(LM_PREDICTIONS) && !legacyHead) return 'hf-new';
  if (has(LM_PREDICTIONS)) {
    throw new HeddleError(
      'missing-tensors',
      'embeddings.position_embeddings.weight is missing, without which the head lm_predictions cannot answer as it was ' +
        'trained; mlmHead "hf-new" answers without the mask decoder',
      { extra: { tensors: ['embeddings.position_embeddings.weight'] } },
    );
  }
  throw new HeddleError(
    'missing-tensors',
    'the weights hold no masked-word head: neither lm_predictions.* nor cls.predictions.*',
    { extra: { tensors: ['lm_predictions.lm_head.dense.weight'] } },
  );
}

function labelsOf(
  { labels }: ModelConfig,
  { classifierRows = 0 }: HeadEvidence,
  wished: readonly string[] | undefined,
): string[] {
  const own = labels ?? numberedLabels(classifierRows);
  if (wished === undefined) {
    assertNames(own);
    return own;
  }
  if (wished.length !== own.length) {
    throw new HeddleError(
      'invalid-config',
      `labels ${quote(wished)} are ${wished.length} names; the model has ${own.length}: ${quote(own)}`,
    );
  }
  return [...wished];
}

/** A configuration's labels are shown as those that are given with an import, so they obey the same rules. */
function assertNames(labels: string[]): void {
  const [issue] = labels.length > 0 ? (labelNames.safeParse(labels).error?.issues ?? []) : [];
  if (!issue) return;
  const index = issue.path[0];
  const which = typeof index === 'number' ? `label ${index}, ${quote(labels[index])},` : 'the labels';
  throw new HeddleError(
    'invalid-config',
    `${which} cannot be used (${issue.message}); import with labels of your own`,
  );
}
