import { expect, it } from 'vitest';
import { placeAfter, within } from './keys.js';

const SIZE = { rows: 3, columns: 4 };

it.each([
  ['ArrowUp', { row: 0, column: 1 }],
  ['ArrowDown', { row: 2, column: 1 }],
  ['ArrowLeft', { row: 1, column: 0 }],
  ['ArrowRight', { row: 1, column: 2 }],
  ['Home', { row: 1, column: 0 }],
  ['End', { row: 1, column: 3 }],
  ['PageUp', { row: 0, column: 1 }],
  ['PageDown', { row: 2, column: 1 }],
  ['a', null],
])('%s leads from the middle to %o', (key, expected) => {
  expect(placeAfter({ row: 1, column: 1 }, key, SIZE)).toEqual(expected);
});

it('no key leads out', () => {
  expect(placeAfter({ row: 0, column: 0 }, 'ArrowUp', SIZE)).toEqual({ row: 0, column: 0 });
  expect(placeAfter({ row: 2, column: 3 }, 'ArrowRight', SIZE)).toEqual({ row: 2, column: 3 });
  expect(within({ row: 9, column: -1 }, SIZE)).toEqual({ row: 2, column: 0 });
});
