import { HeddleError } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { Patience } from './patience.js';

const away = () => new HeddleError('overloaded', 'away');

function patience(maxMs: number) {
  const lease = new AbortController();
  const reports: string[] = [];
  const report = (error: HeddleError, what: string) => void reports.push(`${what}: ${error.message}`);
  return { lease, reports, wait: new Patience({ signal: lease.signal, maxMs, report, firstPauseMs: 10 }) };
}

describe('patience', () => {
  it('waits until what is away comes back, in growing pauses, and tells it once', async () => {
    const { wait, reports } = patience(10_000);
    const tries: number[] = [];
    const work = async () => {
      tries.push(performance.now());
      if (tries.length < 6) throw away();
      return 'done';
    };
    expect(await wait.until('artefact store', work)).toBe('done');
    // 10, 20, 40, 80, 160 ms
    expect(tries[5]! - tries[4]!).toBeGreaterThanOrEqual(155);
    expect(reports).toEqual(['artefact store: away']);
  });

  it.each([
    ['artefact store', 'artifacts-unavailable'],
    ['database', 'overloaded'],
  ] as const)('for the %s has an end', async (what, code) => {
    const { wait } = patience(300);
    const begin = performance.now();
    let tries = 0;
    const work = () => {
      tries++;
      return Promise.reject(away());
    };
    await expect(wait.until(what, work)).rejects.toMatchObject({ code });
    expect(performance.now() - begin).toBeGreaterThanOrEqual(295);
    // At 0, 10, 30, 70, 150 and 300 ms, and some more where timers come early.
    expect(tries).toBeLessThanOrEqual(10);
  });

  it('ends at once with the lease, and with any other error', async () => {
    const { wait, lease } = patience(60_000);
    const other = new Error('a bug');
    await expect(wait.until('database', () => Promise.reject(other))).rejects.toBe(other);
    const waiting = wait.until('database', () => Promise.reject(away()));
    setTimeout(() => lease.abort('lost'), 50);
    const begin = performance.now();
    await expect(waiting).rejects.toBe('lost');
    expect(performance.now() - begin).toBeLessThan(5_000);
  });
});
