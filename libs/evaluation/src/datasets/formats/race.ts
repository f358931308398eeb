import { LIMITS } from '@heddle/contracts';
import type { DatasetFile, SourceExample } from '../example.js';
import {
  drained,
  type Fields,
  idOf,
  listOf,
  objectOf,
  refuseMany,
  sharedTextOf,
  textOf,
  textsOf,
  withId,
  wrong,
} from '../reading/fields.js';
import { jsonLines } from '../reading/file-lines.js';
import type { FileReport } from '../report.js';

/**
 * RACE: a passage a line, so that a file of one passage and JSONL of many are the same. Questions, options and answers
 * are lists, or, as in other editions, those of one question. The prompt is the passage; a choice is the question with
 * the option, in its gap (`_`) or after it.
 */
export async function* readRace(file: DatasetFile, report: FileReport): AsyncGenerator<SourceExample> {
  /** Questions that came so far of passages that have a line for each. */
  const questions = new Map<string, number>();
  for await (const { number, value } of jsonLines(file, report)) {
    const made = report.try(number, () => examplesOf(objectOf(value), file.name, questions)) ?? [];
    for (const one of drained(made)) yield { ...one, line: number };
  }
}

function examplesOf(passage: Fields, name: string, seen: Map<string, number>): Omit<SourceExample, 'line'>[] {
  const prompt = textOf(passage, 'article');
  const id = idOf(passage.id) ?? idOf(passage.example_id);
  const level = levelOf(id) ?? levelOf(name);
  const single = passage.questions === undefined;
  const questions = single ? [textOf(passage, 'question')] : textsOf(passage, 'questions');
  const options = single ? [textsOf(passage, 'options')] : listOf(passage, 'options');
  const answers = single ? [textOf(passage, 'answer')] : textsOf(passage, 'answers');
  if (options.length !== questions.length || answers.length !== questions.length)
    throw wrong(
      '/questions',
      `${questions.length} questions, ${options.length} lists of options and ${answers.length} answers`,
    );
  refuseMany(questions.length, '/questions');
  // Several questions of a passage share its id.
  const first = (single && id !== undefined && seen.get(id)) || 0;
  const made = questions.map((question, q) => {
    sharedTextOf({ [q]: question }, String(q), '/questions');
    const own = textsOf({ [q]: options[q] }, String(q), '/options');
    if (own.length > LIMITS.maxChoices) throw wrong(`/options/${q}`, `has more than ${LIMITS.maxChoices}`);
    const choices = own.map((option) => choiceOf(question, option));
    const input = withId(id === undefined ? id : `${id}-${first + q}`, { prompt, choices });
    return { input, expected: indexOf(answers[q]!, choices.length), ...(level && { slice: { level } }) };
  });
  if (single && id !== undefined) seen.set(id, first + 1);
  return made;
}

function choiceOf(question: string, option: string): string {
  return question.includes('_') ? question.replace(/_+/, () => option) : `${question} ${option}`;
}

function indexOf(answer: string, choices: number): number {
  const index = /^[A-Z]$/.test(answer) ? answer.charCodeAt(0) - 'A'.charCodeAt(0) : -1;
  if (index < 0 || index >= choices)
    throw wrong('/answers', `"${answer}" is the letter of none of ${choices} options`);
  return index;
}

function levelOf(name: string | undefined): string | undefined {
  return /(?<![a-z])(middle|high)(?![a-z])/.exec(name ?? '')?.[1];
}
