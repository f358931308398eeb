import { newUuid, toPublicId, type WebhookEvent } from '@heddle/contracts';
import { migrate, openStore, type Store } from '@heddle/store';
import { createTestDatabase, type TestDatabase, testManifest } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderBody } from './body.js';

let database: TestDatabase;
let store: Store;
let tenantId: string;
beforeAll(async () => {
  database = await createTestDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
  await migrate(options);
  store = await openStore(options);
  tenantId = (await store.tenants.ensure('acme', 'Acme')).id;
  const webhook = {
    tenantId,
    url: 'https://example.com/',
    events: ['*'],
    description: '',
    maxInFlight: 8,
    secret: 'x',
  };
  await store.webhooks.create(
    { ...webhook, idempotency: null },
    { key: null, name: 'spec', requestId: null },
  );
});
afterAll(async () => {
  await store.close();
  await database.drop();
});

async function bodyOf(objectId: string): Promise<{ bytes: number; data: Record<string, unknown> }> {
  const events = await database.query<{ id: string }>(
    `SELECT id FROM webhook_events WHERE object_id = '${objectId}' ORDER BY id DESC LIMIT 1`,
  );
  const [source] = await store.events.sources([events[0]!.id]);
  const body = renderBody(source!);
  const { data } = JSON.parse(body) as WebhookEvent<Record<string, unknown>>;
  return { bytes: Buffer.byteLength(body), data };
}

describe('a body that would be too large', () => {
  it('leaves out the labels of a version', async () => {
    const labels = Array.from({ length: 5_000 }, (_, i) => `a label of some length, number ${i}`);
    const manifest = { ...testManifest(), labels };
    const { id } = await store.models.addVersion({ tenantId, name: 'm', description: '', manifest });
    const { bytes, data } = await bodyOf(id);
    expect(bytes).toBeLessThanOrEqual(65_536);
    expect(data).toMatchObject({
      id: toPublicId('version', id),
      status: 'ready',
      labels: null,
      labels_omitted: true,
    });
  });

  it('leaves out the errors of a batch, and its parameters', async () => {
    const manifest = testManifest({ maxTokens: 99 });
    const version = await store.models.addVersion({ tenantId, name: 'b', description: '', manifest });
    const file = { tenantId, purpose: 'batch', filename: 'x', bytes: 1, sha256: '0'.repeat(64) } as const;
    const { id: fileId } = await store.files.reserve({ ...file, expiresInS: null, idempotency: null });
    await store.files.markStored(tenantId, fileId);
    const { id } = await store.batches.create({
      tenantId,
      versionId: version.id,
      alias: null,
      task: 'text-classification',
      parameters: { candidate_labels: ['x'.repeat(70_000)] },
      priority: 2,
      invalidLines: 'reject',
      windowS: 3600,
      fileId,
      webhook: null,
      metadata: {},
      idempotency: null,
    });
    const error = (line: number) => ({
      line,
      code: 'validation' as const,
      message: 'm'.repeat(700),
      custom_id: newUuid(),
    });
    const errors = Array.from({ length: 100 }, (_, i) => error(i + 1));
    await store.batches.fail((await store.batches.claim(60_000))!, { errors, errorCount: 4_711 }, 60);
    const { bytes, data } = await bodyOf(id);
    expect(bytes).toBeLessThanOrEqual(65_536);
    expect(data).toMatchObject({
      object: 'batch',
      status: 'failed',
      error_count: 4_711,
      errors: null,
      errors_omitted: true,
      parameters: null,
      parameters_omitted: true,
    });
  });
});
