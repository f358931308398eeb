import { expect, it } from 'vitest';
import { piecesOf, toUtf16, unitOf } from './spans.js';

const TEXT = 'Zoë 🧵 São';

it.each([
  ['codepoint', [0, 3, 5, 9], [0, 3, 6, 10]],
  ['utf16', [0, 3, 6, 99], [0, 3, 6, 10]],
  ['byte', [0, 4, 9, 14], [0, 3, 6, 10]],
] as const)('offsets in %s become those of strings', (unit, offsets, expected) => {
  expect(toUtf16(TEXT, offsets, unit)).toEqual(expected);
});

it('keeps the order of the offsets that were asked for', () => {
  expect(toUtf16(TEXT, [9, 0, 5], 'codepoint')).toEqual([10, 0, 6]);
});

it('cuts a text into spans and what is between', () => {
  const spans = [
    { start: 6, end: 9, value: 'LOC' },
    { start: 0, end: 3, value: 'PER' },
    { start: 1, end: 2, value: 'within another' },
  ];
  expect(piecesOf(TEXT, spans, 'codepoint')).toEqual([
    { text: 'Zoë', start: 0, value: 'PER' },
    { text: ' 🧵 ', start: 3, value: null },
    { text: 'São', start: 7, value: 'LOC' },
  ]);
});

it('whatever the spans, the pieces are the text', () => {
  const spans = [
    { start: 4, end: 2, value: 1 },
    { start: 2, end: 99, value: 2 },
  ];
  const pieces = piecesOf(TEXT, spans, 'byte');
  expect(pieces.map(({ text }) => text).join('')).toBe(TEXT);
});

it('offsets are code points unless a parameter says otherwise', () => {
  expect([{}, { offsets: 'byte' }, { offsets: 'inch' }].map(unitOf)).toEqual([
    'codepoint',
    'byte',
    'codepoint',
  ]);
});
