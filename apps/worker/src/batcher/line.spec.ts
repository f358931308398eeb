import { expect, it } from 'vitest';
import { type InLine, Line } from './line.js';

const FLOW = { priority: 1, tenantId: 'a' };
const entry = (n: number) => ({ n, isWaiting: false });

it('is first in, first out, also when some have left', () => {
  const line = new Line<ReturnType<typeof entry>>(FLOW);
  const entries = Array.from({ length: 10 }, (_, n) => entry(n));
  for (const each of entries) line.push(each);
  expect(line.shift().n).toBe(0);
  for (const n of [1, 4, 9]) line.leave(entries[n]!);
  expect([...line].map(({ n }) => n)).toEqual([2, 3, 5, 6, 7, 8]);
  line.unshift(entries[0]!);
  line.push(entries[4]!);
  const order: number[] = [];
  while (!line.isEmpty) order.push(line.shift().n);
  expect(order).toEqual([0, 2, 3, 5, 6, 7, 8, 4]);
  expect(entries.some(({ isWaiting }) => isWaiting)).toBe(false);
});

it.each([
  ['the first one first', (entries: InLine[]) => entries],
  ['the last one first', (entries: InLine[]) => entries.toReversed()],
  ['from the middle', (entries: InLine[]) => entries.slice(entries.length / 2)],
])('looks at few entries for each that leaves: %s', (_, order) => {
  const line = new Line<InLine>(FLOW);
  let looks = 0;
  const counted = (): InLine => {
    let isWaiting = false;
    return {
      get isWaiting() {
        looks++;
        return isWaiting;
      },
      set isWaiting(value) {
        isWaiting = value;
      },
    };
  };
  const entries = Array.from({ length: 10_000 }, counted);
  for (const each of entries) line.push(each);
  const leavers = order(entries);
  for (const leaver of leavers) line.leave(leaver);
  if (!line.isEmpty) line.shift();
  expect(looks).toBeLessThan(4 * entries.length);
});
