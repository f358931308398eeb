import { readFile } from 'node:fs/promises';
import type { Batch } from '@heddle/contracts';
import {
  chromiumPathIfAny,
  type Page,
  screenFaults,
  startDashboard,
  startHeddle,
  TestClient,
  type TestDashboard,
  type TestHeddle,
  waitFor,
} from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** So many that a batch can be looked at while it runs. */
const LINES = 1_000;
const TIMEOUT_MS = 300_000;
/** A busy machine is no failure. */
const PATIENCE = { timeoutMs: 120_000 };
const chromium = await chromiumPathIfAny();

const line = (custom_id: string, input: unknown) => JSON.stringify({ custom_id, input });
const BROKEN = [line('a1', 'Fine.'), '{"custom_id": "a2", "input": ', line('a3', 42)].join('\n');
const GOOD = Array.from({ length: LINES }, (_, at) => line(`a${at}`, `Number ${at} is a delight.`)).join(
  '\n',
);

describe.runIf(chromium)('batches', { timeout: TIMEOUT_MS }, () => {
  let heddle: TestHeddle;
  let client: TestClient;
  let dashboard: TestDashboard;
  beforeAll(async () => {
    heddle = await startHeddle();
    client = new TestClient(heddle.url, heddle.key);
    dashboard = await startDashboard(heddle.url, chromium!);
  });
  afterAll(async () => {
    await dashboard?.close();
    await heddle?.stop();
  });

  const batchIn = (page: Page) =>
    client.request<Batch>('GET', `/v1/batches/${new URL(page.url()).pathname.split('/').at(-1)}`);
  const fileButton = (page: Page) => page.getByRole('button', { name: /Drop it here/ });
  /** As somebody lets a file fall from a folder of theirs. */
  async function drop(page: Page, name: string, text: string): Promise<void> {
    const dataTransfer = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}));
      return transfer;
    })()`);
    await fileButton(page).dispatchEvent('drop', { dataTransfer });
  }
  async function run(page: Page): Promise<void> {
    await page.getByPlaceholder('sentiment, sentiment@3').fill('sentiment');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.waitForURL('**/batches/bat_*');
  }

  it('whose file has wrong lines say which', () =>
    dashboard.visit('/batches', { key: heddle.key }, async (page) => {
      await page.getByText('There are no batches yet').waitFor();
      expect(await screenFaults(page)).toEqual([]);
      await drop(page, 'broken.jsonl', BROKEN);
      await fileButton(page).getByText('broken.jsonl').waitFor();
      await run(page);
      await page.getByText('The file was refused').waitFor();
      const problems = page.getByRole('table', { name: 'Problems by line' });
      await problems.getByRole('row', { name: /^2 .*malformed-json/ }).waitFor();
      await problems.getByRole('row', { name: /^3 a3 .*/ }).waitFor();
      expect(await problems.getByRole('row').count()).toBe(3);
      expect(await screenFaults(page)).toEqual([]);
      expect((await batchIn(page)).status).toBe('failed');
    }));

  it('leave wrong lines out where that is asked for', () =>
    dashboard.visit('/batches', { key: heddle.key }, async (page) => {
      await drop(page, 'broken.jsonl', BROKEN);
      await page.getByRole('button', { name: 'More options' }).click();
      await page.getByLabel('Leave wrong lines out').check();
      await page.getByLabel('Priority').selectOption('high');
      await page.getByLabel('Parameters of every line').fill('[]');
      await page.getByPlaceholder('sentiment, sentiment@3').fill('sentiment');
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByText('Parameters are a JSON object').waitFor();
      await page.getByLabel('Parameters of every line').fill('{"top_k": 1}');
      await run(page);
      await page.getByText('3 of 3 lines are done').waitFor();
      const batch = await waitFor(async () => {
        const now = await batchIn(page);
        return now.status === 'succeeded' && now;
      }, PATIENCE);
      expect(batch).toMatchObject({
        priority: 'high',
        parameters: { top_k: 1 },
        counts: { succeeded: 1, failed: 2 },
      });
    }));

  it('are followed to their end, and what came of them is downloaded', () =>
    dashboard.visit('/batches', { key: heddle.key }, async (page) => {
      const chosen = page.waitForEvent('filechooser');
      await fileButton(page).press('Enter');
      await (await chosen).setFiles({
        name: 'good.jsonl',
        mimeType: 'application/jsonl',
        buffer: Buffer.from(GOOD),
      });
      await run(page);
      // Held up in its middle, so that there is something to look at.
      const { version } = (await waitFor(async () => {
        const now = await batchIn(page);
        return now.counts.succeeded > 0 ? now : null;
      }, PATIENCE))!;
      await client.request('POST', `/v1/queues/${version}/pause`, {});
      await page.getByText('at this pace').waitFor();
      expect((await batchIn(page)).status).toBe('running');
      const share = page.getByRole('progressbar', { name: 'Lines that succeeded' });
      expect(Number(await share.getAttribute('aria-valuenow'))).toBeGreaterThan(0);
      expect(await screenFaults(page)).toEqual([]);
      await client.request('POST', `/v1/queues/${version}/resume`, {});
      await page.getByText('1,000 of 1,000 lines are done').waitFor({ timeout: TIMEOUT_MS });

      const downloaded = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Download outputs' }).click();
      const lines = (await readFile(await (await downloaded).path(), 'utf8')).trim().split('\n');
      const answers = lines.map((text) => JSON.parse(text) as { custom_id: string; output: unknown });
      expect(answers.map(({ custom_id }) => custom_id)).toEqual(
        Array.from({ length: LINES }, (_, at) => `a${at}`),
      );
      expect(answers[0]!.output).toMatchObject({ labels: expect.any(Array) });
      expect(await page.getByRole('link', { name: 'Download lines without one' }).count()).toBe(0);
      expect(await screenFaults(page)).toEqual([]);
      await page.getByRole('link', { name: 'Its jobs' }).click();
      await page.waitForURL(/jobs\?batch=bat_/);
    }));

  it('are canceled', async () => {
    await heddle.kill('worker');
    const form = new FormData();
    form.append('purpose', 'batch');
    form.append('file', new Blob([line('a1', 'Not yet.')]), 'one.jsonl');
    const file = await client.upload<{ id: string }>('/v1/files', form);
    const { id } = await client.request<Batch>('POST', '/v1/batches', { file: file.id, model: 'sentiment' });
    await dashboard.visit('/batches', { key: heddle.key }, async (page) => {
      expect(await screenFaults(page)).toEqual([]);
      await page.locator(`a[href="/batches/${id}"]`).click();
      await page.getByRole('button', { name: 'Cancel the batch' }).click();
      const question = page.getByRole('dialog', { name: 'Cancel this batch?' });
      await question.getByRole('button', { name: 'Cancel the batch' }).click();
      await question.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Cancel the batch' }).waitFor({ state: 'detached' });
    });
    expect((await client.request<Batch>('GET', `/v1/batches/${id}`)).status).toBe('canceled');
    await heddle.start('worker');
  });
});
