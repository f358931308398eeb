import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import {
  chromiumPathIfAny,
  startDashboard,
  startHeddle,
  type TestDashboard,
  type TestHeddle,
} from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
/** What somebody on a slow line has to wait for, packed with gzip. */
const MAX_FIRST_LOAD_BYTES = 300_000;
/** A busy machine is no failure. */
const TIMEOUT_MS = 300_000;
const chromium = await chromiumPathIfAny();

describe.runIf(chromium)('the first load', { timeout: TIMEOUT_MS }, () => {
  let heddle: TestHeddle;
  let dashboard: TestDashboard;
  beforeAll(async () => {
    heddle = await startHeddle();
    dashboard = await startDashboard(heddle.url, chromium!);
  }, TIMEOUT_MS);
  afterAll(async () => {
    await dashboard?.close();
    await heddle?.stop();
  });

  it('has 300 kB at most, with the overview, and asks nobody else', async () => {
    const paths = await dashboard.visit('/', {}, async (page) => {
      const asked: URL[] = [];
      page.on('request', (request) => void asked.push(new URL(request.url())));
      await page.reload();
      await page.getByLabel('API key').fill(heddle.key);
      await page.keyboard.press('Enter');
      await page.getByRole('figure', { name: 'Jobs a second' }).waitFor();
      expect(asked.filter(({ origin }) => origin !== heddle.url)).toEqual([]);
      return new Set(asked.map(({ pathname }) => pathname).filter((path) => !path.startsWith('/v1/')));
    });
    const sizes = await Promise.all(
      [...paths].map(async (path) => {
        const file = await readFile(join(DIST, path === '/' ? 'index.html' : path));
        return gzipSync(file, { level: 9 }).length;
      }),
    );
    expect(paths.size).toBeGreaterThan(3);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(MAX_FIRST_LOAD_BYTES);
  });

  it('brings its files packed, and keeps them', () =>
    dashboard.visit('/', {}, async (page) => {
      const answers: Record<string, string>[] = [];
      page.on('response', (response) => {
        if (/\/assets\/.*\.(js|css)$/.test(response.url())) answers.push(response.headers());
      });
      await page.reload();
      await page.getByLabel('API key').waitFor();
      expect(answers.length).toBeGreaterThan(1);
      for (const headers of answers) expect(headers['cache-control']).toContain('immutable');
      expect(answers.filter((headers) => headers['content-encoding'] === 'br').length).toBeGreaterThan(1);
    }));
});
