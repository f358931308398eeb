import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HeddleError } from '@heddle/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAll as readFolder, testFolder } from '../../test/checkpoint-folder.js';
import { safetensors } from '../../test/writers/safetensors.js';
import { openCheckpoint } from '../open.js';

const { path: dir } = testFolder();

const bytesOf = (values: Float32Array | Uint16Array | Float64Array) => new Uint8Array(values.buffer);
const entry = (dtype: string, shape: unknown[], offsets: unknown[]) => ({
  dtype,
  shape,
  data_offsets: offsets,
});
const pair = { a: entry('F32', [2], [0, 8]), b: entry('F32', [1, 2], [8, 16]) };
const sixteen = bytesOf(Float32Array.of(1, -2, 0.5, 3));

async function readAll(file: Buffer): Promise<Map<string, Float32Array>> {
  await writeFile(join(dir(), 'model.safetensors'), file);
  return readFolder(dir());
}

describe('reading safetensors', () => {
  it('reads names, shapes and values, whatever the order of the header', async () => {
    const header = { b: pair.b, __metadata__: { format: 'pt' }, a: pair.a };
    await writeFile(join(dir(), 'model.safetensors'), safetensors(`${JSON.stringify(header)}   `, sixteen));
    const checkpoint = await openCheckpoint(dir());
    expect(checkpoint.names).toEqual(['b', 'a']);
    expect(checkpoint.info('b')).toEqual({ dtype: 'F32', shape: [1, 2] });
    expect(checkpoint.info('toString')).toBeUndefined();
    expect(await checkpoint.read('b')).toEqual(Float32Array.of(0.5, 3));
    expect(await checkpoint.read('a')).toEqual(Float32Array.of(1, -2));
    await expect(checkpoint.read('c')).rejects.toMatchObject({ code: 'missing-tensors' });
    await checkpoint.close();
  });

  it('accepts a scalar, an empty tensor, an escaped name and a prototype name', async () => {
    const header =
      '{"__proto__":{"dtype":"F32","shape":[],"data_offsets":[0,4]},' +
      '"caf\\u00e9 \\"x\\"":{"dtype":"F32","shape":[0,7],"data_offsets":[4,4]}}';
    const values = await readAll(safetensors(header, bytesOf(Float32Array.of(7))));
    expect([...values]).toEqual([
      ['__proto__', Float32Array.of(7)],
      ['café "x"', new Float32Array(0)],
    ]);
  });

  it('widens half precision exactly', async () => {
    // One, smallest subnormal, largest subnormal, smallest normal, largest, minus zero.
    const halves = Uint16Array.of(0x3c00, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x8000);
    const values = await readAll(safetensors({ h: entry('F16', [6], [0, 12]) }, bytesOf(halves)));
    expect([...values.get('h')!]).toEqual([1, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 65504, -0]);
  });

  it('widens bfloat16 exactly and rounds float64', async () => {
    const brain = await readAll(
      safetensors({ b: entry('BF16', [3], [0, 6]) }, bytesOf(Uint16Array.of(0x3f80, 0xc049, 0x0001))),
    );
    expect([...brain.get('b')!]).toEqual([1, -3.140625, 2 ** -133]);
    const double = await readAll(
      safetensors({ d: entry('F64', [2], [0, 16]) }, bytesOf(Float64Array.of(0.1, -2))),
    );
    expect([...double.get('d')!]).toEqual([Math.fround(0.1), -2]);
  });

  it('reads a tensor larger than one read of the file', async () => {
    const big = Float32Array.from({ length: 2_500_000 }, (_, i) => i);
    const values = await readAll(
      safetensors({ big: entry('F32', [big.length], [0, big.byteLength]) }, bytesOf(big)),
    );
    // Compared as bytes: an assertion per element would take seconds.
    expect(Buffer.from(values.get('big')!.buffer).equals(Buffer.from(big.buffer))).toBe(true);
  });
});

describe('refusing safetensors', () => {
  const text = JSON.stringify(pair);
  const one = (value: unknown) => ({ a: value });
  const malformed: [string, Buffer][] = [
    ['an empty file', Buffer.alloc(0)],
    ['a file of seven bytes', Buffer.alloc(7)],
    ['a header length of 2^60', safetensors(pair, sixteen, 2n ** 60n)],
    ['a header length of 2^64 - 1', safetensors(pair, sixteen, 2n ** 64n - 1n)],
    ['a header length over the limit', safetensors(pair, sixteen, 100_000_001n)],
    ['a header length past the end', safetensors(pair, sixteen, BigInt(text.length + 17))],
    ['a header that is not JSON', safetensors('not json', sixteen)],
    ['a header that is cut', safetensors(text.slice(0, -1), sixteen)],
    ['text after the header', safetensors(`${text}x`, sixteen)],
    ['a header that is a list', safetensors('[]', new Uint8Array(0))],
    [
      'a header that is not UTF-8',
      safetensors(
        Buffer.concat([Buffer.from(text.slice(0, 3)), Buffer.from([0xff]), Buffer.from(text.slice(4))]),
        sixteen,
      ),
    ],
    ['a byte order mark', safetensors(Buffer.from(`\ufeff${text}`), sixteen)],
    ['an unterminated string', safetensors('{"a', sixteen)],
    ['a bad escape', safetensors('{"\\x":1}', sixteen)],
    ['deep nesting', safetensors(`{"a":${'['.repeat(100_000)}`, sixteen)],
    [
      'the same key twice',
      safetensors(`{"a":${JSON.stringify(pair.a)},"a":${JSON.stringify(pair.a)}}`, sixteen.subarray(0, 8)),
    ],
    [
      'the same key twice, once escaped',
      safetensors(`{"a":${JSON.stringify(pair.a)},"\\u0061":${JSON.stringify(pair.b)}}`, sixteen),
    ],
    [
      'a repeated key in an entry',
      safetensors(
        '{"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}',
        sixteen.subarray(0, 8),
      ),
    ],
    ['repeated metadata', safetensors('{"__metadata__":{},"__metadata__":{}}', new Uint8Array(0))],
    ['metadata that holds no strings', safetensors({ __metadata__: { a: 1 } }, new Uint8Array(0))],
    ['a hole', safetensors({ ...pair, b: entry('F32', [2], [12, 20]) }, new Uint8Array(20))],
    ['an overlap', safetensors({ ...pair, b: entry('F32', [2], [4, 12]) }, new Uint8Array(12))],
    ['bytes after the last tensor', safetensors(pair, new Uint8Array(20))],
    ['a file shorter than its tensors', safetensors(pair, new Uint8Array(12))],
    ['a negative offset', safetensors(one(entry('F32', [2], [-4, 4])), sixteen)],
    ['a fractional offset', safetensors('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0.5,8]}}', sixteen)],
    [
      'an offset written with an exponent',
      safetensors('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8e0]}}', sixteen.subarray(0, 8)),
    ],
    ['reversed offsets', safetensors(one(entry('F32', [2], [8, 0])), sixteen)],
    ['offsets past the end', safetensors(one(entry('F32', [2], [2 ** 40, 2 ** 40 + 8])), sixteen)],
    ['three offsets', safetensors(one(entry('F32', [2], [0, 8, 8])), sixteen)],
    ['one offset', safetensors(one(entry('F32', [2], [0])), sixteen)],
    ['a negative dimension', safetensors(one(entry('F32', [-2, -1], [0, 8])), sixteen.subarray(0, 8))],
    [
      'a shape that overflows 64 bits',
      safetensors(one(entry('F32', [2 ** 33, 2 ** 33], [0, 0])), new Uint8Array(0)),
    ],
    [
      'a dimension above 2^53',
      safetensors(
        '{"a":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,4]}}',
        sixteen.subarray(0, 4),
      ),
    ],
    [
      'nine dimensions',
      safetensors(one(entry('F32', [1, 1, 1, 1, 1, 1, 1, 1, 1], [0, 4])), sixteen.subarray(0, 4)),
    ],
    [
      'a size that does not fit the shape',
      safetensors(one(entry('F32', [3], [0, 8])), sixteen.subarray(0, 8)),
    ],
    ['an unknown dtype', safetensors(one(entry('Q7', [2], [0, 8])), sixteen.subarray(0, 8))],
    ['a dtype named like a method', safetensors(one(entry('toString', [2], [0, 8])), sixteen.subarray(0, 8))],
    ['a missing key', safetensors(one({ dtype: 'F32', shape: [2] }), sixteen.subarray(0, 8))],
    ['an unknown key', safetensors(one({ ...pair.a, extra: 1 }), sixteen.subarray(0, 8))],
    ['an entry that is no object', safetensors(one(null), sixteen)],
    ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n')],
  ];
  it.each(malformed)('%s', async (_what, file) => {
    await expect(readAll(file)).rejects.toMatchObject({ code: 'invalid-weights' });
  });

  it.each([
    ['F32', bytesOf(Float32Array.of(1, Number.NaN))],
    ['F32', bytesOf(Float32Array.of(Number.NEGATIVE_INFINITY, 1))],
    ['F16', bytesOf(Uint16Array.of(0x7c00, 0))],
    ['F16', bytesOf(Uint16Array.of(0, 0x7e00))],
    ['BF16', bytesOf(Uint16Array.of(0, 0xff80))],
    ['F64', bytesOf(Float64Array.of(1e300, 1))],
  ])('%s values that are not finite, naming the tensor', async (dtype, data) => {
    const file = safetensors({ 'layer.weight': entry(dtype, [2], [0, data.length]) }, data);
    await expect(readAll(file)).rejects.toMatchObject({
      code: 'model-nonfinite',
      message: expect.stringContaining('layer.weight'),
    });
  });

  it('integers where weights are needed', async () => {
    const file = safetensors({ ids: entry('I8', [2], [0, 2]) }, Uint8Array.of(1, 2));
    await expect(readAll(file)).rejects.toMatchObject({ code: 'unsupported-weights' });
  });

  it('any mutation is read or refused with an expected error', async () => {
    const honest = safetensors(
      { ...pair, c: entry('F16', [2], [16, 20]) },
      Buffer.concat([sixteen, Buffer.alloc(4)]),
    );
    const mutation = fc.record({
      at: fc.nat(honest.length - 1),
      remove: fc.nat(3),
      insert: fc.uint8Array({ maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
        let file = honest;
        for (const { at, remove, insert } of mutations) {
          file = Buffer.concat([file.subarray(0, at), insert, file.subarray(at + remove)]);
        }
        const before = process.memoryUsage().arrayBuffers;
        try {
          const values = await readAll(file);
          const elements = [...values.values()].reduce((sum, { length }) => sum + length, 0);
          expect(elements).toBeLessThanOrEqual(file.length);
        } catch (error) {
          expect(error).toBeInstanceOf(HeddleError);
        }
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
      }),
      { numRuns: 500 },
    );
  });
});
