import type { Sequence } from '@heddle/deberta';
import type { OutputTensor, RunResult } from '@heddle/runtime';
import { expect, it } from 'vitest';
import { padded, split } from './tensors.js';

const sequence = (ids: number[], positions?: number[]) =>
  ({
    encoding: {
      ids: Int32Array.from(ids),
      length: ids.length,
      typeIds: new Uint8Array(ids.length).fill(1, 2),
    } as Sequence['encoding'],
    graph: 'main',
    outputs: ['out'],
    ...(positions && { positions: Int32Array.from(positions) }),
  }) satisfies Sequence;
const result = (out: Partial<OutputTensor>, nonFiniteRows: number[] = []): RunResult => {
  const size = out.dims!.reduce((product, dim) => product * dim, 1);
  const data = Float32Array.from({ length: size }, (_, i) => i);
  return { outputs: { out: { data, ...out } as OutputTensor }, nonFiniteRows, startedMs: 0, inferenceMs: 1 };
};
const two = [sequence([1, 5, 2]), sequence([1, 2])];

it('keeps what a sequence asks to keep', () => {
  const keep: Sequence['keep'] = ({ out }) => ({ first: { data: out!.data.slice(0, 1), shape: [1] } });
  const rows = split(result({ axes: ['batch', 2], dims: [2, 2] }), [{ ...two[0]!, keep }, two[1]!]);
  expect(rows.map(({ outputs }) => outputs)).toEqual([
    { first: { data: Float32Array.of(0), shape: [1] } },
    { out: { data: Float32Array.of(2, 3), shape: [2] } },
  ]);
});

it('pads sequences to the longest', () => {
  expect(padded([sequence([1, 5, 2], [1]), sequence([1, 2], [0, 1])], 512)).toEqual({
    inputIds: Int32Array.of(1, 5, 2, 1, 2, 0),
    attentionMask: Uint8Array.of(1, 1, 1, 1, 1, 0),
    typeIds: Uint8Array.of(0, 0, 1, 0, 0, 0),
    positions: Int32Array.of(0, 1, 1, 0, 1, 1),
    batch: 2,
    length: 3,
    outputs: ['out'],
  });
});

it.each<[string, (string | number)[], number[], [number[], number[]], [number[], number[]]]>([
  ['labels', ['batch', 2], [2, 2], [[0, 1], [2]], [[2, 3], [2]]],
  ['one number a token', ['batch', 'sequence'], [2, 3], [[0, 1, 2], [3]], [[3, 4], [2]]],
  [
    'labels of every token',
    ['batch', 'sequence', 2],
    [2, 3, 2],
    [
      [0, 1, 2, 3, 4, 5],
      [3, 2],
    ],
    [
      [6, 7, 8, 9],
      [2, 2],
    ],
  ],
  [
    'pairs of tokens',
    ['batch', 1, 'sequence', 'sequence'],
    [2, 1, 3, 3],
    [
      [0, 1, 2, 3, 4, 5, 6, 7, 8],
      [1, 3, 3],
    ],
    [
      [9, 10, 12, 13],
      [1, 2, 2],
    ],
  ],
])('splits %s and drops padding', (_, axes, dims, first, second) => {
  const rows = split(result({ axes, dims }), two);
  expect(rows.map(({ outputs }) => [[...outputs.out!.data], outputs.out!.shape])).toEqual([first, second]);
});

it('hands out the answers of chosen positions', () => {
  const sequences = [sequence([1, 5, 2], [1]), sequence([1, 2]), sequence([1, 2, 3], [0, 2])];
  const rows = split(result({ axes: ['positions', 2], dims: [3, 2] }), sequences);
  expect(rows.map(({ outputs }) => [...outputs.out!.data])).toEqual([[0, 1], [], [2, 3, 4, 5]]);
  expect(rows[2]!.outputs.out!.shape).toEqual([2, 2]);
});

it('says whose numbers are not finite', () => {
  expect(split(result({ axes: ['batch', 1], dims: [2, 1] }, [1]), two).map((row) => row.finite)).toEqual([
    true,
    false,
  ]);
});
