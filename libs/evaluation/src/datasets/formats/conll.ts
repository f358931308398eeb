import { codePointLength, LIMITS } from '@heddle/contracts';
import type { DatasetFile, SourceExample } from '../example.js';
import type { ConllOptions, ReadOptions } from '../options.js';
import { textLines } from '../reading/file-lines.js';
import type { FileReport } from '../report.js';
import { entitiesOf, isTag, type TaggedToken } from './entities.js';

interface Sentence {
  /** Its first line. */
  line: number;
  tokens: TaggedToken[];
  /** Code points of its text. */
  length: number;
  /** A line of it was wrong, so that all of it is left out. */
  broken: boolean;
}

/**
 * CoNLL columns: a token and its tag a line, tabs or blanks between columns, a blank line between sentences. A sentence
 * is an item, its tokens joined with blanks. `-DOCSTART-` lines are passed over, and so are comments before a sentence
 * (`# …` without a tag).
 */
export async function* readConll(
  file: DatasetFile,
  report: FileReport,
  { conll = {} }: ReadOptions,
): AsyncGenerator<SourceExample> {
  let columns: number | null = null;
  let sentence: Sentence | null = null;
  for await (const { number, text } of textLines(file, report, { blanks: true })) {
    if (text.trim() === '' || text.startsWith('-DOCSTART-')) {
      if (sentence) yield* exampleOf(sentence, report);
      sentence = null;
      continue;
    }
    const cells = text.includes('\t') ? text.split('\t') : text.trim().split(/ +/);
    if (!sentence && text.startsWith('# ') && !isTag(cells.at(-1)!)) continue;
    columns ??= cells.length;
    sentence ??= { line: number, tokens: [], length: 0, broken: false };
    const token = taggedToken(cells, columns, conll);
    if (typeof token === 'string') {
      report.note(number, 'validation', token);
      sentence.broken = true;
    } else addTo(sentence, token, report);
  }
  if (sentence) yield* exampleOf(sentence, report);
}

/** A sentence that is too long is noted once, and no more of it is kept. */
function addTo(sentence: Sentence, token: TaggedToken, report: FileReport): void {
  if (sentence.broken) return;
  sentence.length += codePointLength(token.token) + (sentence.tokens.length > 0 ? 1 : 0);
  if (sentence.length <= LIMITS.maxTextChars) {
    sentence.tokens.push(token);
    return;
  }
  sentence.broken = true;
  sentence.tokens = [];
  report.note(
    sentence.line,
    'text-too-long',
    `The sentence has more than ${LIMITS.maxTextChars} characters; blank lines part sentences.`,
  );
}

/** What a line says, or what is wrong with it. */
function taggedToken(
  cells: string[],
  columns: number,
  { tokenColumn = 1, tagColumn }: ConllOptions,
): TaggedToken | string {
  if (cells.length !== columns)
    return `The line has ${cells.length} columns, the first of the file has ${columns}.`;
  if (columns < 2)
    return 'The line has one column; a token and its tag are two, with a tab or a blank between.';
  const token = cells[tokenColumn - 1];
  const tag = cells[(tagColumn ?? columns) - 1];
  if (token === undefined || tag === undefined)
    return `The line has ${columns} columns, and column ${token === undefined ? tokenColumn : tagColumn} is asked for.`;
  if (token === '') return 'The line has no token.';
  return { token, tag: tag.trim() };
}

function* exampleOf({ tokens, line, broken }: Sentence, report: FileReport): Generator<SourceExample> {
  if (broken) return;
  const tagged = report.try(line, () => entitiesOf(tokens));
  if (tagged) yield { input: tagged.text, expected: tagged.entities, line };
}
