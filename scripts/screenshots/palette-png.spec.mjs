import { deflateSync, inflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { chunk, SIGNATURE, withPalette } from './palette-png.mjs';

/** A PNG of RGB pixels whose rows are filtered as told, which is what a browser may do. */
function png(rows, filters) {
  const bytesAt = (y, i) => rows[y]?.[i] ?? 0;
  const filtered = rows.map((row, y) => {
    const out = row.map((value, i) => {
      const [left, up, corner] = [
        i < 3 ? 0 : row[i - 3],
        bytesAt(y - 1, i),
        i < 3 ? 0 : bytesAt(y - 1, i - 3),
      ];
      const estimate = left + up - corner;
      const nearest = [left, up, corner].reduce((best, one) =>
        Math.abs(estimate - one) < Math.abs(estimate - best) ? one : best,
      );
      return (value - [0, left, up, (left + up) >> 1, nearest][filters[y]]) & 255;
    });
    return Buffer.from([filters[y], ...out]);
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(rows[0].length / 3, 0);
  header.writeUInt32BE(rows.length, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const data = deflateSync(Buffer.concat(filtered));
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Pixels of what `withPalette` wrote, as lists of red, green and blue. */
function pixelsOf(indexed) {
  const at = (type) => indexed.indexOf(type);
  const body = (type) => indexed.subarray(at(type) + 4, at(type) + 4 + indexed.readUInt32BE(at(type) - 4));
  const width = body('IHDR').readUInt32BE(0);
  const palette = body('PLTE');
  const rows = inflateSync(body('IDAT'));
  const found = [];
  for (let y = 0; y * (width + 1) < rows.length; y++) {
    const row = rows.subarray(y * (width + 1) + 1, (y + 1) * (width + 1));
    found.push([...row].flatMap((index) => [...palette.subarray(index * 3, index * 3 + 3)]));
  }
  return found;
}

it.each([0, 1, 2, 3, 4])('keeps the pixels of a picture whose rows have filter %i', (filter) => {
  const rows = [0, 1, 2].map((y) => Array.from({ length: 12 }, (_, i) => (i * 37 + y * 91 + 5) % 256));
  expect(pixelsOf(withPalette(png(rows, [0, filter, filter])))).toEqual(rows);
});

it('takes the nearest of the 256 most frequent colours for all others', () => {
  const frequent = Array.from({ length: 256 }, (_, i) => [i, 0, 0, i, 0, 0]).flat();
  const rare = [200, 0, 3];
  const row = [...frequent, ...rare];
  expect(pixelsOf(withPalette(png([row], [0])))).toEqual([[...frequent, 200, 0, 0]]);
});
