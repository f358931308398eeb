import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, type Copy, toDrop } from './to-drop.js';

const copy = (version: string, usedAt: number, bytes = 10): Copy => ({
  version,
  graph: 'main',
  bytes,
  usedAt,
});
const versionsOf = (copies: Copy[]) => copies.map(({ version }) => version);

describe('toDrop', () => {
  const copies = [copy('new', 3), copy('old', 1), copy('middle', 2)];

  it('drops the least recently used first, as many as are needed and the margin asks for', () => {
    const drop = (excess: number, margin: number) =>
      versionsOf(toDrop(copies, { excess, margin, isWarm: () => false, awaited: new Set() }));
    expect(drop(0, 20)).toEqual([]);
    expect(drop(1, 0)).toEqual(['old']);
    expect(drop(10, 0)).toEqual(['old']);
    expect(drop(10, 1)).toEqual(['old', 'middle']);
    expect(drop(1000, 0)).toEqual(['old', 'middle', 'new']);
  });

  it('keeps what is warm, and what is awaited as long as the rest is enough', () => {
    const drop = (excess: number) =>
      versionsOf(
        toDrop(copies, {
          excess,
          margin: 20,
          isWarm: (version) => version === 'middle',
          awaited: new Set(['old']),
        }),
      );
    expect(drop(10)).toEqual(['new']);
    expect(drop(11)).toEqual(['new', 'old']);
    expect(drop(1000)).toEqual(['new', 'old']);
  });

  it('holds for whatever is loaded', () => {
    const any = fc.record({
      usedAt: fc.integer({ min: 0, max: 20 }),
      bytes: fc.integer({ min: 1, max: 100 }),
      state: fc.constantFrom('quiet', 'awaited', 'warm'),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), fc.nat(400), fc.nat(100), (list, excess, margin) => {
        const states = new Map(list.map(({ state }, i) => [`v${i}`, state]));
        const awaited = new Set([...states.keys()].filter((version) => states.get(version) === 'awaited'));
        const all = list.map(({ usedAt, bytes }, i) => copy(`v${i}`, usedAt, bytes));
        const is = (state: string) => (version: string) => states.get(version) === state;
        const dropped = toDrop(all, { excess, margin, isWarm: is('warm'), awaited });
        const kept = all.filter((each) => !dropped.includes(each));
        const part = (from: Copy[], state: string) => from.filter(({ version }) => is(state)(version));
        const droppable = bytesOf(all) - bytesOf(part(all, 'warm'));

        expect(new Set(dropped).size).toBe(dropped.length);
        expect(part(dropped, 'warm')).toEqual([]);
        if (excess === 0) expect(dropped).toEqual([]);
        else expect(bytesOf(dropped)).toBeGreaterThanOrEqual(Math.min(excess, droppable));
        if (part(dropped, 'awaited').length > 0) {
          expect(part(kept, 'quiet')).toEqual([]);
          // None of them could have stayed.
          expect(bytesOf(dropped.slice(0, -1))).toBeLessThan(excess);
        }
        for (const state of ['quiet', 'awaited']) {
          const newest = Math.max(...part(dropped, state).map(({ usedAt }) => usedAt));
          for (const { usedAt } of part(kept, state)) expect(usedAt).toBeGreaterThanOrEqual(newest);
        }
        if (dropped.length > 0) expect(bytesOf(dropped.slice(0, -1))).toBeLessThan(excess + margin);
      }),
    );
  });
});
