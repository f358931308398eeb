import { HeddleError, LIMITS, TASK_SCHEMAS, TASKS, type Task, type VersionManifest } from '@heddle/contracts';
import type { Call } from '../call.js';
import { type OipForm, oipFormOf, oipInputsOf, oipOutputsOf } from './form.js';
import { readTensors, wrong } from './read-tensors.js';
import type { OipRequest, OipTensor } from './request.js';

/** What a request asks, and of which form its answer is. */
export interface OipCall {
  call: Call;
  task: Task;
  form: OipForm;
}

/** The task that a request, or without one a model's description, is of. Throws `validation`. */
export function oipTaskOf(
  { tasks, problemType }: Pick<VersionManifest, 'tasks' | 'problemType'>,
  parameters: OipRequest['parameters'] = {},
): Task {
  const { task, candidate_labels: candidates } = parameters;
  if (task !== undefined && task !== null) {
    const found = TASKS.find((name) => name === task);
    if (!found) throw wrong('/parameters/task', `one of ${tasks.join(', ')}`);
    return found;
  }
  if (typeof candidates === 'string') return 'zero-shot-classification';
  // One that was made to give numbers does not rank unless that is asked of it.
  const ranks = tasks.includes('rerank') && problemType !== 'regression';
  return ranks ? 'rerank' : tasks[0]!;
}

/**
 * `binary`: what follows the JSON. Errors: `validation` where tensors are none that the task takes or outputs none that it
 * has, `task-not-supported`, `invalid-text`.
 */
export function oipCall(
  model: string,
  manifest: VersionManifest,
  request: OipRequest,
  binary: Buffer,
): OipCall {
  const task = oipTaskOf(manifest, request.parameters);
  if (!manifest.tasks.includes(task))
    throw new HeddleError('task-not-supported', `The model does not answer ${task}.`);
  const form = oipFormOf(task);
  refuseUnknown(request, form, task, manifest);
  const tensors = readTensors(request.inputs, binary);
  const inputs = itemsOf(tensors, task, form);
  // Ids are taken by the task that reads one text or pair at a time.
  const ofText = form === 'classification' || (form === 'ranking' && tensors.has('input_ids'));
  const asked = ofText ? 'text-classification' : task;
  const wantsLogits = oipOutputNames(request, form, manifest).includes('logits');
  return {
    task,
    form,
    call: {
      source: 'oip',
      model,
      task: asked,
      inputs,
      parameters: {
        ...(task === 'rerank' ? { truncate: true } : {}),
        ...parametersOf(asked, request.parameters),
        // Probabilities are made of them here.
        ...(ofText ? { function_to_apply: 'none' } : {}),
        ...(asked === 'rerank' ? { raw_scores: true } : {}),
        ...(form === 'tokens' ? { return_logits: wantsLogits } : {}),
      },
    },
  };
}

/** Of the outputs that a request asks for; all there are where it names none. */
export function oipOutputNames(
  { outputs }: Pick<OipRequest, 'outputs'>,
  form: OipForm,
  manifest: VersionManifest,
): string[] {
  const asked = outputs?.length ? outputs : oipOutputsOf(form, manifest);
  return asked.map(({ name }) => name);
}

function refuseUnknown(
  { inputs, outputs = [] }: OipRequest,
  form: OipForm,
  task: Task,
  manifest: VersionManifest,
): void {
  const taken = oipInputsOf(form, task).map(({ name }) => name);
  const strange = inputs.findIndex(({ name }) => !taken.includes(name));
  if (strange >= 0) throw wrong(`/inputs/${strange}/name`, `one of ${taken.join(', ')}`);
  const given = oipOutputsOf(form, manifest).map(({ name }) => name);
  const unknown = outputs.findIndex(({ name }) => !given.includes(name));
  if (unknown >= 0) throw wrong(`/outputs/${unknown}/name`, `one of ${given.join(', ')}`);
}

/** Those of the task among the scalars of the request, but for what the tensors settle; lists are texts with commas. */
function parametersOf(task: Task, given: OipRequest['parameters'] = {}): Record<string, unknown> {
  const { shape } = TASK_SCHEMAS[task].parameters;
  const settled = SETTLED[task] ?? [];
  const known = Object.entries(given).filter(
    ([name, value]) => Object.hasOwn(shape, name) && value !== null && !settled.includes(name),
  );
  return Object.fromEntries(
    known.map(([name, value]) => [
      name,
      LISTS.has(name) && typeof value === 'string' ? listOf(value) : value,
    ]),
  );
}
/** All logits make a row, and a vector is a row of numbers. */
const SETTLED: Partial<Record<Task, string[]>> = {
  'text-classification': ['top_k', 'threshold'],
  embed: ['level', 'encoding'],
};
const LISTS = new Set(['candidate_labels', 'ignore_labels', 'targets']);

function listOf(value: string): string[] {
  return value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function itemsOf(tensors: Map<string, OipTensor>, task: Task, form: OipForm): unknown[] {
  const text = tensors.get('text');
  const ids = tensors.get('input_ids');
  if (text && ids) throw wrong('/inputs', 'text or input_ids, not both');
  if (ids) return tokenItems(ids, tensors.get('attention_mask'));
  if (!text) throw wrong('/inputs', 'there is no input "text"');
  const texts = column(text) as string[];
  const pair = tensors.get('text_pair');
  const pairs = pair && (column(pair) as string[]);
  if (pairs && pairs.length !== texts.length)
    throw wrong('/inputs', 'as many elements of text_pair as of text');
  if (task === 'question-answering') {
    if (!pairs) throw wrong('/inputs', 'text is the question, text_pair its context: there is none');
    return texts.map((question, i) => ({ question, context: pairs[i]! }));
  }
  if (form === 'ranking' && !pairs) throw wrong('/inputs', 'there is no input "text_pair"');
  if (task === 'rerank') return texts.map((query, i) => ({ query, documents: [pairs![i]!] }));
  return pairs ? texts.map((one, i) => ({ text: one, text_pair: pairs[i]! })) : texts;
}

/** A tensor of texts: one dimension, or a second one of one element. */
function column({ name, shape, datatype, data }: OipTensor): OipTensor['data'] {
  if (datatype !== 'BYTES') throw wrong('/inputs', `${name} must be BYTES`);
  if (shape.length === 1 || (shape.length === 2 && shape[1] === 1)) return data;
  throw wrong('/inputs', `${name} must have the shape [n] or [n, 1]`);
}

/** Rows of ids without their padding. */
function tokenItems(ids: OipTensor, mask: OipTensor | undefined): unknown[] {
  const [rows, length] = ids.shape;
  if (ids.shape.length !== 2 || ids.datatype !== 'INT64' || rows === undefined || length === undefined)
    throw wrong('/inputs', 'input_ids must be INT64 of the shape [n, tokens]');
  if (mask && (mask.shape.length !== 2 || mask.shape[0] !== rows || mask.shape[1] !== length))
    throw wrong('/inputs', 'attention_mask must have the shape of input_ids');
  if (length === 0 || length > LIMITS.maxTokenIds)
    throw wrong('/inputs', `1 to ${LIMITS.maxTokenIds} tokens in a row`);
  const given = ids.data as number[];
  return Array.from({ length: rows }, (_, row) => ({
    token_ids: given
      .slice(row * length, (row + 1) * length)
      .filter((_, i) => mask?.data[row * length + i] !== 0),
  }));
}
