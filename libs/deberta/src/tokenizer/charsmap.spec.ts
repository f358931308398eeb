import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { charsmapError } from './charsmap.js';

const json = JSON.parse(
  await readFile(new URL('./__fixtures__/tokenizer.json', import.meta.url), 'utf8'),
) as {
  normalizer: { normalizers: { type: string; precompiled_charsmap?: string }[] };
};
const member = json.normalizer.normalizers.find(({ type }) => type === 'Precompiled');
const honest = Buffer.from(member!.precompiled_charsmap!, 'base64');

describe('character maps', () => {
  it('are accepted when honest or empty', () => {
    expect(honest.length).toBeGreaterThan(1000);
    expect(charsmapError(honest)).toBeNull();
    expect(charsmapError(Buffer.alloc(0))).toBeNull();
  });

  it.each([
    ['a few bytes', Buffer.from('AAAA', 'base64')],
    ['a size beyond the end', Buffer.concat([Buffer.from([255, 255, 255, 127]), honest.subarray(4)])],
    ['no trie', Buffer.concat([Buffer.alloc(4), honest.subarray(4)])],
    ['half of it', honest.subarray(0, honest.length >> 1)],
    ['no replacements', honest.subarray(0, 4 + honest.readUInt32LE(0))],
    ['a root that points away', Buffer.from([8, 0, 0, 0, 0, 252, 255, 255, 0, 0, 0, 0, 65, 0])],
  ])('are refused with %s', (_, blob) => expect(charsmapError(blob)).toMatch(/^(is|has|holds|points) /));

  it('never throw, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(honest.length - 1), fc.nat(255)), { maxLength: 20 }),
        (changes) => {
          const blob = Buffer.from(honest);
          for (const [at, byte] of changes) blob[at] = byte;
          const reason = charsmapError(blob);
          expect(reason === null || typeof reason === 'string').toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });
});
