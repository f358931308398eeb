import { expect, it } from 'vitest';
import { Turns } from './turns.js';

const TURN_MS = 5;
const STEPS = 12;
const SLICE_MS = 1;

it('however many steps work, the process comes to its events between two turns', async () => {
  const until = performance.now() + 1_000;
  const done: number[] = [];
  const step = async (index: number) => {
    const turns = new Turns();
    while (performance.now() < until) {
      const turn = turns.next();
      if (turn) await turn;
      const end = performance.now() + SLICE_MS;
      while (performance.now() < end);
      done[index] = (done[index] ?? 0) + 1;
    }
  };
  // How many slices are worked between two events.
  const between: number[] = [];
  let isOver = false;
  let last = 0;
  const look = () => {
    const all = done.reduce((sum, count) => sum + (count ?? 0), 0);
    between.push(all - last);
    last = all;
    if (!isOver) setImmediate(look);
  };
  const working = Promise.all(Array.from({ length: STEPS }, (_, i) => step(i)));
  setImmediate(look);
  await working;
  isOver = true;
  // The first of each comes before any turn.
  expect(Math.max(...between.slice(2))).toBeLessThanOrEqual(TURN_MS / SLICE_MS + 1);
  // All get on alike.
  expect(Math.max(...done) - Math.min(...done)).toBeLessThanOrEqual(3 * (TURN_MS / SLICE_MS + 1));
});
