import { gzipSync } from 'node:zlib';
import { zip } from '@heddle/testing';
import { describe, expect, it } from 'vitest';
import { codeOf, config, extractIn, file, packed, weights } from '../../test/archive.js';
import { testFolder } from '../../test/checkpoint-folder.js';
import { paxRecords, tar } from '../../test/writers/tar.js';
import type { ExtractArchiveOptions } from './extract.js';

const { folder } = testFolder();
const extract = async (archive: Buffer, options?: ExtractArchiveOptions) =>
  extractIn(await folder({ 'upload.bin': archive }), options);

const NAMES = [
  '../config.json',
  'm/../../config.json',
  '..',
  '/etc/config.json',
  'C:/config.json',
  'c:config.json',
  '..\\config.json',
  'm\\config.json',
  'm//config.json',
  'config\u0000.json',
  'config\n.json',
];

describe('an archive is refused', () => {
  it.each(NAMES)('for the name %j', async (name) => {
    expect(await codeOf(extract(zip([file(name, config)])))).toBe('unsafe-archive');
    const long = tar([
      { name: 'x', type: 'x', data: paxRecords({ path: name }) },
      { name: 'x', data: config },
    ]);
    expect(await codeOf(extract(long))).toBe('unsafe-archive');
    // The field of a header ends at a NUL.
    if (!name.includes('\0')) expect(await codeOf(extract(tar([file(name, config)])))).toBe('unsafe-archive');
  });

  it.each<[string, Buffer]>([
    ['a file twice', tar([file('a', config), file('a', config)])],
    ['a file twice but for case', tar([file('a.json', config), file('A.JSON', config)])],
    ['a file twice but for composed letters', tar([file('é', config), file('e\u0301', config)])],
    ['a file twice by way of .', tar([file('a', config), file('./a', config)])],
    ['a symbolic link', tar([{ name: 'config.json', type: '2', link: '/etc/passwd' }])],
    ['a hard link', tar([{ name: 'config.json', type: '1', link: '/etc/passwd' }])],
    ['a device', tar([{ name: 'config.json', type: '3' }])],
    ['a pipe', tar([{ name: 'config.json', type: '6' }])],
    ['a sparse file of GNU', tar([{ name: 'config.json', type: 'S', data: config }])],
    [
      'a sparse file in pax records',
      tar([{ name: 'x', type: 'x', data: paxRecords({ 'GNU.sparse.major': '1' }) }, file('a', config)]),
    ],
    ['a type nobody knows', tar([{ name: 'config.json', type: 'Z' }])],
    ['a long link', tar([{ name: 'x', type: 'K', data: Buffer.from('/etc/passwd\0') }, file('a', config)])],
    [
      'a name for all entries',
      tar([{ name: 'x', type: 'g', data: paxRecords({ path: 'a' }) }, file('b', config)]),
    ],
    [
      'a size for all entries',
      tar([{ name: 'x', type: 'g', data: paxRecords({ size: '1' }) }, file('b', config)]),
    ],
    ['a folder with content', tar([{ name: 'm/', type: '5', data: config }])],
    ['a wrong checksum', tar([{ ...file('a', config), checksum: 1 }])],
    ['a size beyond the end', tar([{ ...file('a', config), size: 10_000 }])],
    ['a size of 2^63', tar([{ ...file('a', config), size: 2n ** 63n }])],
    [
      'a size in pax records beyond the end',
      tar([{ name: 'x', type: 'x', data: paxRecords({ size: '99999' }) }, file('a', config)]),
    ],
    ['a size that is too small', tar([{ ...file('a', weights), size: 10 }])],
    [
      'pax records with a wrong length',
      tar([{ name: 'x', type: 'x', data: Buffer.from('99 path=a\n') }, file('a', config)]),
    ],
    [
      'pax records without an end',
      tar([{ name: 'x', type: 'x', data: Buffer.from('10 path=abc') }, file('a', config)]),
    ],
    [
      'pax records twice',
      tar([
        { name: 'x', type: 'x', data: Buffer.concat([paxRecords({ path: 'a' }), paxRecords({ path: 'b' })]) },
        file('a', config),
      ]),
    ],
    ['no end', tar([file('a', config)], Buffer.alloc(0))],
    [
      'data after the end',
      tar([file('a', config)], Buffer.concat([Buffer.alloc(1024), tar([file('b', config)])])),
    ],
    ['a gzip that is cut off', gzipSync(tar([file('a', weights)])).subarray(0, -20)],
    ['a gzip that is damaged', damaged(gzipSync(tar([file('a', weights)])))],
    ['a gzip of something else', gzipSync(config)],
    ['rubbish after a gzip', Buffer.concat([gzipSync(tar([file('a', config)])), Buffer.from('rubbish')])],
  ])('as a tar with %s', async (_what, archive) => {
    expect(await codeOf(extract(archive))).toBe('unsafe-archive');
  });

  it.each<[string, Buffer]>([
    ['a file twice', zip([file('a', config), file('a', weights)])],
    ['a file twice but for case', zip([file('a.json', config), file('A.JSON', config)])],
    ['a symbolic link', zip([{ ...file('a', Buffer.from('/etc/passwd')), mode: 0o120777 }])],
    ['a device', zip([{ ...file('a'), mode: 0o060644 }])],
    ['a folder that is a file', zip([{ ...file('a/'), mode: 0o100644 }])],
    ['a folder with content', zip([file('a/', config)])],
    ['an encrypted entry', zip([{ ...file('a', config), flags: 1 }])],
    ['a strongly encrypted entry', zip([{ ...file('a', config), flags: 0x40 }])],
    ['masked headers', zip([{ ...file('a', config), flags: 0x2000 }])],
    ['an entry of another method', zip([{ ...file('a', config), method: 12 }])],
    [
      'two entries in the same place',
      zip([file('a', config), { ...file('b', config), localName: 'b', headerOffset: 0 }]),
    ],
    ['entries that overlap', overlapping()],
    ['a header with another name', zip([{ ...file('a', config), localName: 'b' }])],
    ['a header with another size', zip([{ ...file('a', config), localBytes: 5 }])],
    ['a header outside the file', zip([{ ...file('a', config), headerOffset: 10 ** 6 }])],
    ['a header in the middle of data', zip([{ ...file('a', config), headerOffset: 3 }])],
    ['data beyond the directory', zip([{ ...file('a', config), bytes: 5000, compressedBytes: 5000 }])],
    ['sizes that disagree', zip([{ ...file('a', config), bytes: config.length + 1 }])],
    ['more data than declared', zip([{ ...packed('a', weights), bytes: 1000 }])],
    ['less data than declared', zip([{ ...packed('a', weights), bytes: weights.length + 1 }])],
    ['a wrong CRC-32', zip([{ ...file('a', config), crc: 1 }])],
    ['a wrong CRC-32, deflated', zip([{ ...packed('a', config), crc: 1 }])],
    ['packed data that is damaged', zip([{ ...packed('a', weights), packed: Buffer.alloc(100, 0xff) }])],
    [
      'packed data that ends early',
      zip([
        {
          ...packed('a', config),
          packed: Buffer.concat([Buffer.from([0x03, 0x00]), Buffer.alloc(9)]),
          bytes: 0,
          crc: 0,
        },
      ]),
    ],
    ['fewer entries than the end says', zip([file('a', config)], { end: { count: 2 } })],
    ['more entries than the end says', zip([file('a', config), file('b', config)], { end: { count: 1 } })],
    ['a directory elsewhere', zip([file('a', config)], { end: { offset: 3 } })],
    ['a directory of another size', zip([file('a', config)], { end: { size: 10 } })],
    ['several disks', zip([file('a', config)], { end: { disk: 1 } })],
    ['something before it', zip([file('a', config)], { prefix: Buffer.from('#!/bin/sh\n') })],
    [
      'a name that is not UTF-8',
      replaced(
        zip([file('\u00e9\u00e9', config)]),
        Buffer.from('\u00e9\u00e9'),
        Buffer.from('\xe9\xe9\xe9\xe9', 'latin1'),
      ),
    ],
    ['its end cut off', zip([file('a', config)]).subarray(0, -1)],
    ['something after it', Buffer.concat([zip([file('a', config)]), Buffer.from('x')])],
    [
      'zip64 sizes that are missing',
      zip([{ ...file('a', config), bytes: 0xffffffff, compressedBytes: 0xffffffff }]),
    ],
  ])('as a zip with %s', async (_what, archive) => {
    expect(await codeOf(extract(archive))).toBe('unsafe-archive');
  });

  it.each<[string, Buffer, ExtractArchiveOptions?]>([
    ['more than 1000 files', tar(Array.from({ length: 1001 }, (_, i) => file(`f${i}`)))],
    ['more than 1000 files, zipped', zip(Array.from({ length: 1001 }, (_, i) => file(`f${i}`)))],
    [
      'more than 70,000 entries',
      zip(
        Array.from({ length: 1 }, () => file('a')),
        { zip64: true, end: { count: 70_000 } },
      ),
    ],
    [
      'more than 10,000 headers',
      tar(
        Array.from({ length: 10_001 }, () => ({ name: 'x', type: 'g', data: paxRecords({ comment: '' }) })),
      ),
    ],
    ['a long name of 64 MB', tar([{ name: 'x', type: 'L', size: 64 * 1024 * 1024 }])],
    ['more bytes than allowed', tar([file('a', weights), file('b', weights)]), { maxBytes: 2_000_000 }],
    [
      'more bytes than allowed, zipped',
      zip([file('a', weights), file('b', weights)]),
      { maxBytes: 2_000_000 },
    ],
    ['a file that unpacks to 1000 times its size', zip([packed('a', Buffer.alloc(32 * 1024 * 1024))])],
    [
      'many files that unpack to 1000 times their size',
      zip(Array.from({ length: 10 }, (_, i) => packed(`f${i}`, Buffer.alloc(8 * 1024 * 1024)))),
    ],
    ['a gzip bomb of a file', gzipSync(tar([file('a', Buffer.alloc(80 * 1024 * 1024))]))],
    ['zeros without end', tar([file('a', config)], Buffer.alloc(17 * 1024 * 1024))],
    ['a gzip bomb after the end', gzipSync(tar([file('a', config)], Buffer.alloc(80 * 1024 * 1024)))],
  ])('for %s', async (_what, archive, options) => {
    expect(await codeOf(extract(archive, options))).toBe('archive-limits');
  });

  it('when it holds no files where a checkpoint would be', async () => {
    const none = [tar([]), tar([{ name: 'm/', type: '5' }]), zip([file('a/x', config), file('b/y', config)])];
    for (const archive of none)
      expect(await codeOf(extract(archive))).toBe(
        archive === none[0] ? 'unsafe-archive' : 'not-a-checkpoint',
      );
    for (const other of [
      Buffer.alloc(0),
      config,
      Buffer.from('Rar!\x1a\x07\x00'),
      Buffer.from('PK\x05\x06'.padEnd(22, '\0')),
    ]) {
      expect(await codeOf(extract(other))).toBe('unsafe-archive');
    }
  });

  it('names file and fault', async () => {
    await expect(extract(zip([file('../x', config)]))).rejects.toThrow(
      'upload.bin names an entry "../x", which leaves its folder',
    );
  });
});

/** Flips bytes in the middle. */
function damaged(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let i = 0; i < 8; i++) copy[Math.floor(copy.length / 2) + i]! ^= 0x55;
  return copy;
}

/** A second entry whose header lies in the data of the first, as in bombs of overlapping files. */
function overlapping(): Buffer {
  const inner = zip([file('b', config)]).subarray(0, 31 + config.length);
  return zip([file('a', inner), { ...file('b', config), headerOffset: 31 }]);
}

function replaced(bytes: Buffer, from: Buffer, to: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf(from); at !== -1; at = copy.indexOf(from)) to.copy(copy, at);
  return copy;
}
