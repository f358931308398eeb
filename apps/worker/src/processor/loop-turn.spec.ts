import { describe, expect, it } from 'vitest';
import { inLoopTurn } from './loop-turn.js';

const PIECES = 60;
const PIECE_MS = 2;
/** Pieces that begin before a turn's 5 ms are over. */
const PIECES_A_TURN = 3;

function busy(): void {
  const end = performance.now() + PIECE_MS;
  while (performance.now() < end);
}

describe('inLoopTurn', () => {
  it('lets the event loop turn between pieces that came at the same time, in their order', async () => {
    const done: number[] = [];
    let turns = 0;
    const count = () => {
      turns++;
      if (done.length < PIECES) setImmediate(count);
    };
    setImmediate(count);
    const pieces = Array.from({ length: PIECES }, (_, i) =>
      inLoopTurn(() => {
        busy();
        done.push(i);
        return i;
      }),
    );
    const order = Array.from({ length: PIECES }, (_, i) => i);
    expect(await Promise.all(pieces)).toEqual(order);
    expect(done).toEqual(order);
    expect(turns).toBeGreaterThanOrEqual(PIECES / PIECES_A_TURN - 1);
  });

  it('begins a lone piece at once', async () => {
    await new Promise((resolve) => setImmediate(resolve));
    let begun = false;
    const ended = inLoopTurn(() => {
      begun = true;
    });
    expect(begun).toBe(true);
    await ended;
  });

  it('hands on what a piece throws, and goes on with the others', async () => {
    const failed = inLoopTurn(() => {
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await expect(inLoopTurn(() => Promise.reject(new Error('later')))).rejects.toThrow('later');
    expect(await inLoopTurn(() => Promise.resolve(7))).toBe(7);
  });
});
