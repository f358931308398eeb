import { describe, expect, it } from 'vitest';
import { DEFAULT_SCHEDULE, delayAfter } from './schedule.js';

const STEPS = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
const SET = { steps: [1, 1, 2], isDefault: false };
const middle = () => 0.5;
const failure = (statusCode: number | null, retryAfterS: number | null = null, attempts = 1) => ({
  attempts,
  statusCode,
  retryAfterS,
});

describe('the retry schedule', () => {
  it('has nine steps, each 20 % shorter or longer', () => {
    for (const [index, step] of STEPS.entries()) {
      const delay = (random: number) =>
        delayAfter(failure(500, null, index + 1), DEFAULT_SCHEDULE, () => random)!;
      expect(delay(0)).toBeCloseTo(0.8 * step);
      expect(delay(0.5)).toBeCloseTo(step);
      expect(delay(0.999_999)).toBeCloseTo(1.2 * step, 0);
    }
    expect(delayAfter(failure(500, null, STEPS.length + 1), DEFAULT_SCHEDULE, middle)).toBeNull();
  });

  it.each([429, 502, 503, 504])('waits at least 60 s after %i', (status) => {
    expect(delayAfter(failure(status), DEFAULT_SCHEDULE, middle)).toBe(60);
    expect(delayAfter(failure(status, null, 2), DEFAULT_SCHEDULE, middle)).toBeCloseTo(300);
    expect(delayAfter(failure(status), SET, middle)).toBeCloseTo(1);
  });

  it.each([500, 410, 404, 302, null])('keeps to the step after %s', (status) => {
    expect(delayAfter(failure(status, 7), DEFAULT_SCHEDULE, middle)).toBeCloseTo(5);
  });

  it.each([429, 503])('obeys Retry-After of %i between the wait and twice the wait', (status) => {
    const delay = (
      retryAfterS: number,
      attempts = 1,
      schedule: typeof SET | typeof DEFAULT_SCHEDULE = DEFAULT_SCHEDULE,
    ) => delayAfter(failure(status, retryAfterS, attempts), schedule, () => 0);
    expect([0, 60, 90, 120, 3600].map((asked) => delay(asked))).toEqual([60, 60, 90, 120, 120]);
    expect([10, 400, 1e9].map((asked) => delay(asked, 2))).toEqual([300, 400, 600]);
    expect([0, 1.5, 60].map((asked) => delay(asked, 1, SET))).toEqual([1, 1.5, 2]);
    expect(delay(60, 4, SET)).toBeNull();
  });

  it.each([502, 504])('does not ask Retry-After of %i', (status) => {
    expect(delayAfter(failure(status, 100), DEFAULT_SCHEDULE, middle)).toBe(60);
  });
});
