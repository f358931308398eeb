import { escapePointer, HeddleError } from '@heddle/contracts';
import { type Fields, objectOf, wrong } from '../reading/fields.js';
import type { ExpectedColumn, Mapping } from './mapping.js';

const MEMBERS = ['id', 'group', 'input', 'expected', 'slice'];
/** Members of items; `tokens` become a `text`. */
const INPUTS = [
  'text',
  'text_pair',
  'tokens',
  'question',
  'context',
  'prompt',
  'choices',
  'response',
  'query',
  'documents',
];
/** Those that may be several columns. */
const LISTS = ['choices', 'documents'];
const KINDS = ['label', 'labels', 'value', 'answers', 'choice', 'grades', 'tags'];
/** Those of which one cell may hold several. */
const SEPARATED = ['labels', 'answers', 'grades'];

/** A mapping as a user gives it, in JSON. Errors: `validation`. */
export function parseMapping(value: unknown): Mapping {
  try {
    return checked(value);
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    throw new HeddleError(error.code, 'The mapping is wrong.', { errors: error.errors });
  }
}

function checked(value: unknown): Mapping {
  const mapping = objectOf(value);
  refuseOthers(mapping, MEMBERS, '');
  const input = membersOf(mapping, 'input');
  refuseOthers(input, INPUTS, '/input');
  for (const [member, columns] of Object.entries(input)) {
    const isList = LISTS.includes(member) && Array.isArray(columns) && columns.length > 0;
    for (const column of isList ? (columns as unknown[]) : [columns]) checkColumn(column, `/input/${member}`);
  }
  const slice = mapping.slice === undefined ? {} : objectOf(mapping.slice, '/slice');
  for (const [name, column] of Object.entries(slice)) checkColumn(column, `/slice/${escapePointer(name)}`);
  for (const name of ['id', 'group']) if (mapping[name] !== undefined) checkColumn(mapping[name], `/${name}`);
  const expected = expectedColumn(membersOf(mapping, 'expected'));
  if ('tags' in expected !== 'tokens' in input)
    throw wrong('/expected', 'tags are expected of tokens, and of nothing else');
  return mapping as unknown as Mapping;
}

function expectedColumn(expected: Fields): ExpectedColumn {
  refuseOthers(expected, [...KINDS, 'separator'], '/expected');
  const kinds = Object.keys(expected).filter((name) => name !== 'separator');
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) throw wrong('/expected', `needs one of ${KINDS.join(', ')}`);
  checkColumn(expected[kind], `/expected/${kind}`);
  if (expected.separator !== undefined) {
    if (!SEPARATED.includes(kind)) throw wrong('/expected/separator', `is for ${SEPARATED.join(', ')}`);
    if (typeof expected.separator !== 'string' || expected.separator === '')
      throw wrong('/expected/separator', 'must be a text that is not empty');
  }
  return expected as ExpectedColumn;
}

function membersOf(mapping: Fields, name: string): Fields {
  if (mapping[name] === undefined) throw wrong(`/${name}`, 'is required');
  const members = objectOf(mapping[name], `/${name}`);
  if (Object.keys(members).length === 0) throw wrong(`/${name}`, 'names no column');
  return members;
}

function refuseOthers(fields: Fields, known: string[], pointer: string): void {
  const other = Object.keys(fields).find((name) => !known.includes(name));
  if (other !== undefined)
    throw wrong(`${pointer}/${escapePointer(other)}`, `no such field; there are ${known.join(', ')}`);
}

function checkColumn(column: unknown, pointer: string): void {
  if (typeof column !== 'string' || column === '') throw wrong(pointer, 'must be the name of a column');
}
