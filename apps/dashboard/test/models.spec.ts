import type { Alias, Evaluation, StoredFile, Version } from '@heddle/contracts';
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
import { filesOf, importFolder, TINY_CHECKPOINTS } from './checkpoints.js';

/** Opens a dialog wherever it is taken for markup, which is a fault of the visit. */
const SCRIPT = '<img src=x onerror=alert(1)>';
/** Bytes a second: so slow that there is something to see of an upload. */
const SLOW = 100_000;
const TIMEOUT_MS = 600_000;
const chromium = await chromiumPathIfAny();

describe.runIf(chromium)('models', { timeout: TIMEOUT_MS }, () => {
  let heddle: TestHeddle;
  let client: TestClient;
  let dashboard: TestDashboard;
  let versions: Version[];
  let evaluation: Evaluation;
  beforeAll(async () => {
    heddle = await startHeddle();
    client = new TestClient(heddle.url, heddle.key);
    versions = [
      await importFolder(client, 'ranker', TINY_CHECKPOINTS.rerank),
      await importFolder(client, 'ranker', TINY_CHECKPOINTS.rerank, { labels: [SCRIPT], notes: SCRIPT }),
    ];
    evaluation = await evaluated('ranker@2', 'ranker@1');
    dashboard = await startDashboard(heddle.url, chromium!);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await dashboard?.close();
    await heddle?.stop();
  });

  async function evaluated(model: string, baseline: string): Promise<Evaluation> {
    const form = new FormData();
    form.set('purpose', 'dataset');
    const lines = Array.from({ length: 4 }, (_, at) => ({
      input: { query: `query ${at}`, documents: ['one', 'two', 'three'] },
      expected: [1, 0, 0],
    }));
    form.set('file', new Blob([lines.map((line) => `${JSON.stringify(line)}\n`).join('')]), 'ranks.jsonl');
    const { id: dataset } = await client.upload<StoredFile>('/v1/files', form);
    let made = await client.request<Evaluation>('POST', '/v1/evaluations', {
      model,
      baseline,
      dataset,
      task: 'rerank',
    });
    while (made.completed_at === null)
      made = await client.request('GET', `/v1/evaluations/${made.id}`, undefined, { prefer: 'wait=60' });
    if (made.status !== 'succeeded') throw new Error(JSON.stringify(made.errors));
    return made;
  }

  const visit = <T>(path: string, look: (page: Page) => Promise<T>, expected: RegExp[] = []) =>
    dashboard.visit(path, { key: heddle.key, expected }, look);
  const section = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
  const production = () => client.request<Alias>('GET', '/v1/models/ranker/aliases/production');
  const dialog = (page: Page) => page.getByRole('dialog', { name: 'Promote a version' });
  const openPromotion = async (page: Page, version: number) => {
    await page.getByRole('button', { name: 'Promote a version' }).click();
    await dialog(page)
      .getByLabel('Version')
      .selectOption({ label: `${version} (fp32)` });
  };

  it('are listed', () =>
    visit('/models', async (page) => {
      for (const name of ['sentiment', 'ner', 'ranker'])
        await page.getByRole('link', { name, exact: true }).waitFor();
      expect(await screenFaults(page)).toEqual([]);
    }));

  it('are made, and a checkpoint is uploaded and imported while one looks on', () =>
    visit('/models', async (page) => {
      await page.getByLabel('Name').fill('tickets');
      await page.getByRole('button', { name: 'Make a model' }).click();
      await page.waitForURL('**/models/tickets');
      await page.getByText('There are no versions yet').waitFor();

      const devtools = await page.context().newCDPSession(page);
      const slowly = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: SLOW };
      await devtools.send('Network.emulateNetworkConditions', slowly);
      const form = page.getByRole('form', { name: 'Import a version' });
      await form.locator('input[type=file]').setInputFiles(await filesOf(TINY_CHECKPOINTS.rerank));
      await form.getByText(/model\.safetensors \(\d+ KiB\)/).waitFor();
      await form.getByRole('button', { name: 'Import' }).click();
      await form.getByText(/KiB of \d+ KiB sent/).waitFor();
      await form.getByRole('progressbar', { name: 'Sent' }).waitFor();

      const row = section(page, 'Versions').getByRole('row', { name: /version 1/ });
      await row.getByText('ready').waitFor();
      await section(page, 'production').getByRole('link', { name: 'version 1' }).waitFor({ timeout: 90_000 });
      expect(await screenFaults(page)).toEqual([]);
      await row.getByRole('link').click();
      await page.waitForURL('**/models/tickets/1');
      await section(page, 'Parity').waitFor();
    }));

  it('say why an import failed', () =>
    visit('/models/tickets', async (page) => {
      const form = page.getByRole('form', { name: 'Import a version' });
      await form.locator('input[type=file]').setInputFiles({
        name: 'config.json',
        mimeType: 'application/json',
        buffer: Buffer.from('{"odd": true}'),
      });
      await form.getByRole('button', { name: 'Import' }).click();
      const row = section(page, 'Versions').getByRole('row', { name: /version 2/ });
      await row.getByText('failed').waitFor();
      const version = await client.request<Version>('GET', '/v1/models/tickets/versions/2');
      await row.getByText(version.error!.code).waitFor();
    }));

  it('have versions with reports, plans and evaluations, with names that are text', async () => {
    await heddle.database.query(
      `INSERT INTO plans (version_id, machine, plan)
       SELECT id, 'Some CPU, 8 cores', jsonb_build_object('machine', 'Some CPU, 8 cores', 'lowering', 'gather', 'children', 4,
         'threads', 2, 'classes', jsonb_build_array(jsonb_build_object('length', 512, 'tokens', 2048)), 'measured',
         jsonb_build_array(jsonb_build_object('lowering', 'gather', 'length', 512, 'sequences', 4, 'tokens_per_s', 4321)),
         'layouts', '[]'::jsonb, 'measured_at', '2026-01-02T03:04:05.000Z')
         FROM versions WHERE number = 2 AND model_id = (SELECT id FROM models WHERE name = 'ranker')`,
    );
    await visit('/models/ranker/2', async (page) => {
      const parity = await section(page, 'Against the source weights').first().innerText();
      for (const { output, max_abs_difference } of versions[1]!.report!.parity.outputs) {
        expect(parity).toContain(output);
        expect(parity).toContain(max_abs_difference.toExponential(2));
      }
      expect(await section(page, 'Labels').innerText()).toContain(SCRIPT);
      expect(await page.locator('main img[src="x"]').count()).toBe(0);
      const plans = await section(page, 'Execution plans').innerText();
      for (const text of ['Some CPU, 8 cores', 'gather', '2048 tokens', '4,321'])
        expect(plans).toContain(text);
      await section(page, 'Evaluations').locator(`a[href="/evaluations/${evaluation.id}"]`).waitFor();
      expect(await screenFaults(page)).toEqual([]);
    });
  });

  it('in int8 tell layer by layer what rounding does', async () => {
    const { report } = await importFolder(client, 'rounded', TINY_CHECKPOINTS.rerank, { precision: 'int8' });
    await visit('/models/rounded/1', async (page) => {
      const rows = page.getByRole('table', { name: 'Layers in int8' }).getByRole('row');
      await rows.first().waitFor();
      expect(await rows.count()).toBe(report!.int8!.layers.length + 1);
      expect(await section(page, 'int8').innerText()).toContain('Same decisions as float32');
      expect(await screenFaults(page)).toEqual([]);
    });
  });

  it('are promoted through a gate that fails, and by force', async () => {
    const [metric, value] = Object.entries(evaluation.result!.metrics)[0]!;
    await client.request('PATCH', '/v1/models/ranker', { gates: [{ metric, min: 1 }] });
    expect(value).toBeLessThan(1);
    await visit(
      '/models/ranker',
      async (page) => {
        await openPromotion(page, 2);
        const gates = dialog(page).getByRole('table', { name: 'Gates', exact: true });
        expect(await gates.innerText()).toContain(`${metric} at least 1`);
        expect(await gates.innerText()).toContain('not met');
        const differences = dialog(page).getByRole('table', { name: /^Differences/ });
        expect(await differences.innerText()).toContain(value!.toFixed(4));
        expect(await screenFaults(page)).toEqual([]);

        await dialog(page).getByRole('button', { name: 'Promote', exact: true }).click();
        const failed = dialog(page).getByRole('table', { name: 'Gates that are not met' });
        await failed.waitFor();
        expect(await failed.innerText()).toContain('at least 1');
        expect((await production()).version_number).toBe(1);

        await dialog(page)
          .getByLabel(/all the same/)
          .check();
        await dialog(page).getByRole('button', { name: 'Promote', exact: true }).click();
        await dialog(page).waitFor({ state: 'detached' });
        const alias = section(page, 'production');
        await alias.getByText('version 2').first().waitFor();
        await alias.getByText(/^History/).click();
        const history = await alias.getByRole('table').innerText();
        for (const text of ['forced', 'refused: promotion-blocked', 'version 1', 'version 2'])
          expect(history).toContain(text);
        expect(await screenFaults(page)).toEqual([]);
      },
      [/aliases\/production: 409/],
    );
    expect((await production()).version_number).toBe(2);
  });

  it('have canaries, which come and go', () =>
    visit('/models/ranker', async (page) => {
      await openPromotion(page, 1);
      await dialog(page).getByText('Canary', { exact: true }).click();
      const slider = dialog(page).getByRole('slider', { name: 'Percent of the jobs' });
      await slider.focus();
      for (let step = 0; step < 5; step++) await page.keyboard.press('ArrowRight');
      await dialog(page).getByText('15 % of the jobs').waitFor();
      expect(await screenFaults(page)).toEqual([]);
      await dialog(page).getByRole('button', { name: 'Start the canary' }).click();
      await dialog(page).waitFor({ state: 'detached' });
      await section(page, 'production')
        .getByText(/Canary: 15 % of the jobs/)
        .waitFor();
      expect((await production()).canary).toMatchObject({ version_number: 1, percent: 15 });

      await page.getByRole('button', { name: 'End the canary' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'End the canary' }).click();
      await section(page, 'production')
        .getByText(/Canary/)
        .waitFor({ state: 'detached' });
      expect(await production()).toMatchObject({ version_number: 2, canary: null });
    }));

  it('have shadows, and say how often they disagree', () =>
    visit('/models/ranker', async (page) => {
      await openPromotion(page, 1);
      await dialog(page).getByText('Shadow', { exact: true }).click();
      await dialog(page).getByRole('button', { name: 'Start the shadow' }).click();
      await dialog(page).waitFor({ state: 'detached' });
      await section(page, 'production').getByText('Nothing was compared yet').waitFor();
      await client.run({
        model: 'ranker',
        task: 'rerank',
        inputs: [{ query: 'a', documents: ['one', 'two', 'three'] }],
      });
      let compared: Alias;
      do {
        compared = await production();
      } while ((compared.shadow!.comparisons![0]?.jobs ?? 0) === 0);
      await page.reload();
      const text = await section(page, 'production').locator('dl').innerText();
      expect(text).toMatch(/Disagreement\s+0 %/);
      expect(text).toMatch(/Jobs compared\s+1/);
      expect(await screenFaults(page)).toEqual([]);
    }));

  it('of a reader are looked at, and not touched', async () => {
    const { secret } = await client.request<{ secret: string }>('POST', '/v1/keys', {
      name: 'reader',
      scopes: ['read'],
    });
    await dashboard.visit('/models/ranker', { key: secret }, async (page) => {
      await section(page, 'production').waitFor();
      for (const name of ['Promote a version', 'Import', 'End the shadow'])
        expect(await page.getByRole('button', { name }).count()).toBe(0);
    });
  });
});
