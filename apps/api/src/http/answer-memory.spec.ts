import { EventEmitter } from 'node:events';
import { LIMITS } from '@heddle/contracts';
import type { FastifyReply } from 'fastify';
import { describe, expect, it } from 'vitest';
import { AnswerMemory } from './answer-memory.js';

const HALF = LIMITS.maxAnswerBytesInFlight / 2;

/** A large answer that is asked for; `end` when it was sent. */
function ask(memory: AnswerMemory, tenantId: string, bytes: number) {
  const raw = Object.assign(new EventEmitter(), {
    closed: false,
    destroyed: false,
    destroy: () => undefined,
  });
  const state = { admitted: false, end: () => raw.emit('close') };
  void memory
    .admission(
      { raw } as unknown as FastifyReply,
      tenantId,
    )(bytes)
    .then(() => {
      state.admitted = true;
    });
  return state;
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('AnswerMemory', () => {
  it('holds a tenant to half, and lets others pass it', async () => {
    const memory = new AnswerMemory();
    const asked = [ask(memory, 'a', HALF), ask(memory, 'a', 1_000_000), ask(memory, 'b', HALF)];
    await settled();
    expect(asked.map(({ admitted }) => admitted)).toEqual([true, false, true]);
    asked[2]!.end();
    asked[0]!.end();
    await settled();
    expect(asked[1]!.admitted).toBe(true);
    asked[1]!.end();
  });

  it('admits one that is larger than everything where nothing else is, and keeps the order', async () => {
    const memory = new AnswerMemory();
    const asked = [ask(memory, 'a', 3 * HALF), ask(memory, 'b', 2 * HALF), ask(memory, 'c', 1_000_000)];
    await settled();
    expect(asked.map(({ admitted }) => admitted)).toEqual([true, false, false]);
    asked[0]!.end();
    await settled();
    expect(asked.map(({ admitted }) => admitted)).toEqual([true, true, false]);
    asked[1]!.end();
    await settled();
    expect(asked[2]!.admitted).toBe(true);
    asked[2]!.end();
  });
});
