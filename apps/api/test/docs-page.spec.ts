import { chromiumPathIfAny, startBrowser, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApi, type TestApi } from './api.js';

const TIMEOUT_MS = 180_000;
/** Fetched once, a hundred megabytes. */
const chromium = await chromiumPathIfAny();
let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

it.runIf(chromium)(
  'the page of the document shows every operation, asks nobody else, and complains of nothing',
  { timeout: TIMEOUT_MS },
  async () => {
    const browser = await startBrowser(chromium!);
    try {
      await browser.open(`${api.url}/docs`);
      const shown = () => browser.evaluate<number>("document.querySelectorAll('.opblock').length");
      const toggle = (tag: string) =>
        browser.evaluate(`document.querySelector('.opblock-tag[data-tag="${tag}"]').click()`);
      const operations = Object.values(api.document.openApi.paths).flatMap((methods) =>
        Object.values(methods),
      );
      const countOf = new Map<string, number>();
      for (const {
        tags: [tag],
      } of operations)
        countOf.set(tag!, (countOf.get(tag!) ?? 0) + 1);
      expect([...countOf.keys()]).toEqual(
        expect.arrayContaining(['Jobs', 'OpenAI', 'Replicate', 'Hugging Face']),
      );
      const tags = () => browser.evaluate<number>("document.querySelectorAll('.opblock-tag').length");
      await waitFor(async () => (await tags()) === countOf.size, { timeoutMs: 60_000 });
      for (const [tag, count] of countOf) {
        await toggle(tag);
        await waitFor(async () => (await shown()) === count, { timeoutMs: 60_000 });
        await toggle(tag);
        await waitFor(async () => (await shown()) === 0, { timeoutMs: 60_000 });
      }
      // One that is opened shows its body, which a choice of forms makes the hardest.
      await toggle('Jobs');
      await waitFor(async () => (await shown()) === countOf.get('Jobs'), { timeoutMs: 60_000 });
      await browser.evaluate("document.querySelector('#operations-Jobs-createJob button').click()");
      const text = () => browser.evaluate<string>('document.body.innerText');
      await waitFor(async () => (await text()).includes('Request body'), { timeoutMs: 60_000 });
      expect(await text()).toContain('Submit a job');
      expect(browser.requests.length).toBeGreaterThan(3);
      expect(browser.requests.filter((url) => !url.startsWith(`${api.url}/`))).toEqual([]);
      expect(browser.complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  },
);
