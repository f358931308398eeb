import { describe, expect, it } from 'vitest';
import { testFolder } from '../../test/checkpoint-folder.js';
import { ops, pickle, Tuple } from '../../test/writers/pickle.js';
import { readTorchObject } from '../torch/read-torch-object.js';

const { folder } = testFolder();
const START = ops(0x80, 2);
const uint32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);

describe('a pickle is refused, fast and without much memory,', () => {
  it.each<[string, RegExp, Buffer]>([
    ['values on the stack', /more than 100000 values on the stack/, Buffer.alloc(200_000, ']')],
    ['marks', /more than 100000 marks/, Buffer.alloc(200_000, '(')],
    [
      'opcodes',
      /more than 4000000 opcodes/,
      Buffer.concat([ops('N'), Buffer.alloc(4_100_000, '20'), ops('.')]),
    ],
    [
      'lists 50,000 deep',
      /more than 32 containers inside one another/,
      Buffer.concat([Buffer.alloc(50_000, ']'), Buffer.alloc(49_999, 'a'), ops('.')]),
    ],
    [
      'tuples 50,000 deep',
      /more than 32 containers inside one another/,
      Buffer.concat([ops(')'), Buffer.alloc(50_000, 0x85), ops('.')]),
    ],
    ['depth in steps that each look harmless', /more than 32 containers inside one another/, deepInSteps()],
    [
      'lists',
      /more than 1000000 lists and tuples/,
      Buffer.concat([ops('N'), Buffer.alloc(2_400_000, ']0'), ops('.')]),
    ],
    [
      'dictionaries',
      /more than 100000 dictionaries and calls/,
      Buffer.concat([ops('N'), Buffer.alloc(240_000, '}0'), ops('.')]),
    ],
    // Each step holds the one before it twice: 2^30 values when unfolded.
    [
      'a billion laughs',
      /unfolds to more than 4000000 values/,
      Buffer.concat([ops(')'), Buffer.alloc(60, ops('2', 0x86)), ops('.')]),
    ],
    ['memo entries', /more than 1000000 memo entries/, memoBomb()],
    ['dictionaries of one list of pairs', /calls make too many dictionary entries/, pairBomb()],
    [
      'bytes of a text',
      /a string of 2000000 bytes/,
      ops('X', uint32(2_000_000), Buffer.alloc(2_000_000, 'a'), '.'),
    ],
  ])('for too much: %s', async (_what, message, bytes) => {
    const dir = await folder({ 'x.bin': Buffer.concat([START, bytes]) });
    const memory = process.memoryUsage().rss;
    const before = process.cpuUsage();
    await expect(readTorchObject(`${dir}/x.bin`)).rejects.toMatchObject({
      code: 'invalid-weights',
      message: expect.stringMatching(message),
    });
    // A safety requirement: bad input is refused within a second or two of the processor's time, whatever it is.
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(4000);
    expect(process.memoryUsage().rss - memory).toBeLessThan(512 * 1024 * 1024);
  });

  it('for more than 16 MiB', async () => {
    const dir = await folder({
      'x.bin': Buffer.concat([START, Buffer.alloc(17 * 1024 * 1024, '('), ops('N.')]),
    });
    await expect(readTorchObject(`${dir}/x.bin`)).rejects.toMatchObject({ code: 'invalid-weights' });
  });
});

/** A list of parts of 30 levels, each of which wraps the one before it. */
function deepInSteps(): Buffer {
  const step = ops('h', 0, Buffer.alloc(30, 0x85), 'q', 0, 'a');
  return Buffer.concat([ops(']Nq', 0, '0'), ...Array.from({ length: 20 }, () => step), ops('.')]);
}

function memoBomb(): Buffer {
  const count = 1_100_000;
  const bytes = Buffer.alloc(5 * count);
  for (let i = 0; i < count; i++) {
    bytes[5 * i] = 0x72;
    bytes.writeUInt32LE(i, 5 * i + 1);
  }
  return Buffer.concat([ops('N'), bytes, ops('.')]);
}

/** A list of 1000 pairs, and 50,000 calls that make a dictionary of it. */
function pairBomb(): Buffer {
  const pairs = Array.from({ length: 1000 }, (_, i) => new Tuple(`key${i}`, i));
  const list = pickle(pairs).subarray(2, -1);
  const calls = Buffer.alloc(5 * 50_000, ops('h', 1, 'h', 0, 'R0'));
  return Buffer.concat([
    list,
    ops(0x85, 'q', 0, '0ccollections\nOrderedDict\nq', 1, '0N'),
    Buffer.from(calls),
    ops('.'),
  ]);
}
