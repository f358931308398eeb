import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Entity, ItemResult, LabelScore } from '@heddle/contracts';
import { startHeddle, TestClient, type TestHeddle } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS, openBackend } from './backends.js';

/** Public data sets whose licences forbid shipping them, and what the reference implementation answers on them. */
const SHARED = fileURLToPath(new URL('../../../../shared', import.meta.url));
const PRESENT = existsSync(`${SHARED}/data`);
const LOGIT_TOLERANCE = 2e-3;
/** Metrics are cards' to 0.1 point. */
const METRIC_TOLERANCE = 0.001;
/** Jobs of mixed size: this many items, over and over. */
const JOB_SIZES = [1, 7, 64, 200, 3, 500, 1, 31];
const CLIENTS = 6;

interface Sample {
  id: string;
  text?: string;
  premise?: string;
  hypothesis?: string;
  label?: number;
  tokens?: string[];
  ner_tags?: number[];
}
interface Prediction {
  set: string;
  id: string;
  n_tokens?: number;
  logits?: number[];
  predicted?: string[];
}

const CLASSIFICATION = [
  { model: 'sentiment', set: 'sst2/dev', file: 'sst2/dev.jsonl', accuracy: 0.8467 },
  { model: 'sentiment', set: 'sst2/test', file: 'sst2/test.jsonl', accuracy: 0.8349 },
  { model: 'topic', set: 'ag_news/test', file: 'ag_news/test.jsonl.gz', accuracy: 0.9061 },
  { model: 'nli', set: 'sick/test', file: 'sick/test.jsonl', accuracy: 0.6325 },
  { model: 'nli', set: 'snli/test', file: 'snli/test.jsonl', accuracy: 0.5959 },
];
/** On the second backend what the backends do: the numbers are the engine's. */
const OF = { redis: CLASSIFICATION, postgres: CLASSIFICATION.slice(0, 1) };
const NER_F1 = 0.236;

if (!PRESENT) console.log('not run: ../shared/data is missing');

describe.runIf(PRESENT).each(BACKENDS)('public data sets, dispatch window in %s', (backend) => {
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

  it.each(OF[backend])(
    '$set: every logit, and the accuracy of the card',
    { timeout: 600_000 },
    async (dataset) => {
      const predictions = await predictionsOf(dataset.model, dataset.set);
      const samples = (await rowsOf<Sample>(`${SHARED}/data/${dataset.file}`)).filter((row) =>
        predictions.has(row.id),
      );
      expect(samples).toHaveLength(predictions.size);
      const inputs = samples.map((row) => row.text ?? { text: row.premise!, text_pair: row.hypothesis! });
      const results = await runAll(inputs, {
        model: dataset.model,
        task: 'text-classification',
        parameters: { function_to_apply: 'none', truncate: true },
      });

      const labels = await labelsOf(dataset.model);
      let worst = 0;
      let correct = 0;
      for (const [i, sample] of samples.entries()) {
        const scores = (results[i]!.output as { labels: LabelScore[] }).labels;
        const logits = labels.map((label) => scores.find((score) => score.label === label)!.score);
        const expected = predictions.get(sample.id)!.logits!;
        worst = Math.max(worst, ...logits.map((logit, k) => Math.abs(logit - expected[k]!)));
        if (scores[0]!.label === labels[sample.label!]) correct++;
      }
      console.log(
        `${backend} ${dataset.set}: ${samples.length} rows, largest difference of a logit ${worst.toExponential(1)}`,
      );
      expect(worst).toBeLessThan(LOGIT_TOLERANCE);
      expect(Math.abs(correct / samples.length - dataset.accuracy)).toBeLessThan(METRIC_TOLERANCE);
    },
  );

  it('wnut17/test: every tag, and the F1 of the card', { timeout: 600_000 }, async () => {
    const predictions = await predictionsOf('ner', 'wnut17/test');
    const samples = (await rowsOf<Sample>(`${SHARED}/data/wnut17/test.jsonl`)).filter((row) =>
      predictions.has(row.id),
    );
    expect(samples).toHaveLength(predictions.size);
    const results = await runAll(
      samples.map((sample) => sample.tokens!.join(' ')),
      { model: 'ner', parameters: { aggregation_strategy: 'none', ignore_labels: [], truncate: true } },
    );
    const labels = await labelsOf('ner');
    const predicted = samples.map((sample, i) => tagsOfWords(sample.tokens!, results[i]!));
    for (const [i, sample] of samples.entries())
      expect(predicted[i], sample.id).toEqual(predictions.get(sample.id)!.predicted);
    const gold = samples.map((sample) => sample.ner_tags!.map((tag) => labels[tag]!));
    expect(Math.abs(entityF1(gold, predicted) - NER_F1)).toBeLessThan(METRIC_TOLERANCE);
  });

  /** All inputs in jobs of mixed size from several clients at once; results in the order of inputs. */
  async function runAll(inputs: unknown[], body: Record<string, unknown>): Promise<ItemResult[]> {
    const results: ItemResult[] = new Array(inputs.length);
    let next = 0;
    let jobs = 0;
    const lane = async () => {
      while (next < inputs.length) {
        const start = next;
        next += JOB_SIZES[jobs++ % JOB_SIZES.length]!;
        const job = await client.run({ ...body, inputs: inputs.slice(start, next) });
        expect(job.status).toBe('succeeded');
        for (const result of job.results!) results[start + result.index] = result;
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, lane));
    return results;
  }
});

async function rowsOf<T>(file: string): Promise<T[]> {
  const bytes = await readFile(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

async function predictionsOf(model: string, set: string): Promise<Map<string, Prediction>> {
  const rows = await rowsOf<Prediction>(`${SHARED}/models/deberta-mini-${model}/predictions.jsonl.gz`);
  return new Map(rows.filter((row) => row.set === set).map((row) => [row.id, row]));
}

async function labelsOf(model: string): Promise<string[]> {
  const config = new URL(`../../../models/${model}/config.json`, import.meta.url);
  return Object.values(
    (JSON.parse(await readFile(config, 'utf8')) as { id2label: Record<string, string> }).id2label,
  );
}

/** A word's tag is that of its first piece: the first token that begins at or after the word's first character. */
function tagsOfWords(words: string[], result: ItemResult): string[] {
  const { entities } = result.output as { entities: Entity[] };
  const tags: string[] = [];
  let start = 0;
  for (const word of words) {
    const end = start + [...word].length;
    const first = entities.find((entity) => entity.start >= start && entity.start < end);
    tags.push(first?.entity ?? 'O');
    start = end + 1;
  }
  return tags;
}

/** Micro F1 over entities (CoNLL: type and both ends must agree). */
function entityF1(gold: string[][], predicted: string[][]): number {
  const spans = (tags: string[]) => {
    const found = new Set<string>();
    let open: { type: string; start: number } | null = null;
    const close = (end: number) => {
      if (open) found.add(`${open.type} ${open.start} ${end}`);
      open = null;
    };
    for (const [i, tag] of [...tags, 'O'].entries()) {
      const [prefix, ...rest] = tag.split('-');
      const type = rest.join('-');
      if (prefix === 'I' && open !== null && (open as { type: string }).type === type) continue;
      close(i);
      if (prefix !== 'O') open = { type, start: i };
    }
    return found;
  };
  let hits = 0;
  let goldCount = 0;
  let predictedCount = 0;
  for (const [i, tags] of gold.entries()) {
    const expected = spans(tags);
    const actual = spans(predicted[i]!);
    goldCount += expected.size;
    predictedCount += actual.size;
    for (const span of actual) if (expected.has(span)) hits++;
  }
  return (2 * hits) / (goldCount + predictedCount);
}
