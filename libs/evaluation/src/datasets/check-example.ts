import {
  checkValues,
  codePointLength,
  fieldErrors,
  HeddleError,
  parse,
  refuseEmpty,
  refuseLong,
  TASK_SCHEMAS,
  type Task,
  textsIn,
} from '@heddle/contracts';
import type { ProblemType } from '../metrics/metric.js';
import { isIndex, isNumber } from '../metrics/prediction.js';
import { notMeasured } from '../metrics/tasks.js';
import type { Expected, ExpectedEntity, ExpectedRanking, SourceExample } from './example.js';
import { type Fields, objectOf, wrong } from './reading/fields.js';

/** Tasks that can be evaluated, and what is expected of each, for messages. */
const EXPECTED = {
  'text-classification': 'a label, a list of labels or a number',
  'zero-shot-classification': 'a label or a list of labels',
  'token-classification': 'a list of entities {entity_group, start, end}',
  'question-answering': 'a list of texts, empty where there is no answer',
  'multiple-choice': 'the index of the right choice, or a list of such',
  'fill-mask': 'the token of the mask, or a list of them',
  rerank: 'a list of grades, one a document, or {grades, missing, ids}',
  score: 'a number',
} as const satisfies Partial<Record<Task, string>>;
export type EvaluatedTask = keyof typeof EXPECTED;
export const EVALUATED_TASKS = Object.keys(EXPECTED) as EvaluatedTask[];

/** Errors: `task-not-supported`. */
export function evaluatedTask(task: Task): EvaluatedTask {
  if (Object.hasOwn(EXPECTED, task)) return task as EvaluatedTask;
  throw notMeasured(task);
}

/** The task that an item is of by its members; what is only a text, or a pair, is classified. */
export function taskOfItem(item: unknown): EvaluatedTask {
  const has = (name: string) => typeof item === 'object' && item !== null && Object.hasOwn(item, name);
  if (has('question')) return 'question-answering';
  if (has('choices')) return 'multiple-choice';
  if (has('query')) return 'rerank';
  if (has('response')) return 'score';
  return 'text-classification';
}

/** What a text says in place of a token. */
const MASK = '[MASK]';

/**
 * What is expected, as metrics of the problem take it: a number that is a label becomes one, and a label one of several.
 * Errors: `validation` for what they do not take.
 */
export function forProblem(
  expected: Expected,
  task: EvaluatedTask,
  problem: ProblemType | undefined,
): Expected {
  if (problem === undefined || !task.endsWith('-classification') || task === 'token-classification')
    return expected;
  const isList = Array.isArray(expected);
  if (problem === 'regression') {
    if (typeof expected === 'number') return expected;
    throw wrong('/expected', 'must be a number, which is what the model answers');
  }
  const label = typeof expected === 'number' ? String(expected) : expected;
  if (problem === 'single_label_classification') {
    if (typeof label === 'string') return label;
    throw wrong('/expected', 'must be a label, which is what the model answers');
  }
  if (typeof label === 'string') return [label];
  if (isList) return expected;
  throw wrong('/expected', 'must be a list of labels, which is what the model answers');
}

/** Errors: `validation`, `invalid-text`, `invalid-input` (empty text), `text-too-long`. */
export function checkExample({ input, expected, group, slice }: SourceExample, task: EvaluatedTask): void {
  checkValues({ input, expected, group, slice });
  const item = parse(TASK_SCHEMAS[task].item, input);
  if (!item.success)
    throw new HeddleError('validation', 'The input is wrong.', {
      errors: fieldErrors(item.error.issues, '/input'),
    });
  const texts = textsIn(input, '/input');
  refuseEmpty(texts);
  refuseLong(texts);
  if (!fits[task](expected)) throw wrong('/expected', `must be ${EXPECTED[task]}`);
  checkAgainst[task]?.(expected, input);
}

const isText = (value: unknown) => typeof value === 'string' && value !== '';
const listOf = (is: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(is);
const areTexts = listOf(isText);
const areNumbers = listOf(isNumber);
const areIndices = listOf(isIndex);
const areGains = listOf((grade) => isNumber(grade) && grade >= 0);
/** Documents that a ranking may lack: as many relevant ones no topic has. */
const MAX_MISSING = 100_000;
/** Grades, or the number of documents of each. */
const areMissing = (value: unknown) => {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return areGains(value);
  const counts = Object.values(value);
  const areGrades = Object.keys(value).every(
    (grade) => grade.trim() !== '' && isNumber(Number(grade)) && Number(grade) > 0,
  );
  return areGrades && counts.every(isIndex) && counts.reduce((sum, count) => sum + count, 0) <= MAX_MISSING;
};
const isRanking = (value: unknown) => {
  if (typeof value !== 'object' || value === null) return false;
  const { grades, missing = [], ids, ...others } = value as Fields;
  if (!areNumbers(grades) || !areMissing(missing)) return false;
  const areNamed =
    ids === undefined || (areTexts(ids) && (ids as string[]).length === (grades as number[]).length);
  return areNamed && Object.keys(others).length === 0;
};
const isEntity = (value: unknown) => {
  if (typeof value !== 'object' || value === null) return false;
  const { entity_group: group, start, end, ...others } = value as Fields;
  return isText(group) && isIndex(start) && isIndex(end) && start < end && Object.keys(others).length === 0;
};

const fits: Record<EvaluatedTask, (expected: unknown) => boolean> = {
  'text-classification': (expected) => isText(expected) || isNumber(expected) || areTexts(expected),
  'zero-shot-classification': (expected) => isText(expected) || areTexts(expected),
  'token-classification': listOf(isEntity),
  'question-answering': areTexts,
  'multiple-choice': (expected) =>
    isIndex(expected) || (areIndices(expected) && (expected as number[]).length > 0),
  'fill-mask': (expected) => isText(expected) || (areTexts(expected) && (expected as string[]).length > 0),
  rerank: (expected) => areNumbers(expected) || isRanking(expected),
  score: isNumber,
};

function refuseTwice(expected: unknown): void {
  if (!Array.isArray(expected) || typeof expected[0] !== 'string') return;
  const seen = new Set<unknown>();
  for (const label of expected) {
    if (seen.has(label)) throw wrong('/expected', `has "${label}" twice`);
    seen.add(label);
  }
}

/** What else is asked of what is expected, by itself or with the input. */
const checkAgainst: Partial<Record<EvaluatedTask, (expected: unknown, input: unknown) => void>> = {
  'text-classification': refuseTwice,
  'zero-shot-classification': refuseTwice,
  'token-classification': (expected, input) => {
    const text = typeof input === 'string' ? input : (objectOf(input).text as string);
    const length = codePointLength(text);
    const after = (expected as ExpectedEntity[]).findIndex(({ end }) => end > length);
    if (after >= 0) throw wrong(`/expected/${after}/end`, `the text has ${length} characters`);
  },
  'fill-mask': (expected, input) => {
    const tokens = [expected].flat().length;
    const masks = textsIn(input, '').reduce((sum, { text }) => sum + text.split(MASK).length - 1, 0);
    if (masks !== tokens)
      throw wrong('/expected', `has ${tokens} tokens, and the text ${masks} times ${MASK}`);
  },
  'multiple-choice': (expected, input) => {
    const { length } = objectOf(input).choices as unknown[];
    if ([expected as number | number[]].flat().some((index) => index >= length))
      throw wrong('/expected', `there are ${length} choices, counted from 0`);
  },
  rerank: (expected, input) => {
    const { length } = objectOf(input).documents as unknown[];
    const grades = Array.isArray(expected) ? expected : (expected as ExpectedRanking).grades;
    if (grades.length !== length)
      throw wrong('/expected', `needs a grade for each of ${length} documents, and has ${grades.length}`);
  },
};
