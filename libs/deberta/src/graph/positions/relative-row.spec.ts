import { expect, it } from 'vitest';
import { relativeRow } from './relative-row.js';

const published = { span: 256, buckets: 256, maxDistance: 512 };
const row = (distance: number) => relativeRow(distance, published);

it('is exact for near distances', () => {
  for (let distance = -131; distance <= 131; distance++) expect(row(distance)).toBe(distance + 256);
});

it('has the buckets of the reference beyond', () => {
  const anchors = {
    132: 131,
    133: 132,
    134: 133,
    150: 143,
    256: 192,
    384: 229,
    500: 254,
    508: 255,
    511: 255,
  };
  for (const [distance, bucket] of Object.entries(anchors)) {
    expect(row(Number(distance))).toBe(256 + bucket);
    expect(row(-Number(distance))).toBe(256 - bucket);
  }
  const sum = Array.from({ length: 512 }, (_, distance) => row(distance) - 256).reduce((a, b) => a + b);
  expect(sum).toBe(87_297);
});

it('ends at the first and last row', () => {
  expect([512, 10_000].map(row)).toEqual([511, 511]);
  expect([-512, -10_000].map(row)).toEqual([0, 0]);
});

it('takes the distance itself without buckets', () => {
  const rows = [-13, -12, 0, 11, 12].map((distance) =>
    relativeRow(distance, { span: 12, buckets: 0, maxDistance: 12 }),
  );
  expect(rows).toEqual([0, 0, 12, 23, 23]);
});

it('never decreases with the distance, so that the rows of a sequence lie side by side', () => {
  for (const [buckets, maxDistance] of [
    [256, 512],
    [8, 512],
    [14, 40],
    [4, 9],
    [0, 16],
  ] as const) {
    const span = buckets || maxDistance;
    const rows = Array.from({ length: 1401 }, (_, i) => relativeRow(i - 700, { span, buckets, maxDistance }));
    for (const [i, current] of rows.slice(1).entries()) {
      expect(current).toBeGreaterThanOrEqual(rows[i]!);
    }
  }
});
