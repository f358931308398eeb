import {
  chromiumPathIfAny,
  type Page,
  screenFaults,
  signIn,
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

describe.runIf(chromium)('the dashboard', { timeout: TIMEOUT_MS }, () => {
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

  const keyWith = async (...scopes: string[]) =>
    (await client.request<{ secret: string }>('POST', '/v1/keys', { name: scopes.join(' '), scopes })).secret;
  const destinations = (page: Page) =>
    page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allInnerTexts();
  const REFUSED = /v1\/session: 401/;

  it('asks who comes for a key, and leads to where one wanted to go', () =>
    dashboard.visit('/jobs?model=ner', { expected: [REFUSED] }, async (page) => {
      await page.getByRole('heading', { name: 'Heddle' }).waitFor();
      expect(await screenFaults(page)).toEqual([]);
      await page.getByLabel('API key').fill('hdl_wrong');
      await page.keyboard.press('Enter');
      await page.getByText('This key is unknown').waitFor();
      expect(await screenFaults(page)).toEqual([]);
      await signIn(page, heddle.key);
      expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/jobs?model=ner');
      await page.reload();
      await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
    }));

  it('is left for good', () =>
    dashboard.visit('/', { key: heddle.key }, async (page) => {
      await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
      await page.getByRole('banner').getByRole('button').last().click();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByLabel('API key').waitFor();
      expect(await page.context().cookies()).toEqual([]);
      await page.goBack().catch(() => undefined);
      await page.goto('/jobs');
      await page.getByLabel('API key').waitFor();
    }));

  it('says that a session has ended, and goes on where one was', () =>
    dashboard.visit('/keys', { key: heddle.key, expected: [/: 401/] }, async (page) => {
      await page.getByRole('heading', { level: 1, name: 'Keys' }).waitFor();
      await heddle.database.query("UPDATE sessions SET last_used_at = now() - interval '1 year'");
      await page.getByRole('link', { name: 'Webhooks' }).click();
      await page.getByText('Your session has ended').waitFor();
      expect(await screenFaults(page)).toEqual([]);
      await signIn(page, heddle.key);
      await page.getByRole('heading', { level: 1, name: 'Webhooks' }).waitFor();
    }));

  it('shows each key what it may do', async () => {
    const seen: Record<string, string[]> = {};
    for (const scopes of [['infer'], ['read'], ['manage'], ['operate']])
      await dashboard.visit('/', { key: await keyWith(...scopes) }, async (page) => {
        seen[scopes.join()] = await destinations(page);
      });
    expect(seen).toEqual({
      infer: ['Overview', 'Playground', 'Jobs', 'Batches', 'Models'],
      read: ['Overview', 'Jobs', 'Batches', 'Models', 'Evaluations', 'Queues', 'Webhooks'],
      manage: ['Overview', 'Jobs', 'Batches', 'Models', 'Evaluations', 'Queues', 'Webhooks', 'Keys', 'Audit'],
      operate: ['Overview', 'Workers', 'Queues', 'Tenants', 'Audit'],
    });
  });

  it('asks nothing for who may not see the answer', async () => {
    const key = await keyWith('infer');
    for (const path of ['/tenants', '/keys', '/audit', '/workers', '/webhooks'])
      await dashboard.visit(path, { key }, async (page) => {
        await page.getByText('not for this key').waitFor();
      });
  });

  it('is used with the keyboard alone', () =>
    dashboard.visit('/', {}, async (page) => {
      await page.getByLabel('API key').focus();
      await page.keyboard.type(heddle.key);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
      const focused = () => page.evaluate<string>('document.activeElement.textContent');
      // The heading has the focus; whoever goes back from it meets the menu of the account last.
      await page.locator('body').press('Shift+Tab');
      await page.getByRole('link', { name: 'Skip to the page' }).focus();
      await page.keyboard.press('Enter');
      expect(await page.evaluate('document.activeElement.id')).toBe('page');
      await page.getByRole('link', { name: 'Jobs', exact: true }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
      expect(await focused()).toBe('Jobs');
    }));

  it('opens its navigation on a phone, and closes it behind who has gone somewhere', () =>
    dashboard.visit('/', { key: heddle.key, viewport: { width: 360, height: 740 } }, async (page) => {
      const jobs = page.getByRole('link', { name: 'Jobs', exact: true });
      expect(await jobs.isVisible()).toBe(false);
      await page.getByRole('button', { name: 'Navigation' }).click();
      await jobs.click();
      await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
      await jobs.waitFor({ state: 'hidden' });
    }));

  it('keeps the colours that somebody chose', () =>
    dashboard.visit('/', { key: heddle.key, colorScheme: 'light' }, async (page) => {
      await page.getByRole('banner').getByRole('button').last().click();
      expect(await screenFaults(page)).toEqual([]);
      await page.getByRole('dialog').getByText('Dark').click();
      const scheme = page.locator('html[data-mantine-color-scheme="dark"]');
      await scheme.waitFor({ state: 'attached' });
      await page.reload();
      await scheme.waitFor({ state: 'attached' });
      await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    }));

  it('says that there is no such page', () =>
    dashboard.visit('/nowhere', { key: heddle.key }, async (page) => {
      await page.getByRole('link', { name: 'Go to the overview' }).click();
      await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    }));
});
