/**
 * Measures what docs/dashboard.md says of attention: `npm run measure:attention`. Starts a Heddle, imports a model of 12 layers of 12
 * heads with random weights, asks in Chromium for the attention of 128 tokens, and prints what it takes to look at another head, another
 * part, another pair.
 */

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromiumPathIfAny, startDashboard, startHeddle, startTestPostgres } from '@heddle/testing';
import { generateCheckpoint, SHAPES } from '../bench/generate-checkpoint.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** As many layers and heads as DeBERTa-v3-base, and small otherwise: the page draws the same. */
const SHAPE = { ...SHAPES['v3-base'], hidden: 96, intermediate: 192, vocab: 10_001 };
/** With [CLS] and [SEP] 128 tokens. */
const TEXT = 'the '.repeat(126).trim();
const ROUNDS = 40;
/** All parts of all heads are some 60 MB. */
const PATIENCE_MS = 300_000;

/** Milliseconds from an action to the end of the frame that shows it; and of the work that the action itself is. */
const MEASURE = `(async () => {
  const shown = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  const timed = async (count, act) => {
    const frames = [];
    const work = [];
    for (let round = 0; round < count; round++) {
      await shown();
      const started = performance.now();
      act(round);
      work.push(performance.now() - started);
      await shown();
      frames.push(performance.now() - started);
    }
    return { frames, work };
  };
  const heads = [...document.querySelectorAll('[role=gridcell]')];
  const parts = [...document.querySelectorAll('[role=radiogroup][aria-label="Part of the attention"] input')];
  const map = document.querySelector('[role=application]');
  const head = await timed(${ROUNDS}, (round) => heads[(round * 37 + 1) % heads.length].click());
  const part = await timed(10, (round) => parts[(round + 1) % parts.length].click());
  const box = map.getBoundingClientRect();
  const pair = await timed(${ROUNDS}, (round) =>
    map.dispatchEvent(new PointerEvent('pointermove', { bubbles: true, clientX: box.left + 3 + round * 7, clientY: box.top + 3 + round * 5 })));
  return {
    'another head, to the frame that shows it (ms)': head.frames,
    'another head, work (ms)': head.work,
    'another part of all heads, to the frame that shows it (ms)': part.frames,
    'another part of all heads, work (ms)': part.work,
    'another pair, to the frame that shows it (ms)': pair.frames,
    'another pair, work (ms)': pair.work,
  };
})()`;

const chromium = await chromiumPathIfAny();
if (!chromium) throw new Error('Chromium is needed: install it.');
const stops = [];
try {
  const postgres = await startTestPostgres();
  stops.push(() => postgres.stop());
  process.env.HEDDLE_TEST_POSTGRES_URL = postgres.url;
  const heddle = await startHeddle();
  stops.push(() => heddle.stop());
  const folder = await mkdtemp(join(tmpdir(), 'heddle-attention-'));
  stops.push(() => rm(folder, { recursive: true }));
  await generateCheckpoint(folder, SHAPE);
  await promisify(execFile)(
    process.execPath,
    ['apps/cli/dist/main.js', 'versions', 'import', folder, '--model', 'base', '--create', '--wait'],
    { cwd: ROOT, env: { ...process.env, HEDDLE_URL: heddle.url, HEDDLE_API_KEY: heddle.key } },
  );
  const dashboard = await startDashboard(heddle.url, chromium);
  stops.push(() => dashboard.close());
  await dashboard.visit('/playground?model=base&task=attention', { key: heddle.key }, async (page) => {
    await page.getByLabel('Text', { exact: true }).fill(TEXT);
    const started = performance.now();
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByRole('gridcell', { name: 'Layer 11, head 11' }).waitFor({ timeout: PATIENCE_MS });
    console.log(`from Run to the heads (ms): ${Math.round(performance.now() - started)}`);
    console.log(`heads: ${await page.getByRole('gridcell').count()}`);
    for (const [what, times] of Object.entries(await page.evaluate(MEASURE)))
      console.log(`${what}: ${text(times)}`);
  });
} finally {
  for (const stop of stops.reverse()) await stop();
}

function text(times) {
  const sorted = [...times].sort((a, b) => a - b);
  return `${sorted[sorted.length >> 1].toFixed(1)} (${sorted[0].toFixed(1)} … ${sorted.at(-1).toFixed(1)})`;
}
