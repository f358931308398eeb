import { describe, expect, it } from 'vitest';
import { rotateSecretBody } from './webhooks.js';

const secretOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 0xfb).toString('base64')}`;
const isTaken = (secret: string) => rotateSecretBody.safeParse({ secret }).success;

describe('a secret of a webhook', () => {
  it('has 24 to 64 bytes', () => {
    const lengths = Array.from({ length: 70 }, (_, bytes) => bytes);
    expect(lengths.filter((bytes) => isTaken(secretOf(bytes)))).toEqual(lengths.slice(24, 65));
  });

  it('has any last bytes', () => {
    for (let last = 0; last < 256; last++)
      for (const bytes of [24, 25, 26, 63, 64])
        expect(isTaken(`whsec_${Buffer.alloc(bytes, last).toString('base64')}`), `${bytes} of ${last}`).toBe(
          true,
        );
  });

  // What libraries of other languages decode in different ways is none.
  it.each([
    ['no prefix', secretOf(32).slice('whsec_'.length)],
    ['another prefix', secretOf(32).replace('whsec_', 'WHSEC_')],
    ['the alphabet of URLs', secretOf(32).replaceAll('+', '-').replaceAll('/', '_')],
    ['no padding', secretOf(32).replaceAll('=', '')],
    ['loose bits at the end', `whsec_${Buffer.alloc(32).toString('base64').replace(/A=$/, 'B=')}`],
    ['white space', `${secretOf(32)}\n`],
    ['nothing else', 'whsec_'],
  ])('is not what has %s', (_what, text) => {
    expect(isTaken(text)).toBe(false);
  });
});
