import { describe, expect, it } from 'vitest';
import { isSecret, newSecret } from './secrets.js';

const secretOf = (bytes: number) => `whsec_${Buffer.alloc(bytes, 0xfb).toString('base64')}`;

describe('secrets of webhooks', () => {
  it('are 32 random bytes', () => {
    const [one, other] = [newSecret(), newSecret()];
    expect(one).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(one).not.toBe(other);
    expect(isSecret(one)).toBe(true);
  });

  it('have 24 to 64 bytes', () => {
    expect([23, 24, 25, 26, 63, 64, 65].map((bytes) => isSecret(secretOf(bytes)))).toEqual([
      false,
      true,
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  it.each([
    ['no prefix', secretOf(32).slice('whsec_'.length)],
    ['another prefix', secretOf(32).replace('whsec_', 'WHSEC_')],
    ['the alphabet of URLs', secretOf(32).replaceAll('+', '-').replaceAll('/', '_')],
    ['no padding', secretOf(32).replaceAll('=', '')],
    ['loose bits at the end', `whsec_${Buffer.alloc(32).toString('base64').replace(/A=$/, 'B=')}`],
    ['white space', `${secretOf(32)}\n`],
    ['nothing else', 'whsec_'],
  ])('are not what has %s', (_what, text) => {
    expect(isSecret(text)).toBe(false);
  });
});
