import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifyWebhook } from '@heddle/client';
import {
  chromiumPathIfAny,
  type Page,
  screenFaults,
  startDashboard,
  startHeddle,
  type TestDashboard,
  type TestHeddle,
  waitFor,
} from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const TIMEOUT_MS = 300_000;
/** A busy machine is no failure. */
const PATIENCE = { timeoutMs: 120_000 };
/** What the receiver answers at first. */
const REFUSAL = '<h1>No</h1><script>alert(1)</script>';
const chromium = await chromiumPathIfAny();

describe.runIf(chromium)('settings', { timeout: TIMEOUT_MS }, () => {
  let heddle: TestHeddle;
  let dashboard: TestDashboard;
  let receiver: Server;
  let hook = '';
  const received: { headers: IncomingHttpHeaders; body: string }[] = [];
  let refuses = true;
  beforeAll(async () => {
    receiver = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        received.push({ headers: request.headers, body });
        if (refuses) response.writeHead(503).end(REFUSAL);
        else response.end('thanks');
      });
    });
    receiver.listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    heddle = await startHeddle({
      env: {
        HEDDLE_WEBHOOK_ALLOW_HTTP: 'true',
        HEDDLE_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
        HEDDLE_WEBHOOK_SCHEDULE: '600',
      },
    });
    dashboard = await startDashboard(heddle.url, chromium!);
  });
  afterAll(async () => {
    receiver?.closeAllConnections();
    receiver?.close();
    await dashboard?.close();
    await heddle?.stop();
  });

  const dialog = (page: Page) => page.getByRole('dialog');
  /** The secret that a dialog shows; it is gone when the dialog is. */
  async function keep(page: Page, prefix: string): Promise<string> {
    const secret = await dialog(page).locator('code', { hasText: prefix }).first().innerText();
    await dialog(page).getByRole('button', { name: 'I have kept it' }).click();
    await dialog(page).waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain(secret);
    return secret;
  }
  const statusWith = async (key: string) =>
    (await fetch(`${heddle.url}/v1/me`, { headers: { authorization: `Bearer ${key}` } })).status;
  const verify = (secret: string) => {
    const { headers, body } = received.at(-1)!;
    return verifyWebhook(body, headers, secret);
  };

  it('an endpoint is added, tried, and sent again what it has missed', () =>
    dashboard.visit('/webhooks', { key: heddle.key, expected: [/v1\/webhooks: 422/] }, async (page) => {
      await page.getByText('There are no endpoints').waitFor();
      await page.getByRole('button', { name: 'New endpoint' }).click();
      await dialog(page).getByLabel('Address').fill('https://10.0.0.1/');
      await dialog(page).getByRole('button', { name: 'Add the endpoint' }).click();
      await dialog(page).getByRole('alert').getByText('/url').waitFor();
      expect(await screenFaults(page)).toEqual([]);
      await dialog(page).getByLabel('Address').fill(hook);
      await dialog(page).getByText('everything', { exact: true }).click();
      await dialog(page).getByRole('button', { name: 'Add the endpoint' }).click();
      await dialog(page).getByText('whsec_').waitFor();
      expect(await screenFaults(page)).toEqual([]);
      const secret = await keep(page, 'whsec_');
      expect(await screenFaults(page)).toEqual([]);

      await page.getByRole('link', { name: hook }).click();
      await page.getByText('Nothing has been sent yet').waitFor();
      await page.getByRole('button', { name: 'Send a test' }).click();
      const delivery = page.getByRole('button', { name: /webhook\.test/ });
      await delivery.getByText('503').waitFor();
      await delivery.getByText(/next in \d+ min/).waitFor();
      expect(await verify(secret)).toMatchObject({ type: 'webhook.test' });
      await delivery.click();
      const details = page.getByRole('region', { name: /webhook\.test/ });
      await details.getByText(REFUSAL).waitFor();
      await details.getByText(`POST ${hook}`).waitFor();
      await details.getByText('The next one is').waitFor();
      expect(await screenFaults(page)).toEqual([]);

      refuses = false;
      await details.getByRole('button', { name: 'Send again' }).click();
      await details.getByText('thanks').waitFor();
      await delivery.getByText('delivered').waitFor();
      await delivery.getByText('2 attempts').waitFor();

      await page.getByLabel('Status').selectOption('exhausted');
      await page.getByText('There is none with this status').waitFor();
      await page.getByLabel('Status').selectOption('delivered');
      await delivery.waitFor();

      const before = received.length;
      await page.getByRole('button', { name: 'Replay' }).click();
      await dialog(page).getByLabel('What').selectOption('all');
      await dialog(page).getByRole('button', { name: 'Send it again' }).click();
      await dialog(page).getByText('One delivery is sent again').waitFor();
      expect(await screenFaults(page)).toEqual([]);
      await waitFor(() => received.length > before, PATIENCE);
      await page.keyboard.press('Escape');
      await dialog(page).waitFor({ state: 'detached' });

      await page.getByRole('button', { name: 'New secret' }).click();
      await dialog(page).getByLabel('How long').selectOption('0');
      await dialog(page).getByRole('button', { name: 'Make a new secret' }).click();
      const next = await keep(page, 'whsec_');
      expect(next).not.toBe(secret);
      const beforeTest = received.length;
      await page.getByRole('button', { name: 'Send a test' }).click();
      await waitFor(() => received.length > beforeTest, PATIENCE);
      expect(await verify(next)).toMatchObject({ type: 'webhook.test' });

      await page.getByRole('button', { name: 'Disable' }).click();
      await dialog(page).getByRole('button', { name: 'Disable' }).click();
      await page.getByText('This endpoint is disabled').waitFor();
      expect(await screenFaults(page)).toEqual([]);
      await page.getByRole('button', { name: 'Delete' }).click();
      await dialog(page).getByRole('button', { name: 'Delete' }).click();
      await page.getByText('There are no endpoints').waitFor();
    }));

  it('a key is made, shown once, works, is replaced, and works no more', () =>
    dashboard.visit('/keys', { key: heddle.key }, async (page) => {
      await page.getByRole('row', { name: /this session/ }).waitFor();
      await page.getByRole('button', { name: 'New key' }).click();
      await dialog(page).getByLabel('Name').fill('ci');
      await dialog(page).getByLabel('Ends').selectOption('In 30 days');
      expect(await screenFaults(page)).toEqual([]);
      await dialog(page).getByRole('button', { name: 'Make the key' }).click();
      await dialog(page).getByText('The key ci').waitFor();
      expect(await screenFaults(page)).toEqual([]);
      const key = await keep(page, 'hdl_');
      const row = page.getByRole('row', { name: /^ci / });
      await row.getByText('in 29 d').waitFor();
      expect(await screenFaults(page)).toEqual([]);
      expect(await statusWith(key)).toBe(200);

      await row.getByRole('button', { name: 'Rotate' }).click();
      await dialog(page).getByRole('button', { name: 'Make the new key' }).click();
      await dialog(page)
        .getByText(`${key.slice(0, 8)}…`)
        .waitFor();
      const next = await keep(page, 'hdl_');
      expect([await statusWith(key), await statusWith(next)]).toEqual([200, 200]);

      const old = row.filter({ hasText: `${key.slice(0, 8)}…` });
      await old.getByRole('button', { name: 'Revoke' }).click();
      await dialog(page).getByRole('button', { name: 'Revoke' }).click();
      await old.waitFor({ state: 'detached' });
      await waitFor(async () => (await statusWith(key)) === 401, PATIENCE);
      expect(await statusWith(next)).toBe(200);
    }));

  it('a tenant is made, limited, and suspended', () =>
    dashboard.visit('/tenants', { key: heddle.key, expected: [/v1\/tenants: 422/] }, async (page) => {
      await page.getByRole('button', { name: 'New tenant' }).click();
      await dialog(page).getByLabel('Slug').fill('ACME');
      await dialog(page).getByLabel('Name').fill('Acme');
      await dialog(page).getByRole('button', { name: 'Make the tenant' }).click();
      await dialog(page).getByRole('alert').getByText('/slug').waitFor();
      await dialog(page).getByLabel('Slug').fill('acme');
      expect(await screenFaults(page)).toEqual([]);
      await dialog(page).getByRole('button', { name: 'Make the tenant' }).click();
      const key = await keep(page, 'hdl_');
      expect(await statusWith(key)).toBe(200);

      const row = page.getByRole('row', { name: /acme/ });
      await row.getByRole('button', { name: 'Edit' }).click();
      await dialog(page).getByLabel('Requests a minute').fill('90');
      await dialog(page).getByRole('button', { name: 'Change it' }).click();
      await row.getByRole('cell', { name: '90', exact: true }).waitFor();
      await row.getByRole('button', { name: 'Suspend' }).click();
      await dialog(page).getByRole('button', { name: 'Suspend' }).click();
      await row.getByText('suspended').waitFor();
      expect(await screenFaults(page)).toEqual([]);
      await waitFor(async () => (await statusWith(key)) === 403, PATIENCE);
      await row.getByRole('button', { name: 'Resume' }).click();
      await dialog(page).getByRole('button', { name: 'Resume' }).click();
      await row.getByText('active').waitFor();
      await waitFor(async () => (await statusWith(key)) === 200, PATIENCE);
    }));

  it('who did that is in the audit log, without a secret', () =>
    dashboard.visit('/audit', { key: heddle.key }, async (page) => {
      const log = page.getByRole('table', { name: 'Audit' });
      for (const action of ['webhook.create', 'webhook.rotate-secret', 'webhook.replay', 'key.create'])
        await log.getByRole('cell', { name: action, exact: true }).first().waitFor();
      await log
        .getByRole('row', { name: /tenant\.update acme .*suspended/ })
        .first()
        .waitFor();
      expect(await log.innerText()).not.toMatch(/whsec_|hdl_[0-9A-Za-z]{36}/);
      expect(await screenFaults(page)).toEqual([]);
      await page.getByLabel('Action').selectOption('key.delete');
      await log.getByRole('cell', { name: 'tenant.update' }).first().waitFor({ state: 'detached' });
      await log.getByRole('cell', { name: 'key.delete', exact: true }).waitFor();
      expect(await log.getByRole('row').count()).toBe(2);
      await page.getByLabel('Object').fill('acme');
      await page.keyboard.press('Enter');
      await page.getByText('Nothing of this kind was changed').waitFor();
    }));
});
