import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { changeTensors, setUpHeddle, type TestSetup } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heddle } from './cli.js';

const TOPICS = fileURLToPath(new URL('./__fixtures__/topics.jsonl', import.meta.url));
const MASKED_MODEL = fileURLToPath(new URL('../../../../shared/models/deberta-mini-mlm', import.meta.url));
const TIMEOUT_MS = 300_000;

let system: TestSetup;
let env: Record<string, string>;
let out: string;
beforeAll(async () => {
  system = await setUpHeddle();
  env = { HEDDLE_DATABASE_URL: system.database.url, HEDDLE_DATA_DIR: system.dataDir };
  out = await mkdtemp(join(tmpdir(), 'heddle-reports-'));
}, TIMEOUT_MS);
afterAll(async () => {
  await system?.database.drop();
  await rm(out, { recursive: true, force: true });
});

const json = async (name: string) => JSON.parse(await readFile(join(out, name), 'utf8'));
const ablate = (...args: string[]) => heddle(['evaluations', 'ablate', ...args], { env });
const attention = (...args: string[]) => heddle(['evaluations', 'attention', ...args], { env });

describe('evaluations ablate', () => {
  it(
    'prints the table of a shipped model, and writes it as JSON, Markdown and a chart',
    async () => {
      const files = ['json', 'md', 'svg'].map((end) => join(out, 'reports', `topic.${end}`));
      const [asJson, asMarkdown, asSvg] = files as [string, string, string];
      const written = ['--json', asJson, '--markdown', asMarkdown, '--svg', asSvg];
      const { status, stdout, stderr } = await ablate('--model', 'topic@1', '--dataset', TOPICS, ...written);
      expect([status, stderr]).toEqual([0, expect.stringContaining('without c2p, p2c: 24 examples in ')]);
      const report = await json('reports/topic.json');
      expect(report).toMatchObject({
        object: 'ablation_report',
        model: 'topic@1',
        task: 'text-classification',
        dataset: { name: 'topics.jsonl', examples: 24, left_out: 0 },
        metrics: ['accuracy', 'macro_f1'],
      });
      const rows = report.rows as { name: string; precision: string; metrics: { accuracy: number } }[];
      expect(rows.map(({ name, precision }) => `${name} ${precision}`)).toEqual([
        'full fp32',
        '-C2P fp32',
        '-P2C fp32',
        '-(C2P+P2C) fp32',
        'full int8',
      ]);
      // News of the kinds it was trained on.
      expect(rows[0]!.metrics.accuracy).toBeGreaterThan(0.7);
      expect(report.findings.length).toBeGreaterThan(0);
      for (const finding of report.findings) expect(finding).toMatch(/^(As|Not as) the paper found: /);
      expect(report.as_the_paper_found).toBe(report.findings[0].startsWith('As'));
      expect(report.notes.join()).toContain('topic@1 has no masked-word head');
      expect(await readFile(asMarkdown, 'utf8')).toBe(stdout);
      expect(stdout).toMatch(/^\| full \| fp32 \| [01]\.\d{4} \| /m);
      expect(await readFile(asSvg, 'utf8')).toContain('-(C2P+P2C) fp32');
    },
    TIMEOUT_MS,
  );

  it('refuses another checkpoint than that of the version, and asks for one that it cannot know', async () => {
    const sentiment = fileURLToPath(new URL('../../../models/sentiment', import.meta.url));
    const rows = ['{"input": "Fine.", "expected": "positive"}', '{"input": "Bad.", "expected": "negative"}'];
    const dataset = join(out, 'two.jsonl');
    await writeFile(dataset, rows.join('\n'));
    await heddle(['import', sentiment, '--name', 'own', '--promote'], { env });
    const unknown = await ablate('--model', 'own', '--dataset', dataset, '--no-int8');
    expect([unknown.status, unknown.stderr]).toEqual([
      5,
      expect.stringMatching(/its checkpoint is not: name the folder it was imported from with --checkpoint/),
    ]);
    const tuned = join(out, 'tuned');
    await cp(sentiment, tuned, { recursive: true });
    await changeTensors(tuned, (tensor) => {
      tensor('classifier.bias')[0]! += 0.5;
    });
    const other = await ablate('--model', 'own', '--dataset', dataset, '--no-int8', '--checkpoint', tuned);
    expect([other.status, other.stderr]).toEqual([
      5,
      expect.stringMatching(
        / is not the checkpoint that own@1 was imported from: its answers differ by 0\.50\.$/m,
      ),
    ]);
    const right = await ablate(
      '--model',
      'own',
      '--dataset',
      dataset,
      '--no-int8',
      '--checkpoint',
      sentiment,
    );
    expect([right.status, right.stdout]).toEqual([0, expect.stringContaining('# Ablation of own@1')]);
  }, 120_000);

  it('says what is wrong with the data, the task or the model', async () => {
    const missing = await ablate('--model', 'nothing', '--dataset', TOPICS);
    expect([missing.status, missing.stderr]).toEqual([4, expect.stringContaining('"nothing"')]);
    const task = await ablate('--model', 'topic', '--dataset', TOPICS, '--task', 'fill-mask');
    expect([task.status, task.stderr]).toEqual([5, expect.stringMatching(/^task-not-supported: topic@1/)]);
    const labels = await ablate('--model', 'sentiment', '--dataset', TOPICS);
    expect([labels.status, labels.stderr]).toEqual([
      5,
      expect.stringMatching(
        /^validation: topics\.jsonl has no example of text-classification: line 1: .*Sports/,
      ),
    ]);
  }, 60_000);

  it.runIf(existsSync(MASKED_MODEL))(
    'leaves the mask decoder of a masked language model out, on texts whose words it hides',
    async () => {
      await heddle(['import', MASKED_MODEL, '--name', 'words', '--promote'], { env });
      const texts = (await readFile(TOPICS, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.stringify({ text: JSON.parse(line).input }));
      const dataset = join(out, 'texts.jsonl');
      await writeFile(dataset, texts.join('\n'));
      const args = ['--model', 'words', '--checkpoint', MASKED_MODEL, '--dataset', dataset, '--no-int8'];
      const { status } = await ablate(...args, '--json', join(out, 'words.json'));
      expect(status).toBe(0);
      const { rows, metrics, notes } = await json('words.json');
      expect(metrics).toEqual(['mlm_accuracy']);
      expect(rows.map(({ name }: { name: string }) => name)).toEqual([
        'full',
        '-EMD',
        '-C2P',
        '-P2C',
        '-(EMD+C2P)',
        '-(EMD+P2C)',
        '-(C2P+P2C)',
      ]);
      const accuracy = rows.map((row: { metrics: { mlm_accuracy: number } }) => row.metrics.mlm_accuracy);
      // Trained without either term it would do better; left without both it knows no order of words.
      expect(accuracy[0]).toBeGreaterThan(2 * accuracy.at(-1));
      expect(notes.join()).toMatch(/15 % of the tokens of each text were hidden: \d+ in all/);

      const examples = join(out, 'examples.jsonl');
      const example = { input: 'It is one of the largest cities in [MASK] world.', expected: 'the' };
      await writeFile(examples, `${JSON.stringify(example)}\n{"input": "No mask.", "expected": "the"}\n`);
      const given = await ablate(...args, '--dataset', examples, '--json', join(out, 'examples.json'));
      expect([given.status, given.stderr]).toEqual([
        0,
        expect.stringContaining(
          'examples left out: 1; the first: line 2: /expected: has 1 tokens, and the text 0 times [MASK]',
        ),
      ]);
      const report = await json('examples.json');
      expect(report.dataset).toEqual({ name: 'examples.jsonl', examples: 1, left_out: 1 });
      expect(report.rows[0].metrics).toEqual({ mlm_accuracy: 1 });
    },
    TIMEOUT_MS,
  );
});

describe('evaluations attention', () => {
  it('shows where a model looks, by layer and head', async () => {
    const files = ['--json', join(out, 'attention.json'), '--svg', join(out, 'attention.svg')];
    const { status, stdout } = await attention(
      '--model',
      'topic',
      '--dataset',
      TOPICS,
      '--limit',
      '8',
      ...files,
    );
    expect([status, stdout]).toEqual([0, expect.stringContaining('| layer 3 head 3 | ')]);
    const report = await json('attention.json');
    expect(report).toMatchObject({ object: 'attention_report', model: 'topic@1', texts: 8 });
    expect(report.layers).toHaveLength(4);
    for (const layer of report.layers) {
      expect(layer.heads).toHaveLength(4);
      for (const { self, diagonal, local, vertical, first } of layer.heads) {
        expect(self).toBeLessThanOrEqual(diagonal);
        expect(diagonal).toBeLessThanOrEqual(local);
        expect(first).toBeLessThanOrEqual(vertical);
        expect(local + vertical).toBeLessThanOrEqual(1 + 1e-6);
      }
    }
    // Texts are short: nobody is far away, and position terms make neighbours count for more than chance.
    expect(report.all.diagonal).toBeGreaterThan(report.uniform.diagonal);
    expect(await readFile(join(out, 'attention.svg'), 'utf8')).toContain('<polyline');
  }, 60_000);

  it('takes texts as they are given, and wants some', async () => {
    const given = await attention('--model', 'sentiment', '--text', 'A fine film.', '--text', 'Dull.');
    expect([given.status, given.stdout]).toEqual([0, expect.stringContaining('2 texts of given texts')]);
    const none = await attention('--model', 'sentiment');
    expect([none.status, none.stderr]).toEqual([2, expect.stringContaining('--dataset')]);
  }, 60_000);
});
