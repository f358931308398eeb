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
      const isNative = (path: string) => !/^\/(replicate|openai|cohere|jina|tei|hf|oip)\//.test(path);
      const documented = Object.entries(api.document.openApi.paths).flatMap(([path, methods]) =>
        isNative(path) ? Object.keys(methods) : [],
      ).length;
      await waitFor(async () => (await shown()) === documented, { timeoutMs: 60_000 });
      // One that is opened shows its body, which a choice of forms makes the hardest.
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
