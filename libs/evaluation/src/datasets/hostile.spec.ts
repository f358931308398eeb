import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HeddleError } from '@heddle/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileOf, readAll } from '../../test/dataset-files.js';
import { detectFormat } from './detect/detect.js';
import type { ReadOptions } from './options.js';

const FIXTURES = fileURLToPath(new URL('__fixtures__/', import.meta.url));
const NAMES = readdirSync(FIXTURES, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(FIXTURES, join(entry.parentPath, entry.name)))
  // Parquet is tried byte by byte in its own spec.
  .filter((name) => !name.endsWith('.parquet'));

const OPTIONS: ReadOptions = { labels: { names: ['positive'] } };
const TABLE: ReadOptions = {
  mapping: { id: 'id', input: { text: 'review' }, expected: { value: 'stars' }, slice: { when: 'when' } },
};
const PIECES = [
  '',
  '\0',
  '"',
  '\n',
  '\r',
  '\t',
  '{',
  ']',
  '[[',
  ',',
  '-',
  '\\u0000',
  '\\ud800',
  '__proto__',
  '1e999',
  'null',
];

/** What is read of the files that belong together, one of them changed: only the report may tell of it. */
async function readChanged(name: string, content: Buffer): Promise<void> {
  const original = readFileSync(join(FIXTURES, name));
  const format = detectFormat(original, name);
  const files = NAMES.filter(
    (other) => format === 'beir' && other.startsWith('beir/') && other !== 'beir/bm25.trec',
  );
  const names = files.length > 0 && name !== 'beir/bm25.trec' ? files : [name];
  const changed = names.map((one) =>
    fileOf(one, one === name ? content : readFileSync(join(FIXTURES, one)), 64),
  );
  const { report } = await readAll(changed, format, format === 'csv' ? TABLE : OPTIONS);
  expect(report.examples + report.skipped + report.problemCount).toBeGreaterThan(0);
  for (const { file, line, message } of report.problems) {
    expect(names).toContain(file);
    expect(line ?? 1).toBeGreaterThan(0);
    expect(message.length).toBeLessThan(2_000);
  }
  try {
    detectFormat(content, name);
  } catch (error) {
    expect(error).toBeInstanceOf(HeddleError);
  }
}

describe('a file that is not as it should be', () => {
  it.each(NAMES)('%s, cut off anywhere, is told of', async (name) => {
    const bytes = readFileSync(join(FIXTURES, name));
    const step = Math.max(1, Math.floor(bytes.length / 150));
    for (let length = 0; length < bytes.length; length += step)
      await readChanged(name, bytes.subarray(0, length));
  });

  it.each(NAMES)('%s, changed anywhere, is told of', async (name) => {
    const bytes = readFileSync(join(FIXTURES, name));
    const place = fc.nat({ max: bytes.length });
    const piece = fc.oneof(
      fc.constantFrom(...PIECES).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 3 }),
    );
    const change = fc.record({ at: place, removed: fc.nat({ max: 8 }), piece });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        let content = bytes;
        for (const { at, removed, piece: inserted } of changes)
          content = Buffer.concat([content.subarray(0, at), inserted, content.subarray(at + removed)]);
        await readChanged(name, content);
      }),
      { numRuns: 100 },
    );
  });
});

describe('a line of a few megabytes that would make gigabytes', () => {
  const LONG = 'q'.repeat(3_000_000);
  it.each([
    ['race', 'a long question with many options', { questions: [LONG], options: [Array(500_000).fill('a')] }],
    ['race', 'more options than a model chooses from', { questions: ['q'], options: [Array(33).fill('a')] }],
    ['race', 'many questions', { questions: Array(1_001).fill('q'), options: Array(1_001).fill(['a', 'b']) }],
  ] as const)('of %s is refused: %s', async (_, __, given) => {
    const line = { article: 'p', answers: given.questions.map(() => 'A'), ...given };
    const { examples, problems } = await readAll(fileOf('high.jsonl', JSON.stringify(line), 65_536), 'race');
    expect([examples, problems.length]).toEqual([[], 1]);
  });

  const multirc = (question: string, answers: number, questions = 1) => {
    const one = {
      question,
      answers: Array.from({ length: answers }, (_, idx) => ({ idx, text: 'a', label: 1 })),
    };
    return JSON.stringify({ idx: 0, passage: { text: 'p', questions: Array(questions).fill(one) } });
  };
  it.each([
    ['a long question with many answers', multirc(LONG, 100_000)],
    ['many answers of many questions', multirc('q', 11, 91)],
  ])('of MultiRC is refused: %s', async (_, line) => {
    const { examples, problems } = await readAll(fileOf('multirc.jsonl', line, 65_536), 'superglue-multirc');
    expect([examples, problems.length]).toEqual([[], 1]);
  });

  it('is read where it has as many examples as it may', async () => {
    const line = multirc('q', 1_000);
    expect((await readAll(fileOf('multirc.jsonl', line, 65_536), 'superglue-multirc')).examples).toHaveLength(
      1_000,
    );
  });
});

it('ids and groups that are long are told apart', async () => {
  const long = 'x'.repeat(100);
  const line = (id: string, group: string) =>
    JSON.stringify({ input: { id, prompt: 'p', response: 'r' }, expected: 1, group });
  const text = [line(`${long}1`, long), line(`${long}2`, long), line(`${long}1`, long)].join('\n');
  const { examples, problems } = await readAll(fileOf('d.jsonl', text), 'jsonl', { task: 'score' });
  expect(examples).toHaveLength(2);
  expect(problems).toEqual([expect.stringMatching(/^3 validation Line 1 has the same id/)]);
  const many = Array.from({ length: 101 }, (_, i) => line(`${i}`, long)).join('\n');
  const grouped = await readAll(fileOf('d.jsonl', many), 'jsonl', { task: 'score' });
  expect([grouped.examples.length, grouped.problems.length]).toEqual([100, 1]);
});
