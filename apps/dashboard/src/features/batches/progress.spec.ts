import { expect, it } from 'vitest';
import { doneOf, restMs } from './progress.js';

const counts = { total: 1_000, succeeded: 240, failed: 10, canceled: 0, expired: 0 };
const started_at = '2026-03-01T12:00:00Z';
const now = Date.parse('2026-03-01T12:00:30Z');

it('a batch goes on at its pace so far', () => {
  expect(doneOf({ counts })).toEqual({ done: 250, total: 1_000 });
  expect(restMs({ counts, started_at, completed_at: null }, now)).toBe(90_000);
});

it('nothing is estimated before the first line and after the last', () => {
  const none = { ...counts, succeeded: 0, failed: 0 };
  expect(restMs({ counts: none, started_at, completed_at: null }, now)).toBeNull();
  expect(restMs({ counts, started_at: null, completed_at: null }, now)).toBeNull();
  expect(restMs({ counts, started_at, completed_at: started_at }, now)).toBeNull();
});
