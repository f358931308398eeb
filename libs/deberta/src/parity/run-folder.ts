import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSession } from '@heddle/runtime';
import { z } from 'zod';
import { relativeRow } from '../graph/positions/relative-row.js';
import { openPipeline, readPipeline } from '../tasks/__parity__/check-pipeline.js';
import { runTokenizerFixture } from '../tokenizer/__parity__/tokenizer-fixtures.js';
import { forwardOutcomes } from './forward.js';
import { failed, type Outcome, passed, thrown } from './outcome.js';
import { rejectOutcomes } from './reject.js';

const MANIFEST = 'manifest.json';
const header = z.object({
  format: z.literal('deberta-fixtures/1'),
  kind: z.enum(['checkpoint', 'pipeline', 'tokenizer', 'hostile', 'tables']),
});
const RUNNERS: Record<z.output<typeof header>['kind'], (folder: string) => Promise<Outcome[]>> = {
  checkpoint: forwardOutcomes,
  pipeline: pipelineOutcomes,
  tokenizer: tokenizerOutcomes,
  hostile: rejectOutcomes,
  tables: tableOutcomes,
};

/** Every folder below `root` (itself included) that holds a manifest.json, in alphabetical order. */
export async function fixtureFolders(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true });
  if (entries.some((entry) => entry.name === MANIFEST)) return [root];
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(root, entry.name));
  return (await Promise.all(folders.sort().map(fixtureFolders))).flat();
}

/** Runs every case of one fixture folder. A folder that cannot be run is one failed case. */
export async function runFixture(folder: string): Promise<Outcome[]> {
  try {
    const { kind } = header.parse(JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')));
    return await RUNNERS[kind](folder);
  } catch (error) {
    return [thrown(MANIFEST, error)];
  }
}

async function pipelineOutcomes(folder: string): Promise<Outcome[]> {
  const fixture = await readPipeline(folder);
  const pipeline = await openPipeline(fixture, (path) => openSession(path));
  const outcomes: Outcome[] = [];
  if (fixture.items.length !== fixture.count)
    outcomes.push(failed('count', `${fixture.items.length} items instead of ${fixture.count}`));
  for (const item of fixture.items) {
    const faults = await pipeline.check(item).catch((error: unknown) => [thrown(item.id, error).fault!]);
    outcomes.push(faults.length > 0 ? failed(item.id, faults.join('; ')) : passed(item.id));
  }
  await pipeline.close();
  return outcomes;
}

async function tokenizerOutcomes(folder: string): Promise<Outcome[]> {
  const results = await runTokenizerFixture(folder);
  return results.map(({ id, kind, fault }) => ({ id: `${id} ${kind}`, fault, error: null }));
}

const rows = z.object({
  items: z.array(
    z.object({
      position_buckets: z.int(),
      max_relative_positions: z.int(),
      length: z.int(),
      rows: z.array(z.int()),
    }),
  ),
});
const tables = z.object({
  cases: z.array(z.object({ id: z.string(), table: z.string(), file: z.string() })),
});

async function tableOutcomes(folder: string): Promise<Outcome[]> {
  const { cases } = tables.parse(JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')));
  const outcomes: Outcome[] = [];
  for (const { id, table, file } of cases) {
    if (table !== 'relative-rows') {
      outcomes.push(failed(id, `the table ${table} is unknown`));
      continue;
    }
    const { items } = rows.parse(JSON.parse(await readFile(join(folder, file), 'utf8')));
    for (const [index, item] of items.entries()) outcomes.push(rowsOutcome(`${id}/${index}`, item));
  }
  return outcomes;
}

function rowsOutcome(id: string, item: z.output<typeof rows>['items'][number]): Outcome {
  const { position_buckets: buckets, max_relative_positions: maxDistance, length } = item;
  const span = buckets > 0 ? buckets : maxDistance;
  const wrong = item.rows.findIndex(
    (row, k) => row !== relativeRow(k - (length - 1), { span, buckets, maxDistance }),
  );
  const isComplete = item.rows.length === 2 * length - 1;
  return wrong < 0 && isComplete ? passed(id) : failed(id, `distance ${wrong - (length - 1)} differs`);
}
