import { type ExecutionPlan, newUuid } from '@heddle/contracts';
import { createMigratedDatabase, type TestDatabase, testManifest } from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openStore, type Store } from '../store.js';

let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await createMigratedDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
  store = await openStore(options);
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

const plan = (machine: string, tokens: number): ExecutionPlan => ({
  machine,
  lowering: 'gather',
  children: 2,
  threads: 1,
  classes: [{ length: 512, tokens }],
  measured: [{ lowering: 'gather', length: 512, sequences: tokens / 512, tokens_per_s: 1000 }],
  layouts: [],
  measured_at: new Date(1_700_000_000_000 + tokens).toISOString(),
});

it('a version has one plan for each kind of machine, the newest', async () => {
  const { id: tenantId } = await store.tenants.ensure('acme', 'Acme');
  const { id } = await store.models.addVersion({
    tenantId,
    name: 'm',
    description: '',
    manifest: testManifest(),
  });
  expect(await store.plans.listVersions('here')).toMatchObject([
    { id, model: 'm', number: 1, owner: 'acme', plan: null },
  ]);
  await store.plans.put(id, plan('here', 512));
  await store.plans.put(id, plan('here', 1024));
  await store.plans.put(id, plan('there', 2048));
  expect(await store.plans.of('here')).toEqual(new Map([[id, plan('here', 1024)]]));
  expect(await store.plans.of('elsewhere')).toEqual(new Map());
  expect(await store.plans.ofVersion(id)).toEqual([plan('there', 2048), plan('here', 1024)]);
  const [version] = await store.plans.listVersions('there');
  expect(version).toMatchObject({ id, plan: plan('there', 2048), manifest: { maxTokens: 512 } });
});

it('a version that went while it was measured has none', async () => {
  const id = newUuid();
  await store.plans.put(id, plan('lost', 512));
  expect(await store.plans.ofVersion(id)).toEqual([]);
  expect(await store.plans.of('lost')).toEqual(new Map());
});
