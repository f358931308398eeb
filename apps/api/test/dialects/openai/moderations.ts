import { waitFor } from '@heddle/testing';
import { toFile } from 'openai';
import { describe, expect, it } from 'vitest';
import { importModel } from '../models.js';
import { openai, world } from './setting.js';

describe('moderations', () => {
  it('have the labels of the model for categories', async () => {
    const { id, model, results } = await openai.moderations.create({
      model: 'sentiment',
      input: ['I loved it', 'Two hours I will never get back.'],
    });
    expect([id.startsWith('modr_'), model]).toEqual([true, 'sentiment']);
    const job = await world.client.run({ model: 'sentiment', inputs: ['I loved it'] });
    const { labels } = job.results![0]!.output as { labels: { label: string; score: number }[] };
    for (const { label, score } of labels) {
      const scores = results[0]!.category_scores as unknown as Record<string, number>;
      expect(Math.abs(scores[label]! - score)).toBeLessThan(1e-4);
    }
    expect(results[0]).toMatchObject({
      flagged: true,
      categories: { positive: true, negative: false },
      category_applied_input_types: { positive: ['text'], negative: ['text'] },
    });
    expect(results[1]).toMatchObject({ categories: { positive: false, negative: true } });
  });

  it('are of texts in parts, and of no images', async () => {
    const text = { type: 'text', text: 'I loved it' } as const;
    const { results } = await openai.moderations.create({ model: 'sentiment', input: [text] });
    expect(results).toHaveLength(1);
    const image = { type: 'image_url', image_url: { url: 'https://example.com/x.png' } } as const;
    await expect(
      openai.moderations.create({ model: 'sentiment', input: [text, image] }),
    ).rejects.toMatchObject({ status: 400, code: 'invalid_value' });
  });
});

describe('moderations of a version that says how its labels are read', () => {
  const TIMEOUT_MS = 120_000;
  const text = 'I loved it';
  const flagsOf = async (model: string) => {
    const { results } = await openai.moderations.create({ model, input: text });
    const { categories, flagged } = results[0]!;
    return { categories: { ...categories }, flagged };
  };
  const score = async () => {
    const job = await world.client.run({ model: 'sentiment', inputs: [text] });
    const { labels } = job.results![0]!.output as { labels: { label: string; score: number }[] };
    return labels.find(({ label }) => label === 'positive')!.score;
  };

  it('never flag a label that is safe by its configuration', { timeout: TIMEOUT_MS }, async () => {
    const { moderation } = await importModel(world.client, {
      name: 'kind',
      folder: 'sentiment',
      config: { safe_label: 'positive' },
    });
    expect(moderation).toEqual({ safe_labels: ['positive'] });
    expect(await flagsOf('kind')).toEqual({
      categories: { positive: false, negative: false },
      flagged: false,
    });
  });

  it('flag from a threshold of its own on, also in batches', { timeout: TIMEOUT_MS }, async () => {
    const beyond = (1 + (await score())) / 2;
    const moderation = { thresholds: { positive: beyond, negative: 0 }, safe_labels: [] };
    const imported = await importModel(world.client, { name: 'strict', folder: 'sentiment', moderation });
    expect(imported.moderation).toEqual(moderation);
    const expected = { categories: { positive: false, negative: true }, flagged: true };
    expect(await flagsOf('strict')).toEqual(expected);
    const url = '/v1/moderations';
    const body = { model: 'strict', input: text };
    const file = await openai.files.create({
      purpose: 'batch',
      file: await toFile(
        Buffer.from(JSON.stringify({ custom_id: 'a', method: 'POST', url, body })),
        'in.jsonl',
      ),
    });
    let batch = await openai.batches.create({
      input_file_id: file.id,
      endpoint: url,
      completion_window: '24h',
    });
    await waitFor(
      async () => {
        batch = await openai.batches.retrieve(batch.id);
        return batch.status === 'completed';
      },
      { timeoutMs: 60_000 },
    );
    const line = JSON.parse(await (await openai.files.content(batch.output_file_id!)).text()) as {
      response: { body: { results: object[] } };
    };
    expect(line.response.body.results).toMatchObject([expected]);
  });

  it('speak of labels that there are', { timeout: TIMEOUT_MS }, async () => {
    const { status, error } = await importModel(world.client, {
      name: 'wrong',
      folder: 'sentiment',
      moderation: { safe_labels: ['fine'] },
    });
    expect([status, error?.code]).toEqual(['failed', 'invalid-config']);
    expect(error!.message).toContain('"fine"');
  });
});
