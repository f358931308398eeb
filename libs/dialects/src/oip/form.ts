import type { Task, VersionManifest } from '@heddle/contracts';
import { z } from 'zod';

/** How a model is asked, and what its answers are made of. */
export type OipForm = 'classification' | 'ranking' | 'embedding' | 'zero-shot' | 'tokens' | 'json';

export interface OipTensorShape {
  name: string;
  datatype: 'BYTES' | 'INT64' | 'FP32';
  shape: number[];
}

const tensorShape = z.strictObject({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) });
export const oipMetadata = z
  .strictObject({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(tensorShape),
    outputs: z.array(tensorShape),
  })
  .meta({ id: 'OIPModelMetadata' });

const TEXT: OipTensorShape = { name: 'text', datatype: 'BYTES', shape: [-1] };
const PAIR: OipTensorShape = { name: 'text_pair', datatype: 'BYTES', shape: [-1] };
const IDS: OipTensorShape[] = ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => ({
  name,
  datatype: 'INT64',
  shape: [-1, -1],
}));
const SCORE: OipTensorShape = { name: 'score', datatype: 'FP32', shape: [-1] };
const JSON_TEXT: OipTensorShape = { name: 'output_json', datatype: 'BYTES', shape: [-1] };
/** That an answer starts at a token, and that it ends there. */
const ANSWER_LOGITS = 2;

const FORMS: Partial<Record<Task, OipForm>> = {
  'text-classification': 'classification',
  'zero-shot-classification': 'zero-shot',
  embed: 'embedding',
  rerank: 'ranking',
  score: 'ranking',
  'token-classification': 'tokens',
  'question-answering': 'tokens',
};

export function oipFormOf(task: Task): OipForm {
  return FORMS[task] ?? 'json';
}

export function oipInputsOf(form: OipForm, task: Task): OipTensorShape[] {
  if (form === 'classification' || form === 'ranking') return [TEXT, PAIR, ...IDS];
  if (form === 'embedding') return [TEXT, ...IDS];
  return task === 'question-answering' ? [TEXT, PAIR] : [TEXT];
}

export function oipOutputsOf(
  form: OipForm,
  { labels, architecture }: Pick<VersionManifest, 'labels' | 'architecture'>,
): OipTensorShape[] {
  switch (form) {
    case 'classification':
      return [
        { name: 'label', datatype: 'BYTES', shape: [-1] },
        SCORE,
        { name: 'logits', datatype: 'FP32', shape: [-1, labels.length] },
      ];
    case 'ranking':
      return [SCORE];
    case 'embedding':
      return [{ name: 'embedding', datatype: 'FP32', shape: [-1, architecture.hiddenSize] }];
    case 'zero-shot':
      return [
        { name: 'labels', datatype: 'BYTES', shape: [-1, -1] },
        { name: 'scores', datatype: 'FP32', shape: [-1, -1] },
      ];
    case 'tokens':
      return [
        JSON_TEXT,
        { name: 'logits', datatype: 'FP32', shape: [-1, -1, labels.length || ANSWER_LOGITS] },
      ];
    case 'json':
      return [JSON_TEXT];
  }
}
