import type { Job } from '@heddle/contracts';
import {
  chromiumPathIfAny,
  type Page,
  screenFaults,
  startDashboard,
  startHeddle,
  TestClient,
  type TestDashboard,
  type TestHeddle,
} from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
/** More tokens than the model takes. */
const TOO_LONG = 'word '.repeat(600);
/** A busy machine is no failure. */
const TIMEOUT_MS = 300_000;
const chromium = await chromiumPathIfAny();

describe.runIf(chromium)('jobs', { timeout: TIMEOUT_MS }, () => {
  let heddle: TestHeddle;
  let client: TestClient;
  let dashboard: TestDashboard;
  let succeeded: Job;
  let failed: Job;
  beforeAll(async () => {
    heddle = await startHeddle();
    client = new TestClient(heddle.url, heddle.key);
    const submitted = await client.submit(
      {
        model: 'sentiment',
        inputs: ['I loved it', 'Two hours I will never get back.'],
        metadata: { order: '17' },
      },
      { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` },
    );
    succeeded = await client.ended(submitted);
    failed = await client.run({ model: 'topic', inputs: [TOO_LONG] });
    dashboard = await startDashboard(heddle.url, chromium!);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await dashboard?.close();
    await heddle?.stop();
  });

  const visit = <T>(path: string, look: (page: Page) => Promise<T>) =>
    dashboard.visit(path, { key: heddle.key }, look);
  const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
  const linkTo = (page: Page, { id }: Job) => page.locator(`a[href="/jobs/${id}"]`);

  it('are listed, filtered by what the address says, and opened', () =>
    visit('/jobs', async (page) => {
      await linkTo(page, succeeded).waitFor();
      await linkTo(page, failed).waitFor();
      expect(await screenFaults(page)).toEqual([]);

      await page.getByRole('group', { name: 'Status' }).getByText('failed').click();
      await page.waitForURL(/status=/);
      await linkTo(page, succeeded).waitFor({ state: 'detached' });
      await linkTo(page, failed).waitFor();
      await page.reload();
      await linkTo(page, failed).waitFor();
      expect(await linkTo(page, succeeded).count()).toBe(0);

      await page.getByRole('button', { name: 'Clear' }).click();
      await page.getByLabel('Metadata').fill('order=17');
      await page.keyboard.press('Enter');
      await linkTo(page, failed).waitFor({ state: 'detached' });
      await linkTo(page, succeeded).click();
      await page.waitForURL(`**/jobs/${succeeded.id}`);
      await page.getByRole('heading', { level: 1, name: 'Job' }).waitFor();
    }));

  it('appear by themselves', () =>
    visit('/jobs', async (page) => {
      await linkTo(page, succeeded).waitFor();
      const another = await client.run({ model: 'sentiment', inputs: ['A fine film.'] });
      await linkTo(page, another).waitFor();
    }));

  it('that are none say what to do', () =>
    visit('/jobs?model=nobody', async (page) => {
      await page.getByText('No job is like this').waitFor();
      expect(await screenFaults(page)).toEqual([]);
    }));

  it('that has succeeded shows its way, what it was given and what it answered', () =>
    visit(`/jobs/${succeeded.id}`, async (page) => {
      const outputs = section(page, 'Inputs and outputs');
      await outputs.getByText('Two hours I will never get back.').waitFor();
      for (const result of succeeded.results!)
        for (const { label } of (result.output as { labels: { label: string }[] }).labels)
          expect(await outputs.getByText(label, { exact: true }).count()).toBe(2);
      const stages = await section(page, 'Timeline').innerText();
      for (const stage of ['accepted', 'dispatched', 'claimed', 'tokenised', 'ran', 'finished'])
        expect(stages).toContain(stage);
      await section(page, 'Attempts').getByRole('cell', { name: 'succeeded' }).waitFor();
      expect(await section(page, 'Parameters and metadata').innerText()).toContain('"order": "17"');
      expect(await page.getByRole('button', { name: `Copy ${TRACE}` }).count()).toBe(1);
      const tokens = page.locator('dt', { hasText: 'Tokens' }).locator('xpath=following-sibling::dd');
      expect(await tokens.innerText()).toContain(String(succeeded.usage!.tokens));
      expect(await screenFaults(page)).toEqual([]);
    }));

  it('that has failed says why', () =>
    visit(`/jobs/${failed.id}`, async (page) => {
      const outputs = section(page, 'Inputs and outputs');
      await outputs.getByText('input-too-long').waitFor();
      await page.getByRole('alert').first().waitFor();
      expect(await screenFaults(page)).toEqual([]);
    }));

  it('is run again on the same version, and its texts are erased for ever', () =>
    visit(`/jobs/${succeeded.id}`, async (page) => {
      await page.getByRole('button', { name: 'Run again' }).click();
      await page.waitForURL((url) => url.pathname !== `/jobs/${succeeded.id}`);
      const id = new URL(page.url()).pathname.split('/').at(-1)!;
      await section(page, 'Inputs and outputs').getByText('positive').first().waitFor();
      const again = await client.get(id);
      expect([again.version, again.metadata]).toEqual([succeeded.version, succeeded.metadata]);

      await page.getByRole('button', { name: 'Purge' }).click();
      const question = page.getByRole('dialog', { name: 'Purge this job?' });
      await question.waitFor();
      expect(await screenFaults(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await question.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Purge' }).click();
      await question.getByRole('button', { name: 'Purge' }).click();
      await page.getByText('They are no longer kept').waitFor();
      expect((await client.get(id)).data_removed).toBe(true);
      expect(await page.getByRole('button', { name: 'Run again' }).count()).toBe(0);
    }));

  it('that waits is canceled', async () => {
    await heddle.kill('worker');
    const waiting = await client.submit({ model: 'sentiment', inputs: ['Not yet.'] });
    await visit(`/jobs/${waiting.id}`, async (page) => {
      await page.getByRole('button', { name: 'Cancel the job' }).click();
      const question = page.getByRole('dialog', { name: 'Cancel this job?' });
      await question.getByRole('button', { name: 'Cancel the job' }).click();
      await question.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Purge' }).waitFor();
    });
    expect((await client.get(waiting.id)).status).toBe('canceled');
    await heddle.start('worker');
  });

  it('that goes on is followed to its end without a look from anybody', async () => {
    await heddle.kill('worker');
    const waiting = await client.submit({ model: 'sentiment', inputs: ['At last.'] });
    await visit(`/jobs/${waiting.id}`, async (page) => {
      await page.getByRole('button', { name: 'Cancel the job' }).waitFor();
      await heddle.start('worker');
      await section(page, 'Inputs and outputs').getByText('positive').waitFor();
      await section(page, 'Attempts').getByRole('cell', { name: 'succeeded' }).waitFor();
    });
  });

  it('of a key without the scope are shown and not touched', async () => {
    const { secret } = await client.request<{ secret: string }>('POST', '/v1/keys', {
      name: 'reader',
      scopes: ['read'],
    });
    await dashboard.visit(`/jobs/${succeeded.id}`, { key: secret }, async (page) => {
      await section(page, 'Inputs and outputs').getByText('I loved it').waitFor();
      for (const name of ['Run again', 'Purge', 'Cancel the job'])
        expect(await page.getByRole('button', { name }).count()).toBe(0);
    });
  });

  it('that is not there says so', () =>
    dashboard.visit(
      `/jobs/job_${'0'.repeat(26)}`,
      { key: heddle.key, expected: [/job_0+(\/events)?: 404/] },
      async (page) => {
        await page.getByRole('alert').waitFor();
        expect(await screenFaults(page)).toEqual([]);
      },
    ));

  it('tells times in the zone of the reader', () =>
    dashboard.visit(
      `/jobs/${succeeded.id}`,
      { key: heddle.key, timezoneId: 'Asia/Tokyo', locale: 'en-GB' },
      async (page) => {
        const shown = section(page, 'Timeline').locator(`time[datetime="${succeeded.created_at}"]`).first();
        await shown.waitFor();
        const there = new Intl.DateTimeFormat('en-GB', {
          dateStyle: 'medium',
          timeStyle: 'medium',
          timeZone: 'Asia/Tokyo',
        });
        expect(await shown.innerText()).toBe(there.format(new Date(succeeded.created_at)));
      },
    ));
});
