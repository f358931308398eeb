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
