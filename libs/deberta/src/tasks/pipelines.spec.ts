import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openSession } from '@heddle/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenPipeline, openPipeline, readPipeline } from './__parity__/check-pipeline.js';

const SHARED = process.env.D_FIX ?? join(import.meta.dirname, '../../../../../shared/fixtures/pipelines');
const folders = existsSync(SHARED) ? (await readdir(SHARED)).sort() : [];
if (folders.length === 0) console.warn('not run: ../shared/fixtures is missing');

const fixtures = await Promise.all(folders.map((folder) => readPipeline(join(SHARED, folder))));

describe.each(fixtures.map((fixture, i) => [folders[i]!, fixture] as const))('pipeline %s', (_, fixture) => {
  let pipeline: OpenPipeline;
  beforeAll(async () => {
    pipeline = await openPipeline(fixture, openSession);
  });
  afterAll(() => pipeline?.close());

  it('is complete', () => expect(fixture.items).toHaveLength(fixture.count));
  it.each(fixture.items)('$id', async (item) => expect(await pipeline.check(item)).toEqual([]));
});
