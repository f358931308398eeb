import { expect, it } from 'vitest';
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  formatScore,
  formatShare,
  shortId,
} from './format.js';

it.each([
  [0, '0 ms'],
  [0.42, '0.4 ms'],
  [3.14, '3.1 ms'],
  [320.4, '320 ms'],
  [999.6, '1000 ms'],
  [4_200, '4.2 s'],
  [60_000, '1 min'],
  [185_000, '3 min 5 s'],
  [7_440_000, '2 h 4 min'],
  [266_400_000, '3 d 2 h'],
  [null, '–'],
])('%s milliseconds are %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

it.each([
  [0, '0 %'],
  [0.000_01, '< 0.1 %'],
  [0.123_4, '12.3 %'],
  [1, '100 %'],
  [undefined, '–'],
])('a share of %s is %s', (share, text) => {
  expect(formatShare(share)).toBe(text);
});

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [209_715_200, '200 MiB'],
  [2 ** 60, '1048576 TiB'],
])('%s bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

it('counts, rates and scores have as many places as matter', () => {
  expect([0, 9_999, 12_345, null].map(formatCount)).toEqual(['0', '9,999', '12.3K', '–']);
  expect([0, 0.254, 3.44, 120.4, 12_345].map(formatRate)).toEqual(['0', '0.25', '3.4', '120.4', '12.3K']);
  expect([0.99142, -3.5, 1234.5678].map(formatScore)).toEqual(['0.9914', '-3.5000', '1234.57']);
});

it('says how long ago, or how soon', () => {
  const now = Date.parse('2026-03-01T12:00:00Z');
  expect(formatAgo('2026-03-01T11:59:58Z', now)).toBe('just now');
  expect(formatAgo('2026-03-01T11:59:20Z', now)).toBe('40 s ago');
  expect(formatAgo('2026-03-01T09:00:00Z', now)).toBe('3 h ago');
  expect(formatAgo('2026-03-01T12:05:00Z', now)).toBe('in 5 min');
});

it('an id keeps its ends', () => {
  expect(shortId('job_01kc9d7ye0f0ft3w1x2y3z4a5b')).toBe('job_01kc…3z4a5b');
  expect(shortId('default')).toBe('default');
});
