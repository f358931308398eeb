import type { DatasetFile, SourceExample } from '../example.js';
import {
  drained,
  type Fields,
  idOf,
  labelOf,
  listOf,
  objectOf,
  refuseMany,
  sharedTextOf,
  textOf,
  withId,
  wrong,
} from '../reading/fields.js';
import { jsonLines } from '../reading/file-lines.js';
import type { FileReport } from '../report.js';

type Made = Omit<SourceExample, 'line'>;

const YES_NO = { true: 'true', false: 'false', 1: 'true', 0: 'false' };
const CB_LABELS = { entailment: 'entailment', neutral: 'neutral', contradiction: 'contradiction' };
const RTE_LABELS = { entailment: 'entailment', not_entailment: 'not_entailment' };
/** What COPA asks; the prompt is the premise and this. */
const COPA_QUESTIONS = { cause: 'What was the cause of this?', effect: 'What happened as a result?' };

/**
 * Examples of a line of SuperGLUE, by task. The benchmark leaves open how a model is asked; here
 * BoolQ is question and passage, COPA two choices, MultiRC each answer of each question, judged alone, those to
 * one question in a group, ReCoRD question answering as its authors scored it, WiC the word
 * with its first sentence and the second sentence, WSC one text with `_noun_` and `[pronoun]` marked.
 */
export const SUPERGLUE = {
  'superglue-boolq': boolq,
  'superglue-cb': (line: Fields) => entailment(line, CB_LABELS),
  'superglue-copa': copa,
  'superglue-multirc': multirc,
  'superglue-record': record,
  'superglue-rte': (line: Fields) => entailment(line, RTE_LABELS),
  'superglue-wic': wic,
  'superglue-wsc': wsc,
} as const satisfies Record<string, (line: Fields, number: number) => Made[]>;

export function readSuperglue(task: keyof typeof SUPERGLUE) {
  return async function* (file: DatasetFile, report: FileReport): AsyncGenerator<SourceExample> {
    for await (const { number, value } of jsonLines(file, report)) {
      const made = report.try(number, () => SUPERGLUE[task](objectOf(value), number)) ?? [];
      for (const one of drained(made)) yield { ...one, line: number };
    }
  };
}

function boolq(line: Fields): Made[] {
  const input = withId(idOf(line.idx), {
    text: textOf(line, 'question'),
    text_pair: textOf(line, 'passage'),
  });
  return [{ input, expected: labelOf(line.label, YES_NO, '/label') }];
}

function entailment(line: Fields, labels: Readonly<Record<string, string>>): Made[] {
  const pair = { text: textOf(line, 'premise'), text_pair: textOf(line, 'hypothesis') };
  return [{ input: withId(idOf(line.idx), pair), expected: labelOf(line.label, labels, '/label') }];
}

function copa(line: Fields): Made[] {
  const question = textOf(line, 'question');
  const asked = labelOf(question, COPA_QUESTIONS, '/question');
  const prompt = `${textOf(line, 'premise')} ${asked}`;
  const choices = [textOf(line, 'choice1'), textOf(line, 'choice2')];
  const expected = Number(labelOf(line.label, { 0: '0', 1: '1' }, '/label'));
  return [{ input: withId(idOf(line.idx), { prompt, choices }), expected, slice: { question } }];
}

function multirc(line: Fields, number: number): Made[] {
  const passage = objectOf(line.passage, '/passage');
  const text = textOf(passage, 'text', '/passage');
  let count = 0;
  return listOf(passage, 'questions', '/passage').flatMap((value, q) => {
    const at = `/passage/questions/${q}`;
    const fields = objectOf(value, at);
    const question = sharedTextOf(fields, 'question', at);
    count += listOf(fields, 'answers', at).length;
    refuseMany(count, '/passage/questions');
    return listOf(fields, 'answers', at).map((one, a): Made => {
      const here = `${at}/answers/${a}`;
      const answer = objectOf(one, here);
      // Without a number of its own a passage is told by its line.
      const ofQuestion = `${idOf(line.idx) ?? `line ${number}`}-${idOf(fields.idx) ?? q}`;
      const id = `${ofQuestion}-${idOf(answer.idx) ?? a}`;
      const pair = { text, text_pair: `${question} ${textOf(answer, 'text', here)}` };
      const expected = labelOf(answer.label, YES_NO, `${here}/label`);
      if (idOf(line.idx) === undefined) return { input: pair, expected, group: ofQuestion };
      return { input: withId(id, pair), expected, group: ofQuestion };
    });
  });
}

function record(line: Fields): Made[] {
  const context = textOf(objectOf(line.passage, '/passage'), 'text', '/passage');
  refuseMany(listOf(line, 'qas').length, '/qas');
  return listOf(line, 'qas').map((value, q) => {
    const at = `/qas/${q}`;
    const fields = objectOf(value, at);
    const answers = listOf(fields, 'answers', at).map((answer, a) =>
      textOf(objectOf(answer, `${at}/answers/${a}`), 'text', `${at}/answers/${a}`),
    );
    if (answers.length === 0) throw wrong(`${at}/answers`, 'is empty: every query has an answer');
    // Each query has a number of its own in the whole file.
    const id = idOf(fields.idx);
    const input = withId(id, { question: textOf(fields, 'query', at), context });
    return { input, expected: [...new Set(answers)] };
  });
}

function wic(line: Fields): Made[] {
  const text = `${textOf(line, 'word')}: ${textOf(line, 'sentence1')}`;
  const input = withId(idOf(line.idx), { text, text_pair: textOf(line, 'sentence2') });
  return [{ input, expected: labelOf(line.label, YES_NO, '/label') }];
}

function wsc(line: Fields): Made[] {
  const target = objectOf(line.target, '/target');
  const words = textOf(line, 'text').split(' ');
  mark(words, target, 'span1', ['_', '_']);
  mark(words, target, 'span2', ['[', ']']);
  const input = withId(idOf(line.idx), { text: words.join(' ') });
  return [{ input, expected: labelOf(line.label, YES_NO, '/label') }];
}

/** Marks the words from the index of a span on; punctuation after it stays outside. */
function mark(words: string[], target: Fields, span: string, [before, after]: [string, string]): void {
  const at = target[`${span}_index`];
  const { length } = textOf(target, `${span}_text`, '/target').trim().split(' ');
  if (!Number.isSafeInteger(at) || (at as number) < 0 || (at as number) + length > words.length)
    throw wrong(`/target/${span}_index`, 'must be the index of a word of the text');
  const first = at as number;
  const last = first + length - 1;
  words[first] = before + words[first]!;
  words[last] = words[last]!.replace(/([.,;:!?"]*)$/, `${after}$1`);
}
