import { readFile } from 'node:fs/promises';
import { LIMITS } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { fileOf, readAll } from '../../test/dataset-files.js';
import { MAX_GROUP } from '../metrics/reward/index.js';
import { MAX_FIELDS } from '../metrics/slices.js';
import { MAX_LABELS } from '../metrics/vocabulary.js';
import { EVALUATED_TASKS } from './check-example.js';
import { FORMATS } from './formats/formats.js';
import type { Mapping } from './formats/mapping.js';
import {
  MAX_COLUMNS,
  MAX_COUNTED_PROBLEMS,
  MAX_EXAMPLES,
  MAX_GROUP_BYTES,
  MAX_GROUP_PAGES,
  MAX_GROUP_VALUES,
  MAX_KEPT_BYTES,
  MAX_LINE_BYTES,
  MAX_LINE_EXAMPLES,
  MAX_OUTPUT_CHARS,
  MAX_TABLE_BYTES,
  MAX_WHOLE_BYTES,
} from './limits.js';

const guide = await readFile(new URL('../../../../docs/datasets.md', import.meta.url), 'utf8');
const [lines, mapping] = [...guide.matchAll(/```json\n(.*?)```/gs)].map(([, json]) => json!) as [
  string,
  string,
];
/** The first cells of the table below a heading. */
const rowsUnder = (heading: string) => {
  const section = guide.split(/^## /m).find((text) => text.startsWith(`${heading}\n`))!;
  return [...section.matchAll(/^\| (.*?) \| (.*?)(?: \|.*)?$/gm)]
    .slice(1)
    .map(([, first, second]) => [first!, second!]);
};

describe('the guide to datasets', () => {
  it('shows lines and a mapping that work', async () => {
    const jsonl = await readAll(fileOf('d.jsonl', lines), 'jsonl');
    expect(jsonl.problems).toEqual([]);
    expect(jsonl.examples).toHaveLength(2);
    const csv = await readAll(
      fileOf('d.csv', 'pair_id,premise,hypothesis,gold,genre,topic\n1,a,b,c,d,e\n'),
      'csv',
      {
        mapping: JSON.parse(mapping) as Mapping,
      },
    );
    expect(csv.examples).toEqual([
      {
        input: { id: '1', text: 'a', text_pair: 'b' },
        expected: 'c',
        group: 'e',
        slice: { genre: 'd' },
        line: 2,
      },
    ]);
  });

  it('has a row for every task and every format', () => {
    expect(rowsUnder("Heddle's JSONL").map(([task]) => task)).toEqual(
      EVALUATED_TASKS.map((task) => `\`${task}\``),
    );
    const formats = rowsUnder('Other formats').flatMap(([cell]) => {
      const names = [...cell!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
      return names.map((name) => (name.startsWith('-') ? names[0]!.split('-')[0] + name : name));
    });
    expect([...formats, 'jsonl'].sort()).toEqual(FORMATS);
  });

  it('tells the limits that hold', () => {
    const mebibytes = (bytes: number) => `${bytes / 1024 ** 2} MiB`;
    const spaced = (count: number) => count.toLocaleString('en').replaceAll(',', ' ');
    expect(rowsUnder('Limits').map(([, value]) => value)).toEqual([
      mebibytes(MAX_LINE_BYTES),
      mebibytes(MAX_WHOLE_BYTES),
      spaced(MAX_EXAMPLES),
      spaced(LIMITS.maxTextChars),
      spaced(MAX_OUTPUT_CHARS),
      spaced(MAX_COUNTED_PROBLEMS),
      `${MAX_LINE_EXAMPLES}; ${LIMITS.maxChoices}`,
      String(MAX_FIELDS),
      `${LIMITS.maxSliceFieldChars}, ${LIMITS.maxSliceValueChars}`,
      spaced(MAX_LABELS),
      String(MAX_GROUP),
      String(LIMITS.maxJsonDepth),
      String(MAX_COLUMNS),
      `${spaced(MAX_EXAMPLES)} rows, ${spaced(MAX_GROUP_VALUES)} values, ${spaced(MAX_GROUP_PAGES)} pages, ${mebibytes(MAX_GROUP_BYTES)}`,
      `${mebibytes(MAX_TABLE_BYTES)} decompressed`,
      mebibytes(MAX_KEPT_BYTES),
    ]);
  });
});
