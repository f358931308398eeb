import {
  chromiumPathIfAny,
  screenFaults,
  startDashboard,
  startHeddle,
  TestClient,
  type TestDashboard,
  type TestHeddle,
} from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** A busy machine is no failure. */
const TIMEOUT_MS = 300_000;
const chromium = await chromiumPathIfAny();

describe.runIf(chromium)('the overview', { timeout: TIMEOUT_MS }, () => {
  let heddle: TestHeddle;
  let client: TestClient;
  let dashboard: TestDashboard;
  beforeAll(async () => {
    heddle = await startHeddle();
    client = new TestClient(heddle.url, heddle.key);
    dashboard = await startDashboard(heddle.url, chromium!);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await dashboard?.close();
    await heddle?.stop();
  });

  it('has a form for an instance that has done nothing yet', () =>
    dashboard.visit('/', { key: heddle.key }, async (page) => {
      await page.getByText('No job has failed').waitFor();
      await page.getByText('Nothing waits').waitFor();
      await page.getByText('Nothing in this time').first().waitFor();
      expect(await screenFaults(page)).toEqual([]);
    }));

  it('shows what waits and what has failed, and leads there', async () => {
    const failed = await client.run({ model: 'topic', inputs: ['word '.repeat(600)] });
    await heddle.kill('worker');
    await client.submit({ model: 'sentiment', inputs: ['Not yet.'] });
    await dashboard.visit('/', { key: heddle.key }, async (page) => {
      const waiting = page.getByRole('region', { name: 'In the queues now' }).first();
      await waiting.getByRole('row', { name: /sentiment/ }).waitFor();
      expect(await screenFaults(page)).toEqual([]);
      await page.locator(`a[href="/jobs/${failed.id}"]`).click();
      await page.waitForURL(`**/jobs/${failed.id}`);
    });
    await heddle.start('worker');
  });

  it('shows another time, and that of all tenants, which the address keeps', () =>
    dashboard.visit('/', { key: heddle.key }, async (page) => {
      await page.getByRole('radiogroup', { name: 'Time' }).getByText('24h').click();
      await page.waitForURL(/range=24h/);
      await page.getByRole('switch', { name: 'All tenants' }).click();
      await page.waitForURL(/tenants=all/);
      await page.reload();
      await page.getByRole('figure', { name: 'Jobs a second' }).waitFor();
      expect(await page.getByRole('radio', { name: '24h' }).isChecked()).toBe(true);
      expect(await page.getByRole('switch', { name: 'All tenants' }).isChecked()).toBe(true);
      const numbers = page.getByRole('figure', { name: 'Jobs a second' });
      await numbers.getByText('Numbers').click();
      expect(await numbers.getByRole('row').count()).toBeGreaterThan(15);
    }));

  it('says that what it shows is old while the server is away, and is new again by itself', () =>
    dashboard.visit('/', { key: heddle.key, expected: [/net::ERR_/, /net::ERR_/] }, async (page) => {
      await page.getByRole('figure', { name: 'Jobs a second' }).waitFor();
      await heddle.kill('api');
      const stale = page.getByText('The server cannot be reached').first();
      await stale.waitFor();
      expect(await page.getByRole('figure', { name: 'Jobs a second' }).isVisible()).toBe(true);
      expect(await screenFaults(page)).toEqual([]);
      await heddle.start('api');
      await stale.waitFor({ state: 'detached' });
    }));
});
