import type { Format, Found } from '../formats/formats.js';

type Line = Record<string, unknown>;

/** Members that a line of a format has. The first that fits decides, so that those with more members come first. */
const BY_MEMBERS: readonly (readonly [Format, readonly string[]])[] = [
  ['jsonl', ['input', 'expected']],
  ['nli', ['gold_label', 'sentence1', 'sentence2']],
  ['race', ['article', 'questions', 'options', 'answers']],
  ['race', ['article', 'question', 'options', 'answer']],
  ['superglue-record', ['passage', 'qas']],
  ['superglue-copa', ['premise', 'choice1', 'choice2', 'question']],
  ['superglue-wic', ['word', 'sentence1', 'sentence2']],
  ['superglue-wsc', ['target', 'text']],
  ['superglue-boolq', ['question', 'passage', 'label']],
  ['beir', ['_id', 'text']],
];

/** The format of a JSONL file by its first line, and by what labels the others have. */
export function detectLine(first: Line, lines: readonly Line[], filename: string): Found {
  const has = (members: readonly string[]) => members.every((member) => Object.hasOwn(first, member));
  const found = BY_MEMBERS.find(([, members]) => has(members));
  if (found) return found[0];
  if (
    has(['passage']) &&
    typeof first.passage === 'object' &&
    first.passage !== null &&
    'questions' in first.passage
  )
    return 'superglue-multirc';
  if (has(['premise', 'hypothesis', 'label']) && typeof first.label === 'string')
    return entailment(lines, filename);
  const members = Object.keys(first).slice(0, 10).join(', ');
  return { saw: `has lines with the members ${members}, which need format jsonl and a mapping` };
}

/** CB has three labels and RTE two, of which they share one. */
function entailment(lines: readonly Line[], filename: string): Found {
  const labels = new Set(lines.map(({ label }) => label));
  if (labels.has('not_entailment')) return 'superglue-rte';
  if (labels.has('neutral') || labels.has('contradiction')) return 'superglue-cb';
  return /\brte\b/i.test(filename) ? 'superglue-rte' : 'superglue-cb';
}
