import { describe, expect, it } from 'vitest';
import type { Answer } from './answers.js';
import { compare, keep, spreadOf } from './compare.js';
import { GATE, passes } from './gate.js';

const choice = (probabilities: number[], tie?: number): Answer => ({
  kind: 'choice',
  probabilities,
  ...(tie === undefined ? {} : { tie }),
});
const value = (number: number): Answer => ({ kind: 'value', value: number });
const vector = (...numbers: number[]): Answer => ({ kind: 'vector', vector: Float32Array.from(numbers) });
const between = (want: Answer, got: Answer, spread = 1) => compare(keep(want), got, spread);

describe('answers are compared', () => {
  it('as choices: by the likeliest class, and by the probability that moved most', () => {
    expect(between(choice([0.2, 0.7, 0.1]), choice([0.3, 0.6, 0.1]))).toEqual({
      same: true,
      difference: expect.closeTo(0.1, 10),
    });
    expect(between(choice([0.5, 0.4, 0.1]), choice([0.44, 0.46, 0.1]))).toEqual({
      same: false,
      difference: expect.closeTo(0.06, 10),
    });
    // The first of equals is the one.
    expect(between(choice([0.5, 0.5]), choice([0.5, 0.5])).same).toBe(true);
    expect(between(choice([0.5, 0.5]), choice([0.4, 0.6])).same).toBe(false);
  });

  it('as words: those that are about as good are the same decision', () => {
    const words = choice([0.1, 0.095, 0.08, 0.725 / 2], 0.01);
    expect(between(words, choice([0.1, 0.095, 0.08, 0.09])).same).toBe(false);
    const close = choice([0.1, 0.095, 0.08], 0.01);
    expect(between(close, choice([0.09, 0.1, 0.08])).same).toBe(true);
    expect(between(close, choice([0.09, 0.08, 0.1])).same).toBe(false);
    expect(between(choice([0.1, 0.095, 0.08]), choice([0.09, 0.1, 0.08])).same).toBe(false);
  });

  it('in a large vocabulary: by the likeliest of its words', () => {
    const many = Array.from({ length: 1000 }, (_, i) => (i === 500 ? 0.5 : 0.5 / 999));
    // One of the unlikely ones, which is not among those that are kept.
    const other = many.with(500, 0.1).with(999, 0.4);
    expect(between(choice(many, 0.01), choice(other))).toEqual({
      same: false,
      difference: expect.closeTo(0.4, 10),
    });
  });

  it('as values: relative to how far all of them lie apart', () => {
    expect(between(value(2), value(2.05), 1)).toEqual({ same: true, difference: expect.closeTo(0.05, 10) });
    expect(between(value(2), value(2.05), 0.1)).toEqual({ same: false, difference: expect.closeTo(0.5, 10) });
    expect(spreadOf([value(1), value(3), vector(9)].map(keep))).toBe(1);
    expect(spreadOf([value(4), value(4)].map(keep))).toBe(1);
    expect(spreadOf([])).toBe(1);
  });

  it('as vectors: by their angle', () => {
    expect(between(vector(1, 0), vector(2, 0))).toEqual({ same: true, difference: 0 });
    expect(between(vector(1, 0), vector(0, 1))).toEqual({ same: false, difference: 1 });
    expect(between(vector(1, 0), vector(1, 0.1)).same).toBe(true);
    expect(between(vector(1, 0), vector(1, 0.2)).same).toBe(false);
    expect(between(vector(0, 0), vector(0, 0))).toEqual({ same: true, difference: 0 });
    expect(between(vector(0, 0), vector(1, 0)).same).toBe(false);
  });
});

it.each([
  [0.995, 0.01, true],
  [0.9949, 0.001, false],
  [1, 0.0101, false],
  [Number.NaN, 0, false],
  [1, Number.NaN, false],
])('%s of the decisions with a mean difference of %s: %s', (same_decisions, mean_difference, passed) => {
  expect(passes({ same_decisions, mean_difference }, GATE)).toBe(passed);
});
