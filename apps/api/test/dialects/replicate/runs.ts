import { describe, expect, it } from 'vitest';
import { type Labels, replicate, version, world } from './setting.js';

describe('run', () => {
  it.each([
    ['a model', () => `${world.slug}/sentiment` as const],
    ['a model of all tenants', () => 'library/sentiment' as const],
    ['a version', () => `${world.slug}/sentiment:${version}` as const],
  ])('answers as the native API does: %s', async (_, reference) => {
    const output = (await replicate.run(reference(), { input: { text: 'I loved it' } })) as Labels;
    const job = await world.client.run({ model: 'sentiment', inputs: ['I loved it'] });
    const native = job.results![0]!.output as Labels;
    expect(output.labels.map(({ label }) => label)).toEqual(native.labels.map(({ label }) => label));
    for (const [i, { score }] of output.labels.entries())
      expect(Math.abs(score - native.labels[i]!.score)).toBeLessThan(1e-4);
  });

  it('waits by asking again where that is wished', async () => {
    const wait = { mode: 'poll', interval: 50 } as const;
    const output = (await replicate.run('library/sentiment', {
      input: { inputs: ['I loved it', 'meh'], top_k: 1 },
      wait,
    })) as Labels[];
    expect(output.map(({ labels }) => labels.length)).toEqual([1, 1]);
  });

  it('takes tasks and their parameters beside the items', async () => {
    const output = (await replicate.run('library/nli', {
      input: {
        inputs: 'The match ended 2-1',
        task: 'zero-shot-classification',
        candidate_labels: ['sport', 'politics'],
      },
    })) as Labels;
    expect(output.labels[0]!.label).toBe('sport');
  });

  it('fails with what is wrong with the only item, and not with one of several', async () => {
    const long = 'word '.repeat(3_000);
    await expect(replicate.run('library/sentiment', { input: { text: long } })).rejects.toThrow(
      /Prediction failed: .*tokens/,
    );
    const output = (await replicate.run('library/sentiment', {
      input: { inputs: ['I loved it', long] },
    })) as [Labels, { error: { code: string } }];
    expect(output[0].labels[0]!.label).toBe('positive');
    expect(output[1].error.code).toBe('input-too-long');
  });
});
