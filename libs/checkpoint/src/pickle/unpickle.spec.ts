import { readFile } from 'node:fs/promises';
import { HeddleError } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { testFolder } from '../../test/checkpoint-folder.js';
import { Call, Global, ORDERED_DICT, ops, pickle, Tuple } from '../../test/writers/pickle.js';
import { torchLegacy, torchZip } from '../../test/writers/torch.js';
import { readTorchObject } from '../torch/read-torch-object.js';

const { folder } = testFolder();
const START = ops(0x80, 2);

async function load(...parts: (string | number | Buffer)[]): Promise<unknown> {
  const dir = await folder({ 'object.bin': ops(START, ...parts) });
  return readTorchObject(`${dir}/object.bin`);
}

async function codeOf(loading: Promise<unknown>): Promise<string> {
  try {
    await loading;
    return 'was read';
  } catch (error) {
    return error instanceof HeddleError ? error.code : String(error);
  }
}

const uint32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
const dictMap = new Map<string, unknown>([
  ['dict_map', [new Tuple('13', 4055), new Tuple('220', 3339)]],
  ['vocab', ['h e', 'Ġ t']],
  ['encoder', new Map([['!', 0]])],
  ['nothing', null],
  ['numbers', [1.5, -1, 2 ** 40, 2n ** 70n, true]],
]);
const plain = new Map<string, unknown>([
  [
    'dict_map',
    [
      ['13', 4055],
      ['220', 3339],
    ],
  ],
  ['vocab', ['h e', 'Ġ t']],
  ['encoder', new Map([['!', 0]])],
  ['nothing', null],
  ['numbers', [1.5, -1, 2 ** 40, 2n ** 70n, true]],
]);

describe('plain data', () => {
  it.each<[string, Buffer]>([
    ['a bare pickle', pickle(dictMap)],
    ['a torch zip', torchZip(new Map(), { dataPkl: pickle(dictMap) })],
    ['a torch non-zip file', torchLegacy(new Map(), { object: pickle(dictMap) })],
  ])('is read from %s', async (_what, file) => {
    const dir = await folder({ 'bpe_encoder.bin': file });
    expect(await readTorchObject(`${dir}/bpe_encoder.bin`)).toEqual(plain);
  });

  it.each<[string, (string | number | Buffer)[], unknown]>([
    ['None', ['N.'], null],
    ['True and False', [0x88, 0x89, 0x86, '.'], [true, false]],
    [
      'BININT1, BININT2, BININT',
      ['K', 200, 'M', 0x10, 0x27, 'J', 0xff, 0xff, 0xff, 0xff, 0x87, '.'],
      [200, 10_000, -1],
    ],
    [
      'LONG1: empty, negative, exact, large',
      [
        '(',
        0x8a,
        0,
        0x8a,
        1,
        0xff,
        0x8a,
        7,
        Buffer.from('ffffffffffff1f', 'hex'),
        0x8a,
        8,
        Buffer.from('0000000000002000', 'hex'),
        't.',
      ],
      [0, -1, 2 ** 53 - 1, 2n ** 53n],
    ],
    ['LONG4', [0x8b, uint32(2), 0x00, 0x01, '.'], 256],
    ['text numbers', ['(I12\nI01\nL-5L\nF-1.5e2\nt.'], [12, true, -5, -150]],
    ['BINFLOAT', ['G', Buffer.from('3ff8000000000000', 'hex'), '.'], 1.5],
    ['texts', ['X', uint32(2), 'hi', 'U', 1, 'a', 'T', uint32(1), 'b', 0x87, '.'], ['hi', 'a', 'b']],
    [
      'short and long texts of protocol 4',
      [
        0x95,
        Buffer.alloc(8),
        0x8c,
        2,
        Buffer.from('é'),
        0x8d,
        Buffer.from(BigUint64Array.of(1n).buffer),
        'x',
        0x86,
        '.',
      ],
      ['é', 'x'],
    ],
    ['LIST and DICT', ['(K', 1, 'l(U', 1, 'a', 'K', 2, 'd', 0x86, '.'], [[1], new Map([['a', 2]])]],
    ['APPEND and SETITEM', [']K', 1, 'a}U', 1, 'k', 'N', 's', 0x86, '.'], [[1], new Map([['k', null]])]],
    ['POP, POP_MARK, DUP', ['K', 1, 'K', 2, '0(K', 3, '12', 0x86, '.'], [1, 1]],
    ['POP of a mark', ['K', 1, '(0.'], 1],
    [
      'memo of every width',
      ['K', 7, 'q', 0, 'r', uint32(300), 'p5\n', 'h', 0, 'j', uint32(300), 'g5\n', 0x87, 0x86, '.'],
      [7, [7, 7, 7]],
    ],
    ['MEMOIZE', ['K', 7, 0x94, 'K', 8, 0x94, 'h', 0, 'h', 1, 0x87, 0x86, '.'], [7, [8, 7, 8]]],
    [
      'a repeated key: the last counts',
      ['}(U', 1, 'a', 'K', 1, 'U', 1, 'a', 'K', 2, 'u.'],
      new Map([['a', 2]]),
    ],
    ['__proto__ as an ordinary key', ['}U', 9, '__proto__', 'K', 1, 's.'], new Map([['__proto__', 1]])],
    [
      'OrderedDict by names on the stack',
      [0x8c, 11, 'collections', 0x8c, 11, 'OrderedDict', 0x93, ')R.'],
      new Map(),
    ],
    ['OrderedDict with state', ['ccollections\nOrderedDict\n)R}b.'], new Map()],
    [
      'OrderedDict of Python 2',
      ['ccollections\nOrderedDict\n(](](U', 1, 'a', 'K', 1, 'eetR.'],
      new Map([['a', 1]]),
    ],
    ['torch.Size', ['ctorch\nSize\n(K', 2, 'K', 3, 't', 0x85, 'R.'], [2, 3]],
  ])('%s', async (_what, parts, expected) => {
    expect(await load(...parts)).toEqual(expected);
  });

  it("reads Microsoft's tokenizer tables", async () => {
    const path = new URL(
      '../../../../../shared/fixtures/tokenizers/v1-bpe-encoder-bin/bpe_encoder.bin',
      import.meta.url,
    );
    const found = await readFile(path).catch(() => undefined);
    if (found === undefined) return console.log('not run: ../shared/fixtures is missing');
    const tables = await readTorchObject(path.pathname);
    expect(tables).toBeInstanceOf(Map);
    expect([...(tables as Map<string, unknown>).keys()]).toEqual(['dict_map', 'vocab', 'encoder']);
  });

  it('is not what a file with tensors holds', async () => {
    const object = pickle(new Map([['dtype', new Global('torch', 'float16')]]));
    const dir = await folder({ 'x.bin': torchZip(new Map(), { dataPkl: object }) });
    expect(await codeOf(readTorchObject(`${dir}/x.bin`))).toBe('unsupported-weights');
  });
});

describe('code', () => {
  it.each<[string, (string | number | Buffer)[]]>([
    ['GLOBAL of a function', ['cposix\nsystem\n(X', uint32(2), 'id', 'tR.']],
    ['GLOBAL that is never called', ['cbuiltins\neval\n.']],
    ['a global of torch that is no constructor', ['ctorch.hub\nload\n.']],
    ['a global under an allowed module', ['ccollections\nCounter\n.']],
    ['a global whose name leads on', ['ccollections\nOrderedDict.__class__\n.']],
    ['a global named like a property of objects', ['c__proto__\nconstructor\n.']],
    ['STACK_GLOBAL', [0x8c, 5, 'posix', 0x8c, 6, 'system', 0x93, '.']],
    ['INST', ['(iposix\nsystem\n.']],
    ['OBJ', ['(cposix\nsystem\no.']],
    ['NEWOBJ', ['ccollections\nOrderedDict\n)', 0x81, '.']],
    ['NEWOBJ_EX', ['ccollections\nOrderedDict\n)}', 0x92, '.']],
    ['EXT1', [0x82, 1, '.']],
    ['EXT2', [0x83, 1, 0, '.']],
    ['EXT4', [0x84, uint32(1), '.']],
    ['BUILD on a name', ['ccollections\nOrderedDict\n}b.']],
    ['BUILD on a list', [']}b.']],
    ['REDUCE of a text', ['U', 1, 'a', ')R.']],
    ['REDUCE of a result', ['ccollections\nOrderedDict\n)R)R.']],
    ['REDUCE of a dtype', ['ctorch\nfloat32\n)R.']],
    ['REDUCE of a storage type', ['ctorch\nFloatStorage\n)R.']],
  ])('%s is refused', async (_what, parts) => {
    expect(await codeOf(load(...parts))).toBe('unsafe-pickle');
  });

  it('is refused in a tuple, a key and an argument as well', async () => {
    const evil = new Global('os', 'system');
    for (const value of [new Tuple(evil), new Map([[evil, 1]]), new Call(ORDERED_DICT, evil), [[[evil]]]]) {
      const dir = await folder({ 'x.bin': pickle(value) });
      expect(await codeOf(readTorchObject(`${dir}/x.bin`))).toBe('unsafe-pickle');
    }
  });
});

describe('malformed pickles', () => {
  it.each<[string, (string | number | Buffer)[]]>([
    ['nothing', []],
    ['no end', ['N']],
    ['bytes after the end', ['N.N']],
    ['an empty stack at the end', ['.']],
    ['two values at the end', ['NN.']],
    ['a mark at the end', ['N(.']],
    ['an opcode nobody knows', ['~.']],
    ['an opcode of other formats', ['S', "'a'\n."]],
    ['a protocol nobody knows', [0x80, 9, 'N.']],
    ['REDUCE on an empty stack', ['R.']],
    ['values below a mark', ['K', 1, '(', 0x85, '.']],
    ['TUPLE without a mark', ['K', 1, 't.']],
    ['APPEND to a tuple', [')K', 1, 'a.']],
    ['APPENDS to a dictionary', ['}(K', 1, 'e.']],
    ['SETITEM on a list', [']K', 1, 'K', 1, 's.']],
    ['a key without a value', ['}(K', 1, 'u.']],
    ['a list as a key', ['}]Ns.']],
    ['None as a key', ['}NNs.']],
    ['a memo entry that was never stored', ['h', 5, '.']],
    ['a negative memo index', ['Np-1\n.']],
    ['arguments that are no tuple', ['ccollections\nOrderedDict\n]R.']],
    ['an OrderedDict of numbers', ['ccollections\nOrderedDict\n](K', 1, 'e', 0x85, 'R.']],
    ['a text longer than the pickle', ['X', uint32(2 ** 32 - 1), 'a.']],
    ['a text of 2^63 bytes', [0x8d, Buffer.from(BigUint64Array.of(2n ** 63n).buffer), 'a.']],
    ['a text that is not UTF-8', ['U', 1, 0xff, '.']],
    ['an integer of 255 bytes', [0x8a, 255, Buffer.alloc(255), '.']],
    ['an integer of 2^32 bytes', [0x8b, uint32(2 ** 32 - 1), '.']],
    ['an integer that is none', ['Ix\n.']],
    ['a float that is none', ['Fnan\n.']],
    ['a line without an end', ['I', '1'.repeat(10_000), '.']],
    ['a storage in a bare pickle', ['NQ.']],
    ['names that are numbers', ['K', 1, 'K', 2, 0x93, '.']],
    ['a tensor without a storage', ['ctorch._utils\n_rebuild_tensor_v2\n)R.']],
    ['a parameter without a tensor', ['ctorch._utils\n_rebuild_parameter\n)R.']],
    ['a list that holds itself', [']q', 0, 'h', 0, 'a.']],
    ['a dictionary that holds itself', ['}q', 0, 'U', 1, 'a', 'h', 0, 's.']],
  ])('%s', async (_what, parts) => {
    expect(await codeOf(load(...parts))).toBe('invalid-weights');
  });
});
