import type { Alias, Model } from '@heddle/contracts';
import { openStore } from '@heddle/store';
import { startHeddle, type TestHeddle, testManifest } from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { heddle } from './cli.js';

let system: TestHeddle;
let env: Record<string, string>;
beforeAll(async () => {
  system = await startHeddle();
  env = { HEDDLE_URL: system.url, HEDDLE_API_KEY: system.key };
  const store = await openStore({
    url: system.database.url,
    applicationName: 'spec',
    onPoolError: () => undefined,
  });
  const [tenant] = await system.database.query<{ id: string }>(
    `SELECT tenant_id AS id FROM api_keys ORDER BY id DESC LIMIT 1`,
  );
  for (const seed of ['a', 'b']) {
    const source = { sha256: seed.repeat(64), compiler: 'test' };
    const manifest = testManifest({ source });
    await store.models.addVersion({ tenantId: tenant!.id, name: 'mine', description: '', manifest });
  }
  await store.close();
}, 120_000);
afterAll(() => system.stop());

const run = (...args: string[]) => heddle(args, { env });
const json = async <T>(...args: string[]) => JSON.parse((await run(...args, '--json')).stdout) as T;

it('are gated, forced, tried out, and tell what became of them', { timeout: 120_000 }, async () => {
  const rules = ['--gate', 'f1:drop<=0.005', '--gate', 'f1>=0.9'];
  expect(await json<Model>('models', 'update', 'mine', ...rules)).toMatchObject({
    gates: [
      { metric: 'f1', max_drop: 0.005 },
      { metric: 'f1', min: 0.9 },
    ],
    gated: ['production'],
  });
  const blocked = await run('aliases', 'set', 'mine@production', '2');
  expect([blocked.status, blocked.stderr]).toEqual([
    5,
    expect.stringMatching(/^promotion-blocked: .*f1 \(min 0.9: no evaluation tells\)/),
  ]);
  expect(await json<Alias>('aliases', 'set', 'mine@production', '2', '--force')).toMatchObject({
    version_number: 2,
  });
  expect((await json<Model>('models', 'update', 'mine', '--no-gates')).gates).toEqual([]);
  const rule = [
    '--canary',
    '1:10',
    '--shadow',
    '1',
    '--rollback',
    'error:0.05',
    '--rollback',
    'disagreement:0.1',
  ];
  expect(await json<Alias>('aliases', 'set', 'mine@production', '2', ...rule)).toMatchObject({
    canary: {
      ...{ version_number: 1, percent: 10 },
      rollback: { max_error_rate: 0.05, max_disagreement: 0.1, min_jobs: 100 },
    },
    shadow: { version_number: 1, comparisons: [] },
  });
  const history = (await run('aliases', 'history', 'mine@production')).stdout.trim().split('\n');
  expect(history).toHaveLength(5);
  expect(history[1]).toMatch(/ \+ ver_\w+ \(10 %\) \/ ver_\w+ +- +- +- *$/);
  expect(history[2]).toMatch(/ - +yes +- *$/);
  expect(history[3]).toMatch(/promotion-blocked *$/);
  expect(await json<Alias>('aliases', 'set', 'mine@production', '2')).toMatchObject({ canary: null });
  const stale = await run('aliases', 'set', 'mine@production', '1', '--if-match', '"x"');
  expect(stale.stderr).toMatch(/^precondition-failed/);
  const [, shown] = (await run('aliases', 'get', 'mine@production')).stdout.split('\n');
  const etag = /"\w+"/.exec(shown!)![0];
  expect((await run('aliases', 'set', 'mine@production', '1', '--if-match', etag)).status).toBe(0);
  expect((await run('aliases', 'delete', 'mine@production', '--if-match', etag)).stderr).toMatch(
    /^precondition-failed/,
  );
  const unknown = await run('aliases', 'set', 'mine@production', '2', '--evaluation', 'evl_x');
  expect([unknown.status, unknown.stderr]).toEqual([4, expect.stringContaining('/evaluation')]);
  const ruleOfNothing = await run('aliases', 'set', 'mine@production', '1', '--rollback', 'error:0.1');
  expect([ruleOfNothing.status, ruleOfNothing.stderr]).toEqual([2, expect.stringMatching(/--canary/)]);
});
