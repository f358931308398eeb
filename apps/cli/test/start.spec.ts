import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, createTestFolder, type TestDatabase } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heddle } from './cli.js';

/** Of onnxruntime-node; the image for GPUs installs it. */
const NVIDIA = 'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_shared.so';
const hasNvidia = existsSync(fileURLToPath(new URL(`../../../${NVIDIA}`, import.meta.url)));

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** Runs the process of an app to its end. */
async function start(
  app: string,
  more: Record<string, string> = {},
): Promise<{ status: number | null; stderr: string }> {
  const main = fileURLToPath(new URL(`../../${app}/dist/main.js`, import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH ?? '', HEDDLE_DATABASE_URL: database.url, HEDDLE_PORT: '0', ...more },
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stderr };
}

describe.each(['api', 'dispatcher', 'worker'])('the process %s', (app) => {
  it('asks for the setup when the database is empty', async () => {
    const { status, stderr } = await start(app);
    expect(stderr).toBe(
      'wrong-schema: The database has no Heddle schema, or an older one: run `npx heddle setup` ' +
        '(where Heddle brings its own Postgres, `npx heddle up`).\n',
    );
    expect(status).toBe(78);
  });
});

// In the image for GPUs, on a host with one, these providers work.
describe.skipIf(hasNvidia)('a provider that cannot be had', () => {
  const line = (provider: string) =>
    new RegExp(`^provider-unavailable: HEDDLE_PROVIDER=${provider} cannot be used here.* is missing.*\\.\n$`);

  it.each(['cuda', 'tensorrt'])('%s: ends the worker with status 78 and one line', async (provider) => {
    const { status, stderr } = await start('worker', { HEDDLE_PROVIDER: provider });
    expect(stderr).toMatch(line(provider));
    expect(status).toBe(78);
  });

  it('is found by the doctor', async () => {
    const env = { HEDDLE_DATABASE_URL: database.url, HEDDLE_PORT: '0', HEDDLE_PROVIDER: 'cuda' };
    const { status, stdout } = await heddle(['doctor'], { env });
    expect(stdout).toMatch(/^fail +provider +HEDDLE_PROVIDER=cuda cannot be used here on device 0: /m);
    expect(status).toBe(1);
  });

  it('ends `up` with status 78', async () => {
    const folder = await createTestFolder('heddle-provider-');
    try {
      const own = await createTestDatabase();
      const env = {
        HEDDLE_DATABASE_URL: own.url,
        HEDDLE_DATA_DIR: folder,
        HEDDLE_PORT: '0',
        HEDDLE_PROVIDER: 'cuda',
      };
      const { status, stderr } = await heddle(['up'], { env });
      expect(stderr).toContain('provider-unavailable: HEDDLE_PROVIDER=cuda cannot be used here');
      expect(status).toBe(78);
      await own.drop();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

it('the doctor names the provider', async () => {
  const { stdout } = await heddle(['doctor'], {
    env: { HEDDLE_DATABASE_URL: database.url, HEDDLE_PORT: '0' },
  });
  expect(stdout).toMatch(/^ok +provider +cpu, runs a small graph \(\d+ ms\)$/m);
});

describe('a database that no process can use', () => {
  it('is named by the command line too', async () => {
    const env = { HEDDLE_DATABASE_URL: database.url };
    const { status, stderr } = await heddle(['import', 'nowhere', '--name', 'x'], { env });
    expect([status, stderr]).toEqual([78, expect.stringContaining('run `npx heddle setup`')]);
  });
});
