import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type FixtureResult, runTokenizerFixture } from './__parity__/tokenizer-fixtures.js';

const OWN = fileURLToPath(new URL('./__fixtures__/folders', import.meta.url));
const SHARED = fileURLToPath(new URL('../../../../../shared/fixtures/tokenizers', import.meta.url));

const faults = (results: FixtureResult[]) => results.filter(({ fault }) => fault !== null);
const count = (results: FixtureResult[], kind: FixtureResult['kind']) =>
  results.filter((result) => result.kind === kind).length;

describe('tokenizer fixtures', () => {
  it.each([
    ['small-charsmap', { encode: 37, slow: 36, decode: 24 }],
    ['v1-vocab-merges', { encode: 71, slow: 36, decode: 24 }],
    ['v1-bpe-encoder-bin', { encode: 13, slow: 0, decode: 8 }],
  ])('of %s pass', async (name, counts) => {
    const results = await runTokenizerFixture(join(OWN, name));
    expect(faults(results)).toEqual([]);
    const { encode, slow, decode } = counts;
    expect([count(results, 'encode'), count(results, 'slow'), count(results, 'decode')]).toEqual([
      encode,
      slow,
      decode,
    ]);
  });

  if (!existsSync(SHARED)) console.log('not run: ../shared/fixtures is missing');
  describe.runIf(existsSync(SHARED))('of ../shared/fixtures', () => {
    const folders = existsSync(SHARED) ? readdirSync(SHARED) : [];
    it.each(folders)('%s passes', { timeout: 120_000 }, async (name) => {
      const results = await runTokenizerFixture(join(SHARED, name));
      expect(faults(results)).toEqual([]);
      expect(count(results, 'encode')).toBeGreaterThan(100);
      expect(count(results, 'decode')).toBeGreaterThan(100);
    });
  });
});
