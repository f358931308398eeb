import { readFile } from 'node:fs/promises';
import { createTestDatabase, testManifest } from '@heddle/testing';
import { expect, it } from 'vitest';
import { openStore } from '../store.js';
import { migrate, pendingMigrations, revertNewest } from './migrations.js';

/** The newest migration of the release before, and rows that its processes may have left. */
const NEWEST_THEN = 'index-open-jobs1764310000000';
const ROWS = new URL('./__fixtures__/previous-release.sql', import.meta.url);
const id = (end: number) => `00000000-0000-7000-8000-${String(end).padStart(12, '0')}`;
const ACME = id(2);

it('the schema of the release before takes its rows up to this one, and back', {
  timeout: 60_000,
}, async () => {
  const { url, query, drop } = await createTestDatabase();
  const options = { url, applicationName: 'spec', onPoolError: () => undefined };
  await migrate(options);
  const newest = async () =>
    (await query<{ name: string }>('SELECT name FROM migrations ORDER BY timestamp DESC LIMIT 1'))[0]!.name;
  const goBack = async () => {
    while ((await newest()) !== NEWEST_THEN) await revertNewest(options);
  };
  await goBack();
  const manifest = `'${JSON.stringify(testManifest())}'`;
  await query((await readFile(ROWS, 'utf8')).replaceAll(':manifest', manifest));
  const columns = await query<{ table: string; column: string }>(COLUMNS);
  const before = await contents(query, columns);
  for (const [table, rows] of Object.entries(before)) expect(rows, table).not.toEqual([]);

  await migrate(options);
  expect(await contents(query, columns)).toEqual(before);
  await checkServed(options);
  const after = await contents(query, columns);

  await goBack();
  expect(await query(COLUMNS)).toEqual(columns);
  expect(await contents(query, columns)).toEqual(after);
  await migrate(options);
  expect(await pendingMigrations(options)).toEqual([]);
  expect(await contents(query, columns)).toEqual(after);
  await drop();
});

/** What the release before accepted is there, is run, and ends. */
async function checkServed(options: Parameters<typeof openStore>[0]): Promise<void> {
  const store = await openStore(options);
  const all = { inputs: true, results: true };
  expect(await store.jobs.find(ACME, id(53), all)).toMatchObject({
    state: 'succeeded',
    inputs: ['a text'],
    results: [{ index: 0 }],
    source: 'native',
  });
  expect(await store.jobs.find(id(1), id(53), all)).toBeNull();
  expect((await store.jobs.findByKey(ACME, 'first'))?.id).toBe(id(51));
  const { queued } = await store.jobs.giveBackExpiredLeases();
  expect(queued).toEqual([id(52)]);
  const entries: { id: string; epoch: number }[] = [];
  await store.jobs.dispatch(id(31), 10, async (chosen) => {
    entries.push(...chosen);
  });
  const worker = { id: id(99), leaseMs: 60_000 };
  const claimed = await store.jobs.claim(entries, worker);
  expect(claimed.map((job) => job.id).sort()).toEqual([id(51), id(52)]);
  const ended = {
    results: '[{"index": 0}]',
    succeeded: 1,
    failed: 0,
    usage: { tokens: 3, padded_tokens: 3, truncated: 0 },
    timing: { queue_ms: 1, tokenize_ms: 1, inference_ms: 1 },
    error: null,
  };
  const finished = claimed.map((job) => ({ id: job.id, attempt: job.attempt, ...ended }));
  expect(await store.jobs.finish(finished, worker.id)).toHaveLength(2);
  expect(await store.jobs.purge(ACME, id(53))).toBe('purged');
  await store.close();
}

const COLUMNS = `SELECT table_name AS table, column_name AS column FROM information_schema.columns
  WHERE table_schema = 'public' AND table_name <> 'migrations' ORDER BY table_name, ordinal_position`;

/** All rows of every table, in the columns that are asked for. */
async function contents(
  query: <Row>(sql: string) => Promise<Row[]>,
  columns: { table: string; column: string }[],
): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {};
  for (const table of new Set(columns.map((one) => one.table))) {
    const names = columns.filter((one) => one.table === table).map((one) => `"${one.column}"`);
    found[table] = await query(
      `SELECT ${names.join(', ')} FROM ${table} ORDER BY ${names.join('::text, ')}::text`,
    );
  }
  return found;
}
