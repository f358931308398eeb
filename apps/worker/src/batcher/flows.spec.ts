import { SHADOW_RANK } from '@heddle/contracts';
import type { Sequence } from '@heddle/deberta';
import { describe, expect, it } from 'vitest';
import { Batcher, type ForwardPass } from './batcher.js';

/** A batcher over one engine that is busy until `next` is called. */
function busy({
  maxTokens = 512,
  competingPassMs = 0,
  inferenceMs = 1,
  hasSpare = (): boolean => true,
} = {}) {
  const passes: { lengths: number[]; end: () => void }[] = [];
  let running = false;
  const batcher = new Batcher({
    budget: () => maxTokens,
    competingPassMs,
    canStart: () => !running,
    hasSpare,
    endsAttempt: () => false,
    run: (_version, sequences) =>
      new Promise<ForwardPass>((resolve) => {
        const rows = sequences.map(() => ({ outputs: {}, finite: true }));
        running = true;
        const end = () => {
          running = false;
          resolve({
            rows: () => rows,
            pid: 1,
            startedMs: 0,
            inferenceMs,
            paddedLength: Math.max(...sequences.map(({ encoding }) => encoding.length)),
          });
        };
        passes.push({ lengths: sequences.map(({ encoding }) => encoding.length), end });
      }),
  });
  const submit = (tenantId: string, length = 16, priority = 1) => {
    const encoding = { length } as Sequence['encoding'];
    const sequence: Sequence = { encoding, graph: 'main', outputs: ['logits'] };
    const { signal } = new AbortController();
    void batcher.submit('v', sequence, { flow: { tenantId, priority }, alone: false, signal });
  };
  submit('first', 512);
  batcher.pump();
  /** Ends the pass that runs; the lengths of the next one. */
  const next = async () => {
    passes.at(-1)!.end();
    await new Promise(setImmediate);
    return passes.at(-1)!.lengths;
  };
  return { submit, next };
}

describe('Batcher, with several flows', () => {
  it('has whoever waits behind a flood of another in the next pass', async () => {
    const { submit, next } = busy();
    for (let i = 0; i < 1000; i++) submit('flood', 512);
    submit('other', 11);
    expect(await next()).toEqual([512]);
    expect(await next()).toEqual([11]);
    expect(await next()).toEqual([512]);
  });

  it('fills a pass with company of every flow, the one that has had least first', async () => {
    const { submit, next } = busy({ maxTokens: 64 });
    for (let i = 0; i < 1000; i++) submit('flood', 16);
    submit('other', 15);
    submit('other', 15);
    submit('third', 14);
    expect(await next()).toEqual([16, 15, 14, 16]);
    expect(await next()).toEqual([15, 16, 16, 16]);
  });

  it('serves tenants alike by tokens, and priorities 16:4:1, over many passes', async () => {
    const { submit, next } = busy({ maxTokens: 512 });
    // The length tells whose it is.
    const flows = [
      { length: 500, tenant: 'a', priority: 1, weight: 2 },
      { length: 16, tenant: 'b', priority: 1, weight: 2 },
      { length: 64, tenant: 'a', priority: 0, weight: 16 },
      { length: 90, tenant: 'a', priority: 2, weight: 1 },
    ];
    const tokens = new Map(flows.map(({ length }) => [length, 0]));
    for (const { length, tenant, priority } of flows) {
      for (let i = 0; i < 2_000; i++) submit(tenant, length, priority);
    }
    for (let i = 0; i < 150; i++) {
      for (const length of await next()) tokens.set(length, tokens.get(length)! + length);
    }
    const total = [...tokens.values()].reduce((sum, count) => sum + count, 0);
    for (const { length, weight } of flows) {
      const share = tokens.get(length)! / total;
      expect(share).toBeGreaterThan((weight / 21) * 0.75);
      expect(share).toBeLessThan((weight / 21) * 1.25);
    }
  });

  it('starves nobody of a priority whose others always come along with a higher one', async () => {
    const { submit, next } = busy({ maxTokens: 512 });
    // More than a pass holds, topped up: they ride with every pass that the urgent ones lead.
    for (let i = 0; i < 200; i++) submit('many', 16);
    submit('long', 500);
    for (let passes = 1; ; passes++) {
      submit('urgent', 15, 0);
      const lengths = await next();
      if (lengths.includes(500)) break;
      for (const _ of lengths) submit('many', 16);
      expect(passes).toBeLessThan(20);
    }
  });

  it('lets the first of a flow lead although those behind it come along with others', async () => {
    const { submit, next } = busy({ maxTokens: 512 });
    submit('mixed', 500);
    for (let i = 0; i < 200; i++) submit('mixed', 16);
    for (let passes = 1; ; passes++) {
      submit('urgent', 15, 0);
      if ((await next()).includes(500)) break;
      expect(passes).toBeLessThan(20);
    }
  });

  it('gives no credit to a newcomer for what others had by coming along', async () => {
    const { submit, next } = busy({ maxTokens: 512 });
    for (let i = 0; i < 2_000; i++) submit('many', 16);
    for (let i = 0; i < 40; i++) {
      submit('urgent', 15, 0);
      await next();
    }
    for (let i = 0; i < 20; i++) submit('new', 500);
    const passes: number[][] = [];
    for (let i = 0; i < 10; i++) passes.push(await next());
    const led = passes.filter(([first]) => first === 500).length;
    expect(led).toBeGreaterThanOrEqual(4);
    expect(led).toBeLessThanOrEqual(6);
  });

  it('keeps second runs to themselves, in short passes after everybody', async () => {
    const { submit, next } = busy({ competingPassMs: 1, inferenceMs: 3 });
    for (let i = 0; i < 9; i++) submit('a', 14, SHADOW_RANK);
    submit('a', 16);
    submit('b', 16);
    expect(await next()).toEqual([16, 16]);
    // Nothing is known of the pace of their passes before the first.
    expect(await next()).toHaveLength(9);
    for (let i = 0; i < 9; i++) submit('a', 14, SHADOW_RANK);
    submit('b', 16);
    expect(await next()).toEqual([16]);
    // 9 × 14 tokens took 3 ms: 42 have room in one, two texts of the class of 16.
    expect(await next()).toHaveLength(2);
  });

  it('starts second runs only where an engine stays idle', async () => {
    let spare = false;
    const { submit, next } = busy({ hasSpare: () => spare });
    submit('a', 14, SHADOW_RANK);
    submit('b', 16);
    expect(await next()).toEqual([16]);
    submit('b', 16);
    expect(await next()).toEqual([16]);
    spare = true;
    expect(await next()).toEqual([14]);
  });

  it('keeps the order within a flow', async () => {
    const { submit, next } = busy({ maxTokens: 64 });
    const seen: number[] = [];
    // All of one length class, told apart by their lengths.
    for (let length = 33; length <= 40; length++) {
      submit('a', length);
      submit('b', length + 8);
    }
    for (let i = 0; i < 16; i++) seen.push(...(await next()));
    const of = (from: number) => seen.filter((length) => length >= from && length < from + 8);
    expect(of(33)).toEqual([33, 34, 35, 36, 37, 38, 39, 40]);
    expect(of(41)).toEqual([41, 42, 43, 44, 45, 46, 47, 48]);
  });
});
