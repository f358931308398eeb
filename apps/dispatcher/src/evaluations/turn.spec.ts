import { expect, it } from 'vitest';
import { Busy, Turn } from './turn.js';

const ALWAYS = Number.POSITIVE_INFINITY;

it('is one evaluation’s at a time, and then that of the one which came first', () => {
  const turn = new Turn();
  const giveBack = turn.take('a');
  for (const id of ['b', 'c', 'b', 'a']) expect(() => turn.take(id)).toThrow(Busy);
  giveBack();
  for (const id of ['a', 'c']) expect(() => turn.take(id)).toThrow(Busy);
  const ofB = turn.take('b');
  // Given back twice by the one before: it is not that one's any more.
  giveBack();
  expect(() => turn.take('a')).toThrow(Busy);
  ofB();
  turn.take('a')();
  turn.take('c')();
});

it('is over where it has lasted long enough and another one waits', () => {
  const turn = new Turn({ turn: 0, patience: ALWAYS });
  turn.take('a');
  expect(turn.isOver('a')).toBe(false);
  expect(() => turn.take('b')).toThrow(Busy);
  expect([turn.isOver('a'), turn.isOver('b')]).toEqual([true, false]);
  const short = new Turn({ turn: ALWAYS, patience: ALWAYS });
  short.take('a');
  expect(() => short.take('b')).toThrow(Busy);
  expect(short.isOver('a')).toBe(false);
});

it('is not kept for one that does not ask again', () => {
  const turn = new Turn({ turn: 0, patience: -1 });
  const giveBack = turn.take('a');
  expect(() => turn.take('b')).toThrow(Busy);
  expect(turn.isOver('a')).toBe(false);
  giveBack();
  turn.take('c')();
});
