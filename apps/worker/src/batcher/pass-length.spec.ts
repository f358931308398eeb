import { expect, it } from 'vitest';
import { PassLength } from './pass-length.js';

function setup(mostMs = 25) {
  const clock = { now: 0 };
  const length = new PassLength(mostMs, () => clock.now);
  // 10 tokens a millisecond.
  length.measured('slow', 1_000, 100);
  return { clock, length };
}

it('leaves the budget to a tenant alone', () => {
  const { length } = setup();
  for (let i = 0; i < 3; i++) length.saw('a');
  expect(length.within(1_024, 'slow')).toBe(1_024);
});

it('keeps passes short from when another tenant comes until ten seconds after the last change', () => {
  const { clock, length } = setup();
  length.saw('a');
  length.saw('b');
  expect(length.within(1_024, 'slow')).toBe(250);
  clock.now = 9_000;
  length.saw('a');
  clock.now = 18_000;
  length.saw('a');
  expect(length.within(1_024, 'slow')).toBe(250);
  clock.now = 19_000;
  expect(length.within(1_024, 'slow')).toBe(1_024);
});

it('goes by the pace of the kind, as it is lately, and never beyond the budget', () => {
  const { length } = setup();
  length.saw('a');
  length.saw('b');
  expect(length.within(1_024, 'never ran')).toBe(1_024);
  for (let i = 0; i < 50; i++) length.measured('slow', 1_000, 50);
  expect(length.within(1_024, 'slow')).toBeCloseTo(500, 0);
  for (let i = 0; i < 50; i++) length.measured('slow', 1_000, 1);
  expect(length.within(1_024, 'slow')).toBe(1_024);
});

it('remembers the pace of so many kinds only', () => {
  const { length } = setup();
  length.saw('a');
  length.saw('b');
  for (let i = 0; i < 4_096; i++) length.measured(`kind ${i}`, 1_000, 100);
  expect(length.within(1_024, 'slow')).toBe(1_024);
  expect(length.within(1_024, 'kind 4095')).toBe(250);
});

it('keeps nothing short where it is told so', () => {
  const { length } = setup(0);
  length.saw('a');
  length.saw('b');
  expect(length.within(1_024, 'slow')).toBe(1_024);
});
