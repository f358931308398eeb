import { escapePointer, HeddleError } from '@heddle/contracts';
import type { Expected, SourceExample } from '../example.js';
import type { LabelNames } from '../labels.js';
import { type Fields, withId, wrong } from '../reading/fields.js';
import { entitiesOf } from './entities.js';

/** A record of a table: cells by the names of their columns. */
export type Row = ReadonlyMap<string, unknown>;

/** Which columns of a table make an example. */
export interface Mapping {
  /**
   * Members of the item and the columns that hold them, as `{ text: 'premise', text_pair: 'hypothesis' }`. `choices` and
   * `documents` take a list of columns, or one that holds lists. `{ tokens: 'words' }` joins words with blanks to a text.
   */
  input: Readonly<Record<string, string | readonly string[]>>;
  /** The column that holds what is expected, and as what. */
  expected: ExpectedColumn;
  /** Names of slices and the columns that hold them. */
  slice?: Readonly<Record<string, string>>;
  /** The column that holds ids. */
  id?: string;
  /** The column that tells which examples belong together. */
  group?: string;
}

export type ExpectedColumn =
  | { label: string }
  /** `separator` parts labels, or answers, in one cell. */
  | { labels: string; separator?: string }
  | { value: string }
  | { answers: string; separator?: string }
  /** An index from 0 on, or a letter from A on. */
  | { choice: string }
  | { grades: string; separator?: string }
  /** A tag for each of the input's `tokens`. */
  | { tags: string };

/** The columns that a mapping names. */
export function columnsOfMapping({ input, expected, slice = {}, id, group }: Mapping): string[] {
  const [column] = Object.entries(expected).flatMap(([kind, name]) => (kind === 'separator' ? [] : [name]));
  const named = [...Object.values(input).flat(), column, ...Object.values(slice), id, group];
  return [...new Set(named.filter((name) => name !== undefined))];
}

/** Refuses a mapping that names columns which a table does not have. Errors: `validation`. */
export function checkColumns(mapping: Mapping, columns: Iterable<string>): void {
  const known = new Set(columns);
  const missing = columnsOfMapping(mapping).filter((name) => !known.has(name));
  if (missing.length === 0) return;
  throw new HeddleError(
    'validation',
    `The mapping names ${missing.join(', ')}, and the columns are ${[...known].join(', ')}.`,
  );
}

/** Errors: `validation`. */
export function exampleOfRow(
  row: Row,
  mapping: Mapping,
  line: number,
  labels: LabelNames = {},
): SourceExample {
  const id = mapping.id === undefined ? undefined : textIn(row, mapping.id);
  // What belongs to no part of the dataset has no name there.
  const slice = Object.entries(mapping.slice ?? {}).filter(
    ([, column]) => (row.get(column) ?? null) !== null,
  );
  const { item, expected } = mapped(row, mapping, labels);
  // A text alone needs no object around it.
  const bare = id === undefined && Object.keys(item).length === 1 && typeof item.text === 'string';
  const input = bare ? item.text : withId(id, item);
  const example = { input, expected, ...(mapping.group && { group: textIn(row, mapping.group) }), line };
  if (slice.length === 0) return example;
  const named = slice.map(([name, column]) => [name, textIn(row, column)]);
  return { ...example, slice: Object.fromEntries(named) };
}

function mapped(
  row: Row,
  { input, expected }: Mapping,
  labels: LabelNames,
): { item: Fields; expected: Expected } {
  const { tokens: tokenColumn, ...members } = input;
  const item: Fields = {};
  for (const [member, column] of Object.entries(members)) {
    const isList = member === 'choices' || member === 'documents';
    if (typeof column !== 'string') item[member] = column.map((one) => textIn(row, one));
    else item[member] = isList ? listIn(row, column) : textIn(row, column);
  }
  if (typeof tokenColumn !== 'string') return { item, expected: expectedIn(row, expected) };
  if (!('tags' in expected)) throw wrong('/expected', 'tokens need a column of tags');
  const tokens = listIn(row, tokenColumn);
  const { mapping = {} } = labels;
  const tags = listIn(row, expected.tags).map((tag) => (Object.hasOwn(mapping, tag) ? mapping[tag]! : tag));
  if (tokens.length !== tags.length)
    throw wrongCell(expected.tags, `${tags.length} tags for ${tokens.length} tokens`);
  const tagged = entitiesOf(tokens.map((token, i) => ({ token, tag: tags[i]! })));
  return { item: { ...item, text: tagged.text }, expected: tagged.entities };
}

function expectedIn(row: Row, expected: ExpectedColumn): Expected {
  if ('label' in expected) return textIn(row, expected.label);
  if ('labels' in expected) return listIn(row, expected.labels, expected.separator);
  if ('answers' in expected) return answersIn(row, expected.answers, expected.separator);
  if ('value' in expected) return numberIn(expected.value, cellIn(row, expected.value));
  if ('choice' in expected) return choiceIn(row, expected.choice);
  if ('grades' in expected)
    return listIn(row, expected.grades, expected.separator).map((grade) => numberIn(expected.grades, grade));
  throw wrong('/expected', 'tags need a column of tokens as input');
}

function cellIn(row: Row, column: string): unknown {
  const cell = row.get(column);
  if (cell === undefined || cell === null) throw wrongCell(column, 'is required');
  return cell;
}

function textIn(row: Row, column: string): string {
  return asText(cellIn(row, column), column);
}

function asText(cell: unknown, column: string): string {
  if (typeof cell === 'string') return cell;
  if (typeof cell === 'number' || typeof cell === 'bigint' || typeof cell === 'boolean') return String(cell);
  throw wrongCell(column, 'must be a text');
}

/** A list, or a text in parts; an empty text has none. */
function listIn(row: Row, column: string, separator?: string): string[] {
  const cell = cellIn(row, column);
  if (Array.isArray(cell)) return cell.map((one) => asText(one, column));
  if (cell === '') return [];
  const text = asText(cell, column);
  return separator === undefined ? [text] : text.split(separator);
}

/** Also as SQuAD has them in a table: `{ text: […], answer_start: […] }`. None where a cell says null. */
function answersIn(row: Row, column: string, separator?: string): string[] {
  if (row.get(column) === null) return [];
  const cell = cellIn(row, column);
  const inner = typeof cell === 'object' && !Array.isArray(cell) ? (cell as Fields).text : cell;
  return [...new Set(listIn(new Map([[column, inner]]), column, separator))];
}

function numberIn(column: string, cell: unknown): number {
  const number = typeof cell === 'string' && cell.trim() === '' ? Number.NaN : Number(cell);
  if (Number.isFinite(number)) return number;
  throw wrongCell(column, `"${String(cell)}" is not a number`);
}

function choiceIn(row: Row, column: string): number {
  const text = textIn(row, column).trim();
  if (/^[A-Z]$/.test(text)) return text.charCodeAt(0) - 'A'.charCodeAt(0);
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw wrongCell(column, `"${text}" is neither an index nor a letter`);
}

function wrongCell(column: string, message: string): HeddleError {
  return wrong(`/${escapePointer(column)}`, message);
}
