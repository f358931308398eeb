/**
 * Writes docs/screenshots: every screen, light and dark, on a desktop and a phone, of a Heddle that is started for it. Ends with an error
 * where a page has one. `npm run screenshots -- jobs job` writes those screens alone.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import {
  chromiumPathIfAny,
  startDashboard,
  startHeddle,
  startTestPostgres,
  TestClient,
} from '@heddle/testing';
import { makeData } from './data.mjs';
import { withPalette } from './palette-png.mjs';
import { SCREENS, settled } from './screens.mjs';

const FOLDER = fileURLToPath(new URL('../../docs/screenshots', import.meta.url));
/** Pixels; a longer page is cut. */
const SIZES = { desktop: { width: 1280, min: 800, max: 1_600 }, phone: { width: 390, min: 844, max: 1_688 } };

const wanted = process.argv.slice(2);
const screens = SCREENS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const chromium = await chromiumPathIfAny();
if (!chromium) throw new Error('Pictures of pages need chromium: install it.');
await mkdir(FOLDER, { recursive: true });
const stops = [];
try {
  const postgres = await startTestPostgres();
  stops.push(() => postgres.stop());
  process.env.HEDDLE_TEST_POSTGRES_URL = postgres.url;
  const receiver = await startReceiver();
  stops.push(receiver.close);
  const heddle = await startHeddle({
    env: { HEDDLE_WEBHOOK_ALLOW_HTTP: 'true', HEDDLE_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8' },
  });
  stops.push(() => heddle.stop());
  const client = new TestClient(heddle.url, heddle.key);
  const data = await makeData({ client, heddle, receiver: receiver.url });
  const dashboard = await startDashboard(heddle.url, chromium);
  stops.push(() => dashboard.close());
  for (const colorScheme of ['light', 'dark'])
    for (const signedOut of [true, false]) {
      const some = screens.filter((screen) => (screen.signedOut ?? false) === signedOut);
      await dashboard.visit('/', { colorScheme, ...(signedOut ? {} : { key: heddle.key }) }, (page) =>
        takeAll(page, some, data, colorScheme),
      );
    }
} finally {
  for (const stop of stops.reverse()) await stop();
}

async function takeAll(page, some, data, colorScheme) {
  for (const { name, path, prepare } of some) {
    for (const [size, { width, min, max }] of Object.entries(SIZES)) {
      await page.setViewportSize({ width, height: min });
      await page.goto(path(data));
      await settled(page);
      await prepare?.(page);
      const height = await page.evaluate('document.documentElement.scrollHeight');
      await page.setViewportSize({ width, height: Math.min(Math.max(height, min), max) });
      await settled(page);
      const picture = withPalette(await page.screenshot());
      await writeFile(`${FOLDER}/${name}-${colorScheme}-${size}.png`, picture);
      console.log(`${name} ${colorScheme} ${size}: ${Math.ceil(picture.length / 1024)} KiB`);
    }
  }
}

/** Takes what comes to /orders, and has no use for anything else. */
async function startReceiver() {
  const server = createServer((request, response) => {
    request.resume();
    response
      .writeHead(request.url === '/orders' ? 204 : 503)
      .end(request.url === '/orders' ? '' : 'Closed for repairs.');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
