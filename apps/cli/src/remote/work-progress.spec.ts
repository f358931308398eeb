import { describe, expect, it } from 'vitest';
import { WorkProgress, type WorkState } from './work-progress.js';

/** A batch of which so many lines have succeeded and failed. */
const batch = (status: string, succeeded = 0, total = 1_000, failed = 0): WorkState => ({
  status,
  total,
  done: succeeded + failed,
  failed,
});
function progressOf(isTerminal: boolean) {
  const written: string[] = [];
  const progress = new WorkProgress('lines', (text) => written.push(text), isTerminal);
  return { progress, written };
}

describe('progress of work', () => {
  it('is a bar with the time that is left, on a terminal', () => {
    const { progress, written } = progressOf(true);
    progress.show(batch('validating', 0, 0), 0);
    progress.show(batch('running'), 1_000);
    progress.show(batch('running', 100), 2_000);
    progress.show(batch('running', 500, 1_000, 3), 12_000);
    progress.show(batch('running', 500, 1_000, 3), 12_000);
    progress.show(batch('finalizing', 997, 1_000, 3), 22_000);
    progress.end();
    expect(written).toEqual([
      '\rvalidating\u001b[K',
      '\r[........................]   0 % running: 0 of 1000 lines\u001b[K',
      '\r[##......................]  10 % running: 100 of 1000 lines, about 18 s left\u001b[K',
      '\r[############............]  50 % running: 503 of 1000 lines, 3 failed, about 12 s left\u001b[K',
      '\r[########################] 100 % finalizing: 1000 of 1000 lines, 3 failed\u001b[K',
      '\n',
    ]);
  });

  it('is a line now and then elsewhere', () => {
    const { progress, written } = progressOf(false);
    for (let second = 0; second <= 30; second++)
      progress.show(batch('running', second * 10, 100_000), second * 1_000);
    progress.show(batch('succeeded', 100_000, 100_000), 31_000);
    progress.end();
    expect(written).toEqual([
      'running: 0 of 100000 lines\n',
      'running: 100 of 100000 lines, about 2 h 47 min left\n',
      'running: 200 of 100000 lines, about 2 h 47 min left\n',
      'running: 300 of 100000 lines, about 2 h 47 min left\n',
      'succeeded: 100000 of 100000 lines\n',
    ]);
  });

  it('goes by the speed of the last minute', () => {
    const { progress, written } = progressOf(true);
    for (let second = 0; second <= 300; second++)
      progress.show(
        batch('running', second < 200 ? second : 200 + (second - 200) * 10, 10_000),
        second * 1_000,
      );
    // 8,800 lines are left, ten a second.
    expect(written.at(-1)).toContain('about 15 min left');
  });
});
