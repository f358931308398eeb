import {
  checkParameters,
  type FieldError,
  HeddleError,
  LIMITS,
  type Task,
  type VersionManifest,
} from '@heddle/contracts';
import { type Format, parseMapping } from '../datasets/index.js';
import type { Measured } from './measuring.js';

/** Parameters that would make metrics mean something else: what they are in every evaluation, and why. */
const FIXED: Partial<Record<Task, Record<string, { value: unknown; why: string }>>> = {
  'text-classification': {
    top_k: { value: undefined, why: 'the scores of all labels are needed' },
    function_to_apply: { value: 'auto', why: 'probabilities are needed' },
  },
  'token-classification': {
    offsets: { value: 'codepoint', why: 'data sets count in code points' },
    ignore_labels: { value: ['O'], why: 'every entity counts' },
  },
  'question-answering': { offsets: { value: 'codepoint', why: 'data sets count in code points' } },
  'fill-mask': {
    causal: { value: false, why: 'masks are filled from both sides' },
    targets: { value: [], why: 'the whole vocabulary is asked' },
    offsets: { value: 'codepoint', why: 'data sets count in code points' },
  },
  rerank: {
    top_n: { value: undefined, why: 'every document is ranked' },
    raw_scores: { value: true, why: 'probabilities near 1 are equal numbers' },
    return_documents: { value: false, why: 'answers are kept' },
  },
};

/**
 * Parameters that every example is answered with: as asked for, but for those that metrics need otherwise, which are refused
 * when something else is asked for; `words` only where it is asked for. `squad`: data of version 1 have an answer to every question. Errors: `validation`, `text-too-long`.
 */
export function evaluationParameters(
  task: Task,
  given: Record<string, unknown>,
  { architecture }: Pick<VersionManifest, 'architecture'>,
  squad?: 1 | 2,
): Record<string, unknown> {
  const fixed = Object.entries(FIXED[task] ?? {});
  const errors = fixed.flatMap(([name, { value, why }]): FieldError[] => {
    const asked = given[name];
    if (asked === undefined || JSON.stringify(asked) === JSON.stringify(value)) return [];
    const message =
      value === undefined ? `is not for evaluations: ${why}` : `must be ${JSON.stringify(value)}: ${why}`;
    return [{ pointer: `/parameters/${name}`, code: 'value', message }];
  });
  if (given.aggregation_strategy === 'none')
    errors.push({
      pointer: '/parameters/aggregation_strategy',
      code: 'value',
      message: 'must not be none: whole entities are compared',
    });
  const { top_k: topK } = given;
  if (typeof topK === 'number' && topK > LIMITS.maxEvaluationTopK && !errors.some(isOf('top_k')))
    errors.push({
      pointer: '/parameters/top_k',
      code: 'value',
      message: `must be at most ${LIMITS.maxEvaluationTopK}: the answers to all examples are kept`,
    });
  if (errors.length > 0)
    throw new HeddleError('validation', 'These parameters are not for evaluations; see errors.', { errors });
  const needed = Object.fromEntries(
    fixed.flatMap(([name, { value }]) => (value === undefined ? [] : [[name, value]])),
  );
  const usual = task === 'question-answering' ? { handle_impossible_answer: squad !== 1 } : {};
  const { words, ...parameters } = checkParameters(task, { ...usual, ...given, ...needed }, architecture);
  // What a word is the data set says, where nobody else does.
  return words === undefined || given.words === undefined ? parameters : { words, ...parameters };
}

/**
 * Those of every example of a data set. Where nobody says what a word is, the data set does: one of tokens has blanks between its
 * words, which are what was labelled.
 */
export function exampleParameters(
  { task, parameters, options: { mapping } }: Measured,
  format: Format,
): Record<string, unknown> {
  if (task !== 'token-classification' || parameters.words !== undefined) return parameters;
  const isOfTokens = format === 'conll' || (mapping && 'tags' in parseMapping(mapping).expected);
  return { ...parameters, words: isOfTokens ? 'blanks' : 'pipeline' };
}

const isOf = (name: string) => (error: FieldError) => error.pointer === `/parameters/${name}`;
