import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, type TestDatabase } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heddle } from './cli.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** Runs the process of an app to its end. */
async function start(app: string): Promise<{ status: number | null; stderr: string }> {
  const main = fileURLToPath(new URL(`../../${app}/dist/main.js`, import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env.PATH ?? '', HEDDLE_DATABASE_URL: database.url, HEDDLE_PORT: '0' },
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

describe('a database that no process can use', () => {
  it('is named by the command line too', async () => {
    const env = { HEDDLE_DATABASE_URL: database.url };
    const { status, stderr } = await heddle(['import', 'nowhere', '--name', 'x'], { env });
    expect([status, stderr]).toEqual([78, expect.stringContaining('run `npx heddle setup`')]);
  });
});
