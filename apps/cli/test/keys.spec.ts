import type { ApiKey, Page, Tenant } from '@heddle/contracts';
import { startHeddle, type TestHeddle } from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { heddle } from './cli.js';

let system: TestHeddle;
let env: Record<string, string>;
beforeAll(async () => {
  system = await startHeddle();
  env = { HEDDLE_URL: system.url, HEDDLE_API_KEY: system.key };
});
afterAll(() => system.stop());

const run = async (...args: string[]) => {
  const { status, stdout, stderr } = await heddle(args, { env });
  expect([status, stderr]).toEqual([0, expect.not.stringContaining('request req_')]);
  return stdout;
};
const statusOf = async (key: string) =>
  (await fetch(`${system.url}/v1/me`, { headers: { authorization: `Bearer ${key}` } })).status;

it('keys are made, listed and deleted over HTTP', async () => {
  const secret = (
    await run('keys', 'create', '--name', 'ci', '--scopes', 'infer', '--rate-limit', '90')
  ).trim();
  expect(secret).toMatch(/^hdl_[0-9A-Za-z]{36}$/);
  expect(await statusOf(secret)).toBe(200);
  const { data } = JSON.parse(await run('keys', 'list', '--json')) as Page<ApiKey>;
  const key = data.find(({ name }) => name === 'ci')!;
  expect(key).toMatchObject({ scopes: ['infer'], rate_limit_per_min: 90, prefix: secret.slice(0, 8) });
  expect(await run('keys', 'list')).toMatch(new RegExp(`^${key.id} +ci +${key.prefix} +infer +90 +- `, 'm'));
  expect(await run('keys', 'delete', key.id)).toBe('');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(await statusOf(secret)).toBe(401);
});

it('refusals of keys name what is wrong', async () => {
  const late = await heddle(['keys', 'create', '--expires', '2020-01-01T00:00:00Z'], { env });
  expect([late.status, late.stderr]).toEqual([
    5,
    expect.stringContaining('/expires_at: must be in the future'),
  ]);
  const own = await heddle(['keys', 'create'], { env: { HEDDLE_URL: system.url } });
  expect([own.status, own.stdout, own.stderr]).toEqual([3, '', expect.stringContaining('HEDDLE_API_KEY')]);
});

it('tenants are made, limited, suspended and resumed', async () => {
  const secret = (
    await run('tenants', 'create', 'umbrella', '--name', 'Umbrella', '--rate-limit', '70')
  ).trim();
  expect(await statusOf(secret)).toBe(200);
  const updated = await run(
    'tenants',
    'update',
    'umbrella',
    '--rate-limit',
    'default',
    '--max-queued',
    '5',
    '--json',
  );
  expect(JSON.parse(updated)).toMatchObject({
    slug: 'umbrella',
    name: 'Umbrella',
    limits: { rate_limit_per_min: null, max_queued_items_per_tenant: 5 },
  } satisfies Partial<Tenant>);
  expect(await run('tenants', 'suspend', 'umbrella')).toContain('suspended');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(await statusOf(secret)).toBe(403);
  expect(await run('tenants', 'resume', 'umbrella')).toContain('active');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(await statusOf(secret)).toBe(200);
  expect(await run('tenants', 'list')).toMatch(/^umbrella +Umbrella +default +5 +active /m);
});
