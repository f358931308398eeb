import type { AttentionOutput, Job } from '@heddle/contracts';
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

const PARTS = ['probs', 'total', 'c2c', 'c2p', 'p2c'] as const;
const TEXT = 'The cat sat on the mat.';
const TIMEOUT_MS = 300_000;
const chromium = await chromiumPathIfAny();

describe.runIf(chromium)('attention', { timeout: TIMEOUT_MS }, () => {
  let heddle: TestHeddle;
  let client: TestClient;
  let dashboard: TestDashboard;
  let output: AttentionOutput;
  beforeAll(async () => {
    heddle = await startHeddle();
    client = new TestClient(heddle.url, heddle.key);
    const job = await client.run({
      model: 'sentiment',
      task: 'attention',
      inputs: [TEXT],
      parameters: { parts: [...PARTS] },
    });
    output = job.results![0]!.output as AttentionOutput;
    dashboard = await startDashboard(heddle.url, chromium!);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await dashboard?.close();
    await heddle?.stop();
  });

  const open = <T>(look: (page: Page) => Promise<T>) =>
    dashboard.visit('/playground?model=sentiment&task=attention', { key: heddle.key }, async (page) => {
      await page.getByLabel('Text', { exact: true }).fill(TEXT);
      return look(page);
    });
  const run = async (page: Page) => {
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByRole('grid', { name: 'Heads by layer' }).first().waitFor();
  };
  const labelsOf = async (locator: ReturnType<Page['locator']>) =>
    Promise.all((await locator.all()).map((one) => one.getAttribute('aria-label')));
  const chosenHead = (page: Page) =>
    page.locator('[role=gridcell][aria-selected=true]').getAttribute('aria-label');
  const map = (page: Page) => page.getByRole('application');
  const readout = (page: Page) => page.locator('[role=status]', { hasText: 'From' });
  /** What the API says of a pair, as the page writes numbers. */
  const termsOf = (layer: number, head: number, from: number, to: number) =>
    PARTS.map((part) => (output.parts[part] as number[][][][])[layer]![head]![from]![to]!.toFixed(4));
  const termsShown = async (page: Page) =>
    (await readout(page).locator('dd').allInnerTexts()).map((text) => text.trim());

  it('shows every head, and the terms of the pair that is pointed at', () =>
    open(async (page) => {
      await run(page);
      const [layers, heads, n] = output.shape;
      expect(await page.getByRole('gridcell').count()).toBe(layers * heads);
      expect(await chosenHead(page)).toBe('Layer 0, head 0');
      expect(await termsShown(page)).toEqual(termsOf(0, 0, 0, 0));

      await page.getByRole('gridcell', { name: 'Layer 2, head 3' }).click();
      expect(await chosenHead(page)).toBe('Layer 2, head 3');
      await map(page).scrollIntoViewIfNeeded();
      const box = (await map(page).boundingBox())!;
      // From the third token to the second.
      await page.mouse.move(box.x + (1.5 / n) * box.width, box.y + (2.5 / n) * box.height);
      await readout(page).getByText(`${output.tokens[1]!.token}`).waitFor();
      expect(await readout(page).locator('b').allInnerTexts()).toEqual([
        output.tokens[2]!.token,
        output.tokens[1]!.token,
      ]);
      expect(await termsShown(page)).toEqual(termsOf(2, 3, 2, 1));
      const [, total, ...terms] = termsOf(2, 3, 2, 1).map(Number);
      expect(terms.reduce((sum, term) => sum + term, 0)).toBeCloseTo(total!, 3);

      const diagonal = (output.parts.probs as number[][][][])[2]![3]!;
      const pairs = Array.from({ length: n - 1 }, (_, at) => diagonal[at + 1]![at]!);
      const mean = pairs.reduce((sum, value) => sum + value, 0) / pairs.length;
      await page.getByText(`At -1: ${mean.toFixed(4)}, mean of ${n - 1} pairs`).waitFor();
      expect(await screenFaults(page)).toEqual([]);
    }));

  it('draws what is chosen: another part, another head', () =>
    open(async (page) => {
      await run(page);
      const picture = () =>
        page.evaluate<string>("document.querySelector('[role=application] canvas').toDataURL()");
      const seen = new Set([await picture()]);
      for (const part of ['Total', 'Content to content', 'Content to position', 'Position to content']) {
        await page
          .getByRole('radiogroup', { name: 'Part of the attention' })
          .getByText(part, { exact: true })
          .click();
        await page.getByRole('application', { name: `${part}, Layer 0, head 0` }).waitFor();
        seen.add(await picture());
      }
      await page.getByRole('gridcell', { name: 'Layer 1, head 2' }).click();
      seen.add(await picture());
      expect(seen.size).toBe(6);
    }));

  it('is gone through with the keyboard', () =>
    open(async (page) => {
      await run(page);
      await page.getByRole('gridcell', { name: 'Layer 0, head 0' }).focus();
      for (const key of ['ArrowDown', 'ArrowRight', 'ArrowRight', 'ArrowLeft'])
        await page.keyboard.press(key);
      expect(await chosenHead(page)).toBe('Layer 1, head 1');
      expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe(
        'Layer 1, head 1',
      );
      await page.keyboard.press('Tab');
      for (const key of ['ArrowDown', 'End', 'ArrowLeft']) await page.keyboard.press(key);
      const n = output.shape[3];
      expect(await termsShown(page)).toEqual(termsOf(1, 1, 1, n - 2));
    }));

  it('of some layers is of those layers', () =>
    open(async (page) => {
      await page.getByText('Parameters', { exact: true }).click();
      await page.getByLabel('Layers').fill('1, 3');
      await page.getByLabel('Heads').fill('2');
      await run(page);
      expect(await labelsOf(page.getByRole('gridcell'))).toEqual(['Layer 1, head 2', 'Layer 3, head 2']);
      await page.getByRole('gridcell', { name: 'Layer 3, head 2' }).click();
      expect(await termsShown(page)).toEqual(termsOf(3, 2, 0, 0));
    }));

  it('of two versions is looked at together', () =>
    open(async (page) => {
      await page.getByLabel('Compare with').selectOption('sentiment@1');
      await run(page);
      await page.getByRole('grid', { name: 'Heads by layer' }).nth(1).waitFor();
      await page.getByRole('gridcell', { name: 'Layer 2, head 1' }).last().click();
      expect(await labelsOf(page.locator('[role=gridcell][aria-selected=true]'))).toEqual([
        'Layer 2, head 1',
        'Layer 2, head 1',
      ]);
      expect(await screenFaults(page)).toEqual([]);
    }));

  it('of too long a text says what to ask for', () =>
    open(async (page) => {
      await page.getByLabel('Text', { exact: true }).fill('word '.repeat(600));
      await page.getByRole('button', { name: 'Run' }).click();
      const answer = page.getByRole('region', { name: 'Answer of sentiment' });
      await answer.getByText('input-too-long').waitFor();
      const link = await answer.getByRole('link', { name: 'the job' }).getAttribute('href');
      const job: Job = await client.get(link!.split('/').at(-1)!);
      expect(job.status).toBe('failed');
    }));
});
