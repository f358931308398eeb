/**
 * Screens have few colours: a PNG with a palette of 256 of them is a third of what browsers write, and looks the same. PNG as W3C's
 * "Portable Network Graphics" has it, third edition.
 */
import { crc32, deflateSync, inflateSync } from 'node:zlib';

export const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const COLORS = 256;
/** Colour types of the IHDR chunk that browsers write, with their channels. */
const CHANNELS = { 2: 3, 6: 4 };
const INDEXED = 3;

/** `png`: 8 bits a channel, RGB or RGBA without anything to see through, not interlaced, as a screenshot is. */
export function withPalette(png) {
  const { width, height, pixels } = decode(png);
  const { palette, indices } = quantize(pixels);
  const rows = Buffer.alloc(height * (width + 1));
  // Each row begins with its filter, which is none: indices do not grow evenly as colours may.
  for (let y = 0; y < height; y++) indices.copy(rows, y * (width + 1) + 1, y * width, (y + 1) * width);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, INDEXED, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Pixels as 0xRRGGBB. */
function decode(png) {
  const chunks = chunksOf(png);
  const header = chunks.find(({ type }) => type === 'IHDR').data;
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const [depth, colorType, , , interlaced] = header.subarray(8);
  const channels = CHANNELS[colorType];
  if (depth !== 8 || !channels || interlaced) throw new Error('this is no PNG as a screenshot is');
  const raw = inflateSync(
    Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)),
  );
  const stride = width * channels;
  const pixels = new Uint32Array(width * height);
  let above = Buffer.alloc(stride);
  for (let y = 0; y < height; y++) {
    const at = y * (stride + 1);
    const row = raw.subarray(at + 1, at + 1 + stride);
    unfilter(raw[at], row, above, channels);
    for (let x = 0; x < width; x++) pixels[y * width + x] = row.readUIntBE(x * channels, 3);
    above = row;
  }
  return { width, height, pixels };
}

function chunksOf(png) {
  const chunks = [];
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    chunks.push({
      type: png.toString('latin1', at + 4, at + 8),
      data: png.subarray(at + 8, at + 8 + length),
    });
    at += length + 12;
  }
  return chunks;
}

/** In place; section 9 of the standard. */
function unfilter(filter, row, above, channels) {
  for (let i = 0; i < row.length; i++) {
    const left = i < channels ? 0 : row[i - channels];
    const up = above[i];
    const corner = i < channels ? 0 : above[i - channels];
    row[i] += [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
  }
}

function paeth(left, up, corner) {
  const [a, b, c] = [up - corner, left - corner, left + up - 2 * corner].map(Math.abs);
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/** The most frequent colours; others become the nearest of them. */
function quantize(pixels) {
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const colors = [...counts].sort(([, a], [, b]) => b - a).map(([color]) => color);
  const chosen = colors.slice(0, COLORS);
  const indexOf = new Map(chosen.map((color, index) => [color, index]));
  for (const color of colors.slice(COLORS)) indexOf.set(color, indexOf.get(nearest(color, chosen)));
  const palette = Buffer.alloc(chosen.length * 3);
  chosen.forEach((color, index) => {
    palette.writeUIntBE(color, index * 3, 3);
  });
  const indices = Buffer.alloc(pixels.length);
  pixels.forEach((pixel, at) => {
    indices[at] = indexOf.get(pixel);
  });
  return { palette, indices };
}

function nearest(color, among) {
  let best = among[0];
  let least = Number.POSITIVE_INFINITY;
  for (const other of among) {
    let distance = 0;
    for (const shift of [16, 8, 0]) distance += (((color >> shift) & 255) - ((other >> shift) & 255)) ** 2;
    if (distance < least) [best, least] = [other, distance];
  }
  return best;
}

export function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
