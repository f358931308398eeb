import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { openai, world } from './setting.js';

it('classifications are labels by score', async () => {
  const body = { model: 'sentiment', input: ['I loved it', 'meh'], top_k: 1 };
  const { object, data } = await openai.post<{
    object: string;
    data: { label: string; labels: unknown[] }[];
  }>('/classifications', { body });
  expect([object, data.length, data[0]!.label]).toEqual(['list', 2, 'positive']);
  expect(data[0]!.labels).toHaveLength(1);
  const zero = await openai.post<{ data: { label: string; labels: unknown[] }[] }>('/classifications', {
    body: {
      model: 'nli',
      input: 'The match ended 2-1',
      parameters: { candidate_labels: ['sport', 'politics'] },
    },
  });
  expect(zero.data[0]).toMatchObject({ label: 'sport', labels: [{ label: 'sport' }, { label: 'politics' }] });
});

describe('models', () => {
  it('are listed, also to a client that has its address from the environment', async () => {
    process.env.OPENAI_BASE_URL = `${world.heddle.url}/openai/v1`;
    const fromEnvironment = new OpenAI({ apiKey: world.heddle.key });
    delete process.env.OPENAI_BASE_URL;
    expect((await fromEnvironment.models.list()).data).not.toEqual([]);
    const ids: string[] = [];
    for await (const model of openai.models.list()) {
      ids.push(model.id);
      expect(model).toMatchObject({ object: 'model', owned_by: expect.any(String) });
      expect(Math.abs(model.created * 1000 - Date.now())).toBeLessThan(86_400_000);
    }
    expect(ids).toEqual(expect.arrayContaining(['embedder', 'ner', 'nli', 'sentiment', 'topic']));
  });

  it('are found by all that a call may name them', async () => {
    for (const id of ['embedder', 'embedder@1', `${world.slug}/embedder`, 'library/sentiment'])
      expect(await openai.models.retrieve(id)).toMatchObject({ id, object: 'model' });
    // As clients do that do not escape the slash.
    const plain = await openai.get<{ id: string }>('/models/library/sentiment');
    expect(plain.id).toBe('library/sentiment');
    const wrong = { status: 404, code: 'model_not_found', type: 'not_found_error' };
    for (const id of ['nothing', 'strangers/sentiment', 'sentiment@9'])
      await expect(openai.models.retrieve(id)).rejects.toMatchObject(wrong);
  });
});
