/**
 * Measures what docs/dashboard.md says of the dashboard's speed: `npm run measure:dashboard -- [jobs in the database]`. Starts a Heddle,
 * fills its database with jobs of a month that have ended, and prints medians of what a person waits for in Chromium.
 */
import { chromiumPathIfAny, startDashboard, startHeddle, startTestPostgres } from '@heddle/testing';
import { fill } from '../bench/platform/finished-rows.mjs';

const JOBS = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = 7;
/** Every so many jobs have failed. */
const FAILED_EVERY = 200;
const SCROLL_MS = 4_000;
const PIXELS_A_FRAME = 60;

const chromium = await chromiumPathIfAny();
if (!chromium) throw new Error('Chromium is needed: install it.');
const stops = [];
try {
  const postgres = await startTestPostgres();
  stops.push(() => postgres.stop());
  process.env.HEDDLE_TEST_POSTGRES_URL = postgres.url;
  const heddle = await startHeddle();
  stops.push(() => heddle.stop());
  await fillJobs(heddle.database);
  const dashboard = await startDashboard(heddle.url, chromium);
  stops.push(() => dashboard.close());
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measure(dashboard, heddle.key));
  for (const what of Object.keys(rounds[0])) {
    const values = rounds.map((round) => round[what]).sort((a, b) => a - b);
    console.log(
      `${what}: ${Math.round(values[ROUNDS >> 1])} (${Math.round(values[0])} … ${Math.round(values.at(-1))})`,
    );
  }
} finally {
  for (const stop of stops.reverse()) await stop();
}

async function fillJobs(database) {
  const [{ tenant_id: tenantId }] = await database.query(
    "SELECT id AS tenant_id FROM tenants WHERE slug = 'default'",
  );
  const [{ id: versionId }] = await database.query(
    "SELECT v.id FROM versions v JOIN models m ON m.id = v.model_id WHERE m.name = 'sentiment' LIMIT 1",
  );
  await fill(database, { tenantId, versionId }, JOBS);
  const error = {
    code: 'input-too-long',
    message: 'The input has 600 tokens; the version takes 512.',
    retryable: false,
  };
  await database.query(
    `UPDATE jobs SET state = 'failed', error = '${JSON.stringify(error)}', succeeded = 0, failed = 1
      WHERE ('x' || right(id::text, 4))::bit(16)::int % ${FAILED_EVERY} = 0`,
  );
  await database.query('VACUUM ANALYZE jobs');
}

/** Milliseconds each, but for what says otherwise. */
async function measure(dashboard, key) {
  const found = {};
  const timed = async (what, work) => {
    const started = performance.now();
    await work();
    found[what] = performance.now() - started;
  };
  await dashboard.visit('/nowhere', { key }, async (page) => {
    const rows = page.locator('section[aria-label=Jobs] tbody tr[aria-rowindex]');
    // What is kept of the visit so far is thrown away: everything is loaded as for the first time.
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Network.setCacheDisabled', { cacheDisabled: true });
    await timed('overview, first load (ms)', async () => {
      await page.goto('/');
      await page.getByRole('figure', { name: 'Jobs a second' }).waitFor();
    });
    await timed('job list, first load (ms)', async () => {
      await page.goto('/jobs');
      await rows.first().waitFor();
    });
    await devtools.send('Network.setCacheDisabled', { cacheDisabled: false });
    Object.assign(found, await page.evaluate(SCROLL));
    await timed('filter by status (ms)', async () => {
      await page.getByRole('group', { name: 'Status' }).getByText('failed').click();
      await rows.filter({ hasText: 'failed' }).first().waitFor();
      await rows.filter({ hasText: 'succeeded' }).first().waitFor({ state: 'detached' });
    });
    await timed('filter by a model that nobody used (ms)', async () => {
      await page.goto('/jobs?model=topic');
      await page.getByText('No job is like this').waitFor();
    });
    await timed('filter by a month ago (ms)', async () => {
      const before = new Date(Date.now() - 29 * 86_400_000).toISOString().slice(0, 16);
      await page.goto(`/jobs?before=${encodeURIComponent(before)}`);
      await rows.first().waitFor();
    });
  });
  return found;
}

/** Scrolls as fast as frames come and asks for more at each end; how long frames took, and how many jobs there are at last. */
const SCROLL = `new Promise((resolve) => {
  const scroller = document.querySelector('section[aria-label=Jobs]');
  const frames = [];
  const began = performance.now();
  let last = began;
  const frame = (now) => {
    frames.push(now - last);
    last = now;
    scroller.scrollTop += ${PIXELS_A_FRAME};
    if (now - began < ${SCROLL_MS}) return requestAnimationFrame(frame);
    frames.sort((a, b) => a - b);
    resolve({
      'scrolling, half of the frames (ms)': frames[frames.length >> 1],
      'scrolling, 99 % of the frames (ms)': frames[Math.floor(frames.length * 0.99)],
      'jobs scrolled to': Math.round(scroller.scrollTop / 40),
      'rows in the page': document.querySelectorAll('section[aria-label=Jobs] tbody tr').length,
    });
  };
  requestAnimationFrame(frame);
})`;
