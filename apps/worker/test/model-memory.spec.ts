import { childrenOf, memoryOf, startHeddle, TestClient } from '@heddle/testing';
import { expect, it } from 'vitest';

/** One inference process with two of the four shipped models. */
const MEMORY_MIB = 90;
/** What one load may take beyond it, before it is known. */
const SLACK_MIB = 40;
const MIB = 1024 ** 2;
const INPUTS: Record<string, unknown> = {
  sentiment: 'What a film!',
  topic: 'Stocks fell on Monday.',
  ner: 'Ada lives in London.',
  nli: { text: 'A man sleeps.', text_pair: 'Nobody sleeps.' },
};

it('a worker answers for more models than fit its memory, and keeps within it', {
  timeout: 120_000,
}, async () => {
  const heddle = await startHeddle({
    env: {
      HEDDLE_MODEL_MEMORY_MIB: String(MEMORY_MIB),
      HEDDLE_INFERENCE_CHILDREN: '1',
      HEDDLE_LOG_LEVEL: 'info',
    },
  });
  try {
    const client = new TestClient(heddle.url, heddle.key);
    const worker = heddle.process('worker').pid!;
    let most = 0;
    const first = new Map<string, unknown>();
    for (let round = 0; round < 4; round++) {
      for (const [model, input] of Object.entries(INPUTS)) {
        const job = await client.run({ model, inputs: [input] });
        expect(job.status, JSON.stringify(job.error)).toBe('succeeded');
        // A session that was loaded again answers like the one before.
        const { output } = job.results![0]!;
        expect(output).toEqual(first.get(model) ?? output);
        first.set(model, output);
        const memory = await Promise.all((await childrenOf(worker)).map(memoryOf));
        most = Math.max(
          most,
          memory.reduce((sum, bytes) => sum + bytes, 0),
        );
      }
    }
    expect(most).toBeLessThan((MEMORY_MIB + SLACK_MIB) * MIB);
    expect(heddle.logs()).toContain('model versions unloaded');
    expect(heddle.logs()).not.toContain('"level":"error"');
  } finally {
    await heddle.stop();
  }
});
