import { escapePointer } from '@heddle/contracts';
import type { DatasetFile, Expected, SourceExample } from '../example.js';
import type { ReadOptions } from '../options.js';
import { objectOf, wrong } from '../reading/fields.js';
import { jsonLines } from '../reading/file-lines.js';
import type { FileReport } from '../report.js';
import { exampleOfRow } from './mapping.js';

/** Heddle's own: `{"input":…,"expected":…,"group"?:"…","slice"?:{…}}` a line. With a mapping, lines are objects with other members. */
export async function* readJsonl(
  file: DatasetFile,
  report: FileReport,
  { mapping, labels }: ReadOptions,
): AsyncGenerator<SourceExample> {
  for await (const { number, value } of jsonLines(file, report)) {
    const example = report.try(number, () =>
      mapping
        ? exampleOfRow(new Map(Object.entries(objectOf(value))), mapping, number, labels)
        : exampleOf(value, number),
    );
    if (example) yield example;
  }
}

function exampleOf(value: unknown, line: number): SourceExample {
  const { input, expected, group, slice, ...others } = objectOf(value);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw wrong(
      `/${escapePointer(unknown)}`,
      'no such field: a line has input, expected, group and slice; other lines need a mapping',
    );
  if (input === undefined) throw wrong('/input', 'is required');
  if (expected === undefined) throw wrong('/expected', 'is required');
  if (group !== undefined && (typeof group !== 'string' || group === ''))
    throw wrong('/group', 'must be a text that is not empty');
  const example = { input, expected: expected as Expected, ...(group !== undefined && { group }), line };
  if (slice === undefined) return example;
  for (const [name, part] of Object.entries(objectOf(slice, '/slice')))
    if (typeof part !== 'string') throw wrong(`/slice/${escapePointer(name)}`, 'must be a string');
  return { ...example, slice: slice as Record<string, string> };
}
