import { describe, expect, it } from 'vitest';
import { createOutbox } from './outbox.js';

describe('outbox', () => {
  it('sends together what comes in one turn, and what comes while it sends', async () => {
    const sent: string[][] = [];
    const outbox = createOutbox(async (items) => {
      sent.push(items);
      await new Promise((resolve) => setTimeout(resolve, 5));
    });
    for (const item of ['a', 'b']) outbox.add([item]);
    while (sent.length === 0) await new Promise(setImmediate);
    for (const item of ['b', 'c', 'b']) outbox.add([item]);
    await outbox.whenEmpty();
    expect(sent).toEqual([
      ['a', 'b'],
      ['b', 'c'],
    ]);
  });

  it('strands nothing, at whatever moment it comes', async () => {
    for (let ticks = 0; ticks < 12; ticks++) {
      const sent: string[] = [];
      const outbox = createOutbox(async (items) => {
        sent.push(...items);
        if (items.includes('first')) void addAfter(ticks);
      });
      const addAfter = async (count: number) => {
        for (let i = 0; i < count; i++) await undefined;
        outbox.add(['second']);
      };
      outbox.add(['first']);
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(sent, `after ${ticks} ticks`).toEqual(['first', 'second']);
    }
  });
});
