import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Evaluation } from '@heddle/contracts';
import {
  chromiumPathIfAny,
  createTestFolder,
  type Page,
  screenFaults,
  startDashboard,
  startHeddle,
  TestClient,
  type TestDashboard,
  type TestHeddle,
} from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const CLI = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));
const TIMEOUT_MS = 300_000;
/** Opens a dialog wherever it is taken for markup, which is a fault of the visit. */
const SCRIPT = '<img src=x onerror=alert(1)>';
const FILMS = [
  ['I loved it', 'positive', 'short'],
  ['Two hours I will never get back', 'negative', 'long'],
  ['A dull film', 'negative', 'short'],
  ['A fine film', 'positive', 'short'],
  ['The cast is wonderful, the script is not', 'negative', 'long'],
  ['It is fine, I suppose, if you have nothing else to do', 'positive', SCRIPT],
] as const;
const chromium = await chromiumPathIfAny();

describe.runIf(chromium)('evaluations', { timeout: TIMEOUT_MS }, () => {
  let heddle: TestHeddle;
  let client: TestClient;
  let dashboard: TestDashboard;
  let folder: string;
  let films: string;
  beforeAll(async () => {
    heddle = await startHeddle();
    client = new TestClient(heddle.url, heddle.key);
    folder = await createTestFolder('heddle-test-evaluations-');
    await mkdir(folder, { recursive: true });
    films = join(folder, 'films.jsonl');
    const lines = FILMS.map(([input, expected, length]) =>
      JSON.stringify({ input, expected, slice: { length } }),
    );
    await writeFile(films, `${lines.join('\n')}\n`);
    dashboard = await startDashboard(heddle.url, chromium!);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await dashboard?.close();
    await heddle?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const visit = <T>(path: string, look: (page: Page) => Promise<T>) =>
    dashboard.visit(path, { key: heddle.key }, look);
  const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
  /** Fills the form in and sends it; where that leads, the id of the evaluation. */
  const evaluate = async (page: Page, model: string, file: string): Promise<string> => {
    await page.getByRole('button', { name: 'New evaluation' }).click();
    const form = page.getByRole('form', { name: 'New evaluation' });
    await form.getByLabel('Model').selectOption(model);
    await form.locator('input[type=file]').setInputFiles(file);
    await form.getByRole('button', { name: 'Evaluate' }).click();
    await page.waitForURL('**/evaluations/evl_*');
    return new URL(page.url()).pathname.split('/').at(-1)!;
  };
  const resultOf = async (id: string) => {
    const evaluation = await client.request<Evaluation>('GET', `/v1/evaluations/${id}`);
    expect(evaluation.status).toBe('succeeded');
    return evaluation.result!;
  };

  it('are none at first', () =>
    visit('/evaluations', async (page) => {
      await page.getByText('Nothing was evaluated yet').waitFor();
      await page.getByRole('button', { name: 'New evaluation' }).click();
      await page.getByRole('form', { name: 'New evaluation' }).waitFor();
      expect(await screenFaults(page)).toEqual([]);
    }));

  it('are made from a file, and followed to their metrics', () =>
    visit('/evaluations', async (page) => {
      const id = await evaluate(page, 'sentiment', films);
      await section(page, 'Metrics').first().waitFor();
      const result = await resultOf(id);
      const metrics = await page.getByRole('table', { name: 'Metrics' }).innerText();
      for (const [metric, value] of Object.entries(result.metrics)) {
        expect(metrics).toContain(metric);
        if (value !== null) expect(metrics).toContain(value.toFixed(4));
      }
      const confusion = page.getByRole('table', { name: /^Confusion/ });
      const counts = (await confusion.getByRole('cell').allInnerTexts()).map(Number);
      expect(counts).toEqual(result.confusion!.counts.flat());
      await section(page, 'Calibration').getByRole('img').waitFor();
      expect(await section(page, 'Slices').first().innerText()).toContain(SCRIPT);
      const worst = page.getByRole('table', { name: 'Examples of largest loss' }).getByRole('row');
      await worst.nth(1).waitFor();
      expect(await worst.nth(1).innerText()).toContain(result.worst[0]!.loss.toFixed(4));
      expect(await screenFaults(page)).toEqual([]);
    }));

  it('are compared, in a table and as dots, at an address that can be kept', () =>
    visit('/evaluations', async (page) => {
      // The same texts, of which the other model knows no label.
      const other = join(folder, 'news.jsonl');
      await writeFile(
        other,
        [
          '{"input": "Stocks fell on Monday.", "expected": "Business"}',
          '{"input": "The striker scored twice.", "expected": "Sports"}',
        ].join('\n'),
      );
      const second = await evaluate(page, 'topic', other);
      await section(page, 'Metrics').first().waitFor();
      await page.goto('/evaluations');
      await page
        .getByRole('checkbox', { name: /^Compare/ })
        .first()
        .waitFor();
      for (const box of await page.getByRole('checkbox', { name: /^Compare/ }).all()) await box.check();
      await page.waitForURL(/compare=/);
      await page.reload();
      const table = page.getByRole('table', { name: 'Metrics of the runs' });
      await table.waitFor();
      const { accuracy } = (await resultOf(second)).metrics;
      const row = table.getByRole('row', { name: /^accuracy/ });
      expect(await row.innerText()).toContain(accuracy!.toFixed(4));
      expect(await row.locator('svg circle').count()).toBe(2);
      expect(await screenFaults(page)).toEqual([]);
    }));

  it('of a file that does not fit say what is wrong, and where', () =>
    visit('/evaluations', async (page) => {
      const wrong = join(folder, 'wrong.jsonl');
      await writeFile(
        wrong,
        `{"input": "Fine", "expected": "positive"}\n{"input": "Fine", "expected": "blue"}\n`,
      );
      await evaluate(page, 'sentiment', wrong);
      await page.getByText(/Line 2:/).waitFor();
      await page.getByText('failed', { exact: true }).waitFor();
      expect(await screenFaults(page)).toEqual([]);
    }));

  it('show a report of ablations that the command line has written', async () => {
    const report = join(folder, 'ablation.json');
    const args = [
      'evaluations',
      'ablate',
      '--model',
      'sentiment',
      '--dataset',
      films,
      '--no-int8',
      '--json',
      report,
    ];
    await promisify(execFile)(process.execPath, [CLI, ...args, '--resamples', '100'], {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        HEDDLE_DATABASE_URL: heddle.database.url,
        HEDDLE_DATA_DIR: heddle.dataDir,
      },
    });
    const { rows } = JSON.parse(await readFile(report, 'utf8')) as {
      rows: { name: string; metrics: Record<string, number> }[];
    };
    await visit('/evaluations', async (page) => {
      const ablations = section(page, 'Ablations').first();
      await ablations.locator('input[type=file]').setInputFiles(report);
      const table = page.getByRole('table', { name: 'Ablations' });
      await table.waitFor();
      const text = await table.innerText();
      for (const { name, metrics } of rows) {
        expect(text).toContain(name);
        expect(text).toContain(metrics.accuracy!.toFixed(4));
      }
      expect(rows.map(({ name }) => name)).toContain('-(C2P+P2C)');
      expect(await screenFaults(page)).toEqual([]);

      await ablations.locator('input[type=file]').setInputFiles(films);
      await page.getByText('This is no report of ablations').waitFor();
    });
  });
});
