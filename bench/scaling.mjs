import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { comparePatterns, POLICY } from './scaling/compare.mjs';
import { scalingTable } from './scaling/page.mjs';
import { svgOf, textPlot } from './scaling/plots.mjs';

/** The seed whose figures docs/scaling.md shows. */
export const DOCS_SEED = 1;
const BEGIN = '<!-- generated: npm run bench -- scaling -->\n';
const END = '<!-- end -->\n';

/** Simulated, so nothing here depends on the machine; with the usual seed it writes docs/scaling.md's table and chart. */
export async function benchScaling({ seed = DOCS_SEED }) {
  const compared = comparePatterns(seed);
  for (const { pattern, scaled } of compared) console.log(`${pattern.title}\n${textPlot(scaled)}\n`);
  console.table(
    Object.fromEntries(
      compared.map(({ pattern, scaled, same_wait: wait, same_cost: cost }) => [
        pattern.name,
        {
          'p50 s': scaled.p50_s,
          'p95 s': scaled.p95_s,
          'worker-hours': scaled.worker_hours,
          'same p95: workers': wait.workers,
          'its worker-hours': wait.worker_hours,
          'same cost: workers': cost.workers,
          'its p95 s': cost.p95_s,
        },
      ]),
    ),
  );
  console.log(`Seed ${seed}; ${JSON.stringify(POLICY)}`);
  if (seed !== DOCS_SEED) return;
  const page = new URL('../docs/scaling.md', import.meta.url);
  // Written anew here rather than by `npm run docs`: these figures depend on no machine.
  await writeFile(page, withTable(await readFile(page, 'utf8'), compared));
  await mkdir(new URL('../docs/images/', import.meta.url), { recursive: true });
  await writeFile(new URL('../docs/images/scaling.svg', import.meta.url), svgOf(compared));
}

/** The page with the table of these figures. */
export function withTable(page, compared) {
  const [before] = page.split(BEGIN);
  const [, after] = page.split(END);
  return `${before}${BEGIN}\n${scalingTable(compared)}\n\n${END}${after}`;
}
