import { HeddleError, TASK_SCHEMAS } from '@heddle/contracts';
import { z } from 'zod';
import type { Call } from '../call.js';
import { embedItemsOf } from '../shared/embed-items.js';
import { refuseNone } from '../shared/errors.js';
import { truncationOf } from '../shared/truncation.js';
import type { HuggingfaceBody } from './body.js';
import { HUGGINGFACE_TASKS, type HuggingfaceTask } from './kinds.js';

const sentences = z.object({ source_sentence: z.string(), sentences: z.array(z.string()) });
const ranking = z.object({ query: z.string(), texts: z.array(z.string()) });
const question = z.object({ question: z.string(), context: z.string() });
const classified = z.union([z.string(), z.object({ text: z.string(), text_pair: z.string().nullish() })]);
const embedded = z.union([
  z.string(),
  z.array(z.string()),
  z.array(z.int().min(0)),
  z.array(z.array(z.int().min(0))),
]);

/** Tasks whose pipelines cut what is too long. */
const CUTTING = new Set<HuggingfaceTask>([
  'text-classification',
  'sentiment-analysis',
  'zero-shot-classification',
  'feature-extraction',
  'sentence-similarity',
  'text-ranking',
  'sentence-ranking',
]);

/** Parameters of the native tasks after which answers have another form than the clients read. */
const OF_FORM = new Set(['causal', 'encoding', 'level', 'return_logits']);

/** What a request asks a model. Errors: `validation`, `invalid-input` where there is nothing to answer. */
export function huggingfaceCall(model: string, kind: HuggingfaceTask, body: HuggingfaceBody): Call {
  const task = HUGGINGFACE_TASKS[kind];
  return {
    source: 'hf',
    model,
    task,
    inputs: inputsOf(kind, body.inputs),
    parameters: parametersOf(kind, body),
  };
}

/** Those that the task knows; what is null is as good as absent. */
function parametersOf(kind: HuggingfaceTask, body: HuggingfaceBody): Record<string, unknown> {
  const { inputs: _, parameters, ...beside } = body;
  const given = { ...beside, ...parameters };
  const cut = z
    .object({ truncate: z.boolean().nullish(), truncation_direction: z.string().nullish() })
    .safeParse(given);
  if (!cut.success) throw wrong('/parameters/truncate', 'must be a boolean, and truncation_direction a text');
  const isCut = CUTTING.has(kind) || typeof cut.data.truncate === 'boolean';
  const known = new Set(Object.keys(TASK_SCHEMAS[HUGGINGFACE_TASKS[kind]].parameters.shape));
  const kept = Object.entries(given).filter(
    ([name, value]) =>
      known.has(name) && !OF_FORM.has(name) && value !== null && value !== undefined && name !== 'truncate',
  );
  return { ...Object.fromEntries(kept), ...(isCut ? truncationOf(cut.data) : {}) };
}

function inputsOf(kind: HuggingfaceTask, inputs: HuggingfaceBody['inputs']): unknown[] {
  if (kind === 'sentence-similarity') {
    const asked = read(sentences, inputs, '');
    refuseNone(asked.sentences, '/inputs/sentences');
    return [asked.source_sentence, ...asked.sentences];
  }
  if (kind === 'text-ranking' || kind === 'sentence-ranking') {
    const { query, texts } = read(ranking, inputs, '');
    refuseNone(texts, '/texts');
    return [{ query, documents: texts }];
  }
  if (kind === 'feature-extraction') return embedItemsOf(read(embedded, inputs, ''));
  const schema = schemaOf(kind);
  const list = Array.isArray(inputs) ? inputs : [inputs];
  return list.map((one, i) => withoutNull(read(schema, one, Array.isArray(inputs) ? `/${i}` : '')));
}

function schemaOf(kind: HuggingfaceTask): z.ZodType {
  if (kind === 'question-answering') return question;
  return kind === 'text-classification' || kind === 'sentiment-analysis' ? classified : z.string();
}

function withoutNull(item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return item;
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== null));
}

function read<Schema extends z.ZodType>(schema: Schema, inputs: unknown, at: string): z.output<Schema> {
  const parsed = schema.safeParse(inputs);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw wrong(`/inputs${at}${issue!.path.map((part) => `/${String(part)}`).join('')}`, issue!.message);
}

function wrong(pointer: string, message: string): HeddleError {
  return new HeddleError('validation', 'One field is wrong; see errors.', {
    errors: [{ pointer, code: 'type', message }],
  });
}
