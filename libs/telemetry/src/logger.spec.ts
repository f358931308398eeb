import { spawnSync } from 'node:child_process';
import { createTestDatabase } from '@heddle/testing';
import { expect, it } from 'vitest';

/** Standard error of a process that logs what it meets on the way to a database. */
function logged(url: string, sql: string, pretty: boolean): string {
  const script = `
    import pg from 'pg';
    import { createLogger } from '@heddle/telemetry';
    const [url, sql, pretty] = process.argv.slice(1);
    const logger = createLogger({ process: 'spec', level: 'warn', pretty: pretty === 'true' });
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.query(sql);
    } catch (error) {
      logger.warn({ error, version: 'v1' }, 'queue connection lost');
    }
    await client.end().catch(() => {});`;
  const args = ['--input-type=module', '-e', script, url, sql, String(pretty)];
  return spawnSync(process.execPath, args, { encoding: 'utf8' }).stderr;
}

it('says an outage in one line, and a bug with its stack', async () => {
  const { url, query, drop } = await createTestDatabase();
  const name = new URL(url).pathname.slice(1);
  await query(`CREATE ROLE ${name} LOGIN PASSWORD 'x' CONNECTION LIMIT 0`);
  const refused = new URL(url);
  refused.username = name;
  refused.password = 'x';

  const tooMany = `too many connections for role "${name}" (53300)`;
  expect(JSON.parse(logged(refused.href, '', false))).toMatchObject({ error: tooMany, version: 'v1' });
  const line = logged(refused.href, '', true);
  expect(line.trimEnd().split('\n')).toHaveLength(1);
  expect(line).toContain(`queue connection lost version="v1": ${tooMany}`);

  const bug = JSON.parse(logged(url, 'SELECT nothing', false)) as { error: { stack: string } };
  expect(bug.error.stack).toContain('column "nothing" does not exist');

  await query(`DROP ROLE ${name}`);
  await drop();
});
