import type { Task } from '@heddle/client';

/** How a field is filled in. `lines`: one thing a line. `indices`: `0, 2, 5-7`. */
export type Field = { name: string; label: string; help?: string } & (
  | { kind: 'text' | 'lines' | 'indices'; initial: string }
  | { kind: 'number'; initial: string; min: number; max: number }
  | { kind: 'choice'; initial: string; choices: readonly string[] }
  | { kind: 'switch'; initial: '' | 'on' }
);

/** What is filled in, by name; switches are `on` or empty. */
export type Values = Record<string, string>;

interface Form {
  /** Of the item. */
  inputs: readonly Field[];
  parameters: readonly Field[];
}

const TRUNCATE: Field = {
  kind: 'switch',
  name: 'truncate',
  label: 'Cut what is too long',
  initial: '',
};
const topK = (initial: string): Field => ({
  kind: 'number',
  name: 'top_k',
  label: 'How many',
  initial,
  min: 1,
  max: 100,
});
const text = (initial: string, help?: string): Field => ({
  kind: 'text',
  name: 'text',
  label: 'Text',
  initial,
  help,
});
const indices = (name: string, label: string): Field => ({
  kind: 'indices',
  name,
  label,
  initial: '',
  help: 'All of them, or 0, 2, 5-7 for long texts.',
});
const PAIR: Field = {
  kind: 'text',
  name: 'text_pair',
  label: 'Second text',
  initial: '',
  help: 'Of pairs only.',
};

export const FORMS: Record<Task, Form> = {
  'text-classification': {
    inputs: [text('Two hours I will never get back.'), PAIR],
    parameters: [
      {
        kind: 'choice',
        name: 'function_to_apply',
        label: 'Function',
        initial: 'auto',
        choices: ['auto', 'softmax', 'sigmoid', 'none'],
      },
      TRUNCATE,
    ],
  },
  'zero-shot-classification': {
    inputs: [text('The match ended 2-1')],
    parameters: [
      {
        kind: 'lines',
        name: 'candidate_labels',
        label: 'Labels',
        initial: 'sport\npolitics',
        help: 'One a line.',
      },
      { kind: 'text', name: 'hypothesis_template', label: 'Hypothesis', initial: 'This example is {}.' },
      { kind: 'switch', name: 'multi_label', label: 'Several labels may hold', initial: '' },
    ],
  },
  'token-classification': {
    inputs: [text('Angela Merkel spoke in Paris')],
    parameters: [
      {
        kind: 'choice',
        name: 'aggregation_strategy',
        label: 'Aggregation',
        initial: 'first',
        choices: ['none', 'simple', 'first', 'average', 'max'],
      },
      TRUNCATE,
    ],
  },
  'question-answering': {
    inputs: [
      { kind: 'text', name: 'question', label: 'Question', initial: 'Who wrote it?' },
      { kind: 'text', name: 'context', label: 'Context', initial: 'It was written by Ada Lovelace in 1843.' },
    ],
    parameters: [
      topK('3'),
      { kind: 'switch', name: 'handle_impossible_answer', label: 'There may be no answer', initial: '' },
    ],
  },
  'multiple-choice': {
    inputs: [
      { kind: 'text', name: 'prompt', label: 'Prompt', initial: 'She opened the umbrella because' },
      {
        kind: 'lines',
        name: 'choices',
        label: 'Choices',
        initial: 'it rained.\nthe dog sang.',
        help: 'One a line.',
      },
    ],
    parameters: [TRUNCATE],
  },
  'fill-mask': {
    inputs: [text('Paris is the [MASK] of France.', '[MASK] stands where a word is looked for.')],
    parameters: [topK('5')],
  },
  rerank: {
    inputs: [
      { kind: 'text', name: 'query', label: 'Query', initial: 'capital of France' },
      {
        kind: 'lines',
        name: 'documents',
        label: 'Documents',
        initial: 'Berlin is big\nParis is the capital',
        help: 'One a line.',
      },
    ],
    parameters: [{ kind: 'switch', name: 'raw_scores', label: 'Scores as they are', initial: '' }],
  },
  score: {
    inputs: [
      { kind: 'text', name: 'prompt', label: 'Prompt', initial: 'Explain tides' },
      { kind: 'text', name: 'response', label: 'Response', initial: 'The moon pulls on the sea.' },
    ],
    parameters: [TRUNCATE],
  },
  embed: {
    inputs: [
      {
        kind: 'lines',
        name: 'texts',
        label: 'Texts',
        initial: 'a cat\na feline\na train',
        help: 'One a line; each is compared with each.',
      },
    ],
    parameters: [
      { kind: 'choice', name: 'pooling', label: 'Pooling', initial: '', choices: ['', 'mean', 'cls'] },
      TRUNCATE,
    ],
  },
  attention: {
    inputs: [text('The cat sat on the mat because it was warm.', 'Short ones are seen best.'), PAIR],
    parameters: [indices('layers', 'Layers'), indices('heads', 'Heads'), TRUNCATE],
  },
  'replaced-token-detection': {
    inputs: [text('The chef ate the meal and the customers paid him.')],
    parameters: [TRUNCATE],
  },
};

export interface PlaygroundSubmission {
  model: string;
  task: Task;
  inputs: unknown[];
  parameters: Record<string, unknown>;
}

export function initialValues(task: Task): Values {
  return Object.fromEntries(fieldsOf(task).map(({ name, initial }) => [name, initial]));
}

/** The submission of what is filled in. Parameters that are left as the API has them are left out. */
export function submissionOf(task: Task, model: string, values: Values): PlaygroundSubmission {
  const parameters: Record<string, unknown> = {};
  for (const field of FORMS[task].parameters) {
    const value = parameterOf(field, values[field.name] ?? field.initial);
    if (value !== undefined) parameters[field.name] = value;
  }
  // All terms of all heads; base64 is a third of the numbers as text.
  if (task === 'attention') Object.assign(parameters, { parts: ATTENTION_PARTS, encoding: 'base64' });
  return { model, task, inputs: inputsOf(task, values), parameters };
}

const ATTENTION_PARTS = ['total', 'c2c', 'c2p', 'p2c', 'probs'] as const;

function inputsOf(task: Task, values: Values): unknown[] {
  const fields = FORMS[task].inputs;
  if (task === 'embed') return linesOf(values.texts ?? '');
  const item: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[field.name] ?? '';
    if (field.kind === 'lines') item[field.name] = linesOf(value);
    else if (value !== '' || field !== PAIR) item[field.name] = value;
  }
  const names = Object.keys(item);
  return names.length === 1 && names[0] === 'text' ? [item.text] : [item];
}

function parameterOf(field: Field, value: string): unknown {
  switch (field.kind) {
    case 'switch':
      return value === 'on' ? true : undefined;
    case 'number':
      return value.trim() === '' ? undefined : Number(value);
    case 'lines':
      return linesOf(value);
    case 'indices':
      return value.trim() === '' ? undefined : indicesOf(value);
    default:
      return value === '' || value === 'auto' ? undefined : value;
  }
}

function linesOf(value: string): string[] {
  return value
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Longest range that is written out; no model has as many layers or heads. */
const MAX_RANGE = 256;

/** `0, 2, 5-7` as numbers, each once; what is no number stays as it is, for the API to say so. */
function indicesOf(value: string): (number | string)[] {
  const words = value.split(',').map((word) => word.trim());
  const indices = words.flatMap((word) => {
    const [, first, last] = /^(\d+)\s*-\s*(\d+)$/.exec(word) ?? [];
    if (first === undefined) return [/^\d+$/.test(word) ? Number(word) : word];
    const length = Math.min(MAX_RANGE, Number(last) - Number(first) + 1);
    return Array.from({ length: Math.max(0, length) }, (_, at) => Number(first) + at);
  });
  return [...new Set(indices)];
}

function fieldsOf(task: Task): Field[] {
  return [...FORMS[task].inputs, ...FORMS[task].parameters];
}
