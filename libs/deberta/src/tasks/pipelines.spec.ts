import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openSession } from '@heddle/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenPipeline, openPipeline, readPipeline } from './__parity__/check-pipeline.js';
import { pipelineFixtures } from './__parity__/fixture-folders.js';

const root = pipelineFixtures();
const folders = (await readdir(root)).sort();
const fixtures = await Promise.all(
  folders.map(async (folder) => [folder, await readPipeline(join(root, folder))] as const),
);

describe.each(fixtures)('pipeline %s', (_, fixture) => {
  let pipeline: OpenPipeline;
  beforeAll(async () => {
    pipeline = await openPipeline(fixture, openSession);
  });
  afterAll(() => pipeline?.close());

  it('is complete', () => expect(fixture.items).toHaveLength(fixture.count));
  it.each(fixture.items)('$id', async (item) => expect(await pipeline.check(item)).toEqual([]));
});
