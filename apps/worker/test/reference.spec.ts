import { readFile } from 'node:fs/promises';
import type { Entity, ItemResult, LabelScore } from '@heddle/contracts';
import { startHeddle, TestClient, type TestHeddle } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, openBackend } from './backends.js';

/** float32 of another implementation on other kernels: 1e-4 is usual, 2e-3 is promised. */
const TOLERANCE = 1e-3;

interface Row {
  input: string | { text: string; text_pair: string };
  logits: number[];
}
interface TokenRow {
  input: string;
  tags: string[];
  ids: number[];
  logits: number[][];
}
const reference = JSON.parse(
  await readFile(new URL('./__fixtures__/reference.json', import.meta.url), 'utf8'),
) as Record<'sentiment' | 'topic' | 'nli', Row[]> & { ner: TokenRow[] };

describe.each(BACKENDS)('stored reference values, dispatch window in %s', (backend) => {
  let heddle: TestHeddle;
  let client: TestClient;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const { redisUrl, stop } = await openBackend(backend);
    heddle = await startHeddle(redisUrl ? { redisUrl } : {});
    client = new TestClient(heddle.url, heddle.key);
    close = async () => {
      await heddle.stop();
      await stop();
    };
  });
  afterAll(() => close());

  it.each(['sentiment', 'topic', 'nli'] as const)('%s: logits', async (model) => {
    const rows = reference[model];
    const job = await client.run({
      model,
      task: 'text-classification',
      inputs: rows.map((row) => row.input),
      parameters: { function_to_apply: 'none' },
    });
    expect(job).toMatchObject({ status: 'succeeded', counts: { total: rows.length, failed: 0 } });
    const { labels } = await labelsOf(model);
    for (const [i, row] of rows.entries()) {
      const { labels: scores } = job.results![i]!.output as { labels: LabelScore[] };
      const byLabel = new Map(scores.map(({ label, score }) => [label, score]));
      const logits = labels.map((label) => byLabel.get(label)!);
      expect(maxDifference(logits, row.logits), JSON.stringify(row.input).slice(0, 80)).toBeLessThan(
        TOLERANCE,
      );
      expect(scores.map(({ score }) => score)).toEqual([...logits].sort((a, b) => b - a));
    }
  });

  it('ner: the tag of every token', async () => {
    const job = await client.run({
      model: 'ner',
      inputs: reference.ner.map((row) => row.input),
      parameters: { aggregation_strategy: 'none', ignore_labels: [] },
    });
    for (const [i, row] of reference.ner.entries()) {
      const { entities } = job.results![i]!.output as { entities: Entity[] };
      // Special tokens, first and last, have no entity.
      expect(entities.map((entity) => entity.entity)).toEqual(row.tags.slice(1, -1));
      for (const entity of entities) {
        expect([...row.input].slice(entity.start, entity.end).join('')).toBe(entity.word);
        const logits = row.logits[entity.index!]!;
        expect(Math.abs(entity.score - softmaxMax(logits))).toBeLessThan(TOLERANCE);
      }
    }
  });

  describe('an answer is the same alone and among 64 of mixed lengths', () => {
    const texts = Array.from(
      { length: 64 },
      (_, i) => `${'Barack Obama gave a very good speech in Berlin , '.repeat(1 + (i % 16))}${i}`,
    );
    it.each([
      ['sentiment', texts, { function_to_apply: 'none' }],
      ['nli', texts.map((text, i) => ({ text, text_pair: texts[63 - i]! })), { function_to_apply: 'none' }],
      ['ner', texts, { aggregation_strategy: 'none', ignore_labels: [] }],
    ])('%s', { timeout: 180_000 }, async (model, inputs, parameters) => {
      const together = await client.run({ model, inputs, parameters });
      expect(together.counts).toEqual({ total: 64, succeeded: 64, failed: 0 });
      for (const [i, input] of inputs.entries()) {
        // One after the other: two at a time would keep each other company.
        const alone = await client.run({ model, inputs: [input], parameters });
        const [own, shared] = [alone.results![0]!, together.results![i]!];
        expect(namesOf(own)).toEqual(namesOf(shared));
        expect(maxDifference(scoresOf(own), scoresOf(shared)), `${model} ${i}`).toBeLessThanOrEqual(1e-4);
      }
    });
  });

  it('one bad item never spoils its neighbours', async () => {
    const job = await client.run({
      model: 'sentiment',
      inputs: ['good', 'much too long '.repeat(600), 'bad'],
    });
    expect(job).toMatchObject({ status: 'succeeded', counts: { total: 3, succeeded: 2, failed: 1 } });
    expect(job.results![1]).toMatchObject({ index: 1, error: { code: 'input-too-long', max: 512 } });
    expect(job.results![0]!.output).toBeDefined();
    const hopeless = await client.run({ model: 'sentiment', inputs: ['much too long '.repeat(600)] });
    expect(hopeless).toMatchObject({ status: 'failed', error: { code: 'all-items-failed' } });
    expect(hopeless.results).toHaveLength(1);
  });

  it('truncates when asked to', async () => {
    const job = await client.run({
      model: 'sentiment',
      inputs: ['much too long '.repeat(600)],
      parameters: { truncate: true },
    });
    expect(job).toMatchObject({ status: 'succeeded', usage: { tokens: 512, truncated: 1 } });
  });

  async function labelsOf(model: string): Promise<{ labels: string[] }> {
    const config = new URL(`../../../models/${model}/config.json`, import.meta.url);
    const { id2label } = JSON.parse(await readFile(config, 'utf8')) as { id2label: Record<string, string> };
    return { labels: Object.keys(id2label).map((id) => id2label[id]!) };
  }
});

/** Scores by label, or by token. */
function scoresOf(result: ItemResult): number[] {
  return scoredIn(result).map(({ score }) => score);
}

function namesOf(result: ItemResult): string[] {
  return scoredIn(result).map(({ name }) => name);
}

function scoredIn({ output }: ItemResult): { name: string; score: number }[] {
  const { labels, entities } = output as { labels?: LabelScore[]; entities?: Entity[] };
  if (entities) return entities.map(({ entity, start, score }) => ({ name: `${start} ${entity}`, score }));
  return labels!
    .map(({ label, score }) => ({ name: label, score }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function maxDifference(a: number[], b: number[]): number {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}

function softmaxMax(logits: number[]): number {
  const top = Math.max(...logits);
  return 1 / logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0);
}
