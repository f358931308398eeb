import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Evaluation } from '@heddle/contracts';
import type { AblationReport } from '@heddle/evaluation';
import { startHeddle, type TestHeddle } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heddle } from './cli.js';

/** The full row of a table of ablations is an evaluation run of the same version, data and parameters. */
const TOPICS = fileURLToPath(new URL('./__fixtures__/topics.jsonl', import.meta.url));
const QA_MODEL = fileURLToPath(new URL('../../../../shared/models/deberta-mini-qa', import.meta.url));

let system: TestHeddle;
let env: Record<string, string>;
let folder: string;
beforeAll(async () => {
  system = await startHeddle();
  env = {
    HEDDLE_URL: system.url,
    HEDDLE_API_KEY: system.key,
    HEDDLE_DATABASE_URL: system.database.url,
    HEDDLE_DATA_DIR: system.dataDir,
  };
  folder = await mkdtemp(join(tmpdir(), 'heddle-parity-'));
}, 240_000);
afterAll(async () => {
  await system?.stop();
  await rm(folder, { recursive: true });
});

async function file(name: string, lines: unknown[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(
    path,
    lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''),
  );
  return path;
}

/** What both say of a data set, by the metrics of the table. */
async function both(model: string, dataset: string, flags: string[], ablateFlags: string[] = []) {
  const args = ['--model', model, '--dataset', dataset, '--resamples', '100', '--seed', '3', ...flags];
  const run = await heddle(['evaluations', 'run', ...args, '--invalid-lines', 'skip', '--json'], { env });
  expect(run.status, run.stderr).toBe(0);
  const table = await heddle(['evaluations', 'ablate', ...args, '--no-int8', '--json', '-', ...ablateFlags], {
    env,
  });
  expect(table.status, table.stderr).toBe(0);
  const result = (JSON.parse(run.stdout) as Evaluation).result!;
  const { rows, metrics, dataset: asked } = JSON.parse(table.stdout) as AblationReport;
  return { result, full: rows[0]!, metrics, asked };
}

/** Decided by labels and spans alone, which batches do not change: equal, and not merely near. */
function expectEqual({ result, full, metrics, asked }: Awaited<ReturnType<typeof both>>): void {
  expect(full).toMatchObject({ name: 'full', precision: 'fp32', failed: 0 });
  expect([asked.examples, asked.left_out]).toEqual([result.items, result.failed + result.invalid]);
  for (const metric of metrics) {
    expect(full.metrics[metric], metric).toBeCloseTo(result.metrics[metric]!, 9);
    const [low, high] = full.confidence[metric]!;
    expect(low, metric).toBeCloseTo(result.confidence[metric]![0], 9);
    expect(high, metric).toBeCloseTo(result.confidence[metric]![1], 9);
  }
}

describe('the full row', { timeout: 180_000 }, () => {
  it('is the evaluation of one label, with examples that do not fit and one that is too long', async () => {
    const topics = (await readFile(TOPICS, 'utf8')).trim().split('\n');
    const dataset = await file('topics.jsonl', [
      topics[0],
      { input: 'Rain', expected: 'Weather' },
      ...topics.slice(1),
      { input: 'match '.repeat(3_000), expected: 'Sports' },
    ]);
    const found = await both('topic', dataset, []);
    expect([found.result.invalid, found.result.failed]).toEqual([1, 1]);
    expect(found.metrics).toEqual(['accuracy', 'macro_f1']);
    expectEqual(found);
  });

  it('is the evaluation of columns with labels of another name', async () => {
    const dataset = await file('films.csv', [
      'text;gold',
      'I loved it;1',
      'a wonderful, moving film;1',
      'a dull and tedious mess;0',
      'I hated it;1',
    ]);
    const mapping = JSON.stringify({ input: { text: 'text' }, expected: { label: 'gold' } });
    const labels = ['--label', '0=negative', '--label', '1=positive'];
    const found = await both('sentiment', dataset, [
      '--mapping',
      mapping,
      ...labels,
      '--csv',
      '{"delimiter": ";"}',
    ]);
    expect(found.result.items).toBe(4);
    expectEqual(found);
  });

  it('is the evaluation of entities, whose types are written otherwise', async () => {
    const entity = (text: string, word: string, type: string) => {
      const start = text.indexOf(word);
      return { input: text, expected: [{ entity_group: type, start, end: start + word.length }] };
    };
    const dataset = await file('names.jsonl', [
      entity('I saw Justin Bieber in the street today', 'Justin Bieber', 'PERSON'),
      entity('we are going to London on Friday', 'London', 'LOCATION'),
      entity('my friends are all on Facebook these days', 'Facebook', 'CORPORATION'),
      { input: 'it rains again', expected: [] },
    ]);
    const found = await both('ner', dataset, ['-p', 'aggregation_strategy=first', '-p', 'words=blanks']);
    expect(found.metrics).toEqual(['seq_f1']);
    expectEqual(found);
  });

  it('is the evaluation of several labels that a model is asked to choose from', async () => {
    const dataset = await file('choices.jsonl', [
      { input: 'The team won the cup', expected: ['sports'] },
      { input: 'The bank raised its rates before the election', expected: ['politics', 'money'] },
      { input: 'It rains', expected: [] },
    ]);
    const found = await both('nli', dataset, [
      '--task',
      'zero-shot-classification',
      '-p',
      'candidate_labels=["sports", "politics", "money"]',
      '-p',
      'multi_label=true',
    ]);
    expect(found.metrics).toEqual(['micro_f1', 'macro_f1']);
    expectEqual(found);
  });

  it.runIf(existsSync(QA_MODEL))('is the evaluation of questions, of which some have no answer', async () => {
    await heddle(['import', QA_MODEL, '--name', 'qa', '--promote'], { env });
    const context = 'Marie Curie was born in Warsaw in 1867 and moved to Paris in 1891.';
    const dataset = await file('questions.jsonl', [
      { input: { question: 'Where was Marie Curie born?', context }, expected: ['Warsaw'] },
      { input: { question: 'When did she move to Paris?', context }, expected: ['1891', 'in 1891'] },
      { input: { question: 'Who painted the bridge?', context }, expected: [] },
      { input: { question: 'What did Doctor Chen measure?', context }, expected: [] },
    ]);
    const checkpoint = ['--checkpoint', QA_MODEL];
    const second = await both('qa', dataset, [], checkpoint);
    expect(second.metrics).toEqual(['f1', 'exact_match', 'has_ans_f1']);
    expectEqual(second);
    const answerable = await file(
      'answerable.jsonl',
      (await readFile(dataset, 'utf8')).split('\n').slice(0, 2),
    );
    expectEqual(await both('qa', answerable, ['--squad', '1'], checkpoint));
  });

  it('refuses what an evaluation refuses', async () => {
    const args = ['--model', 'topic', '--dataset', TOPICS, '-p', 'top_k=1'];
    for (const command of ['run', 'ablate']) {
      const { status, stderr } = await heddle(['evaluations', command, ...args], { env });
      expect([status, stderr]).toEqual([
        5,
        expect.stringContaining(
          '/parameters/top_k: is not for evaluations: the scores of all labels are needed',
        ),
      ]);
    }
  });
});
