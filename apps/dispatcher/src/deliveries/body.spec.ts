import { newUuid, toPublicId, type WebhookEvent } from '@heddle/contracts';
import { openStore, type Store } from '@heddle/store';
import { createMigratedDatabase, type TestDatabase, testManifest } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderBody } from './body.js';

let database: TestDatabase;
let store: Store;
let tenantId: string;
beforeAll(async () => {
  database = await createMigratedDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
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

describe('a prediction', () => {
  const PREDICTION_EVENTS = ['prediction.start', 'prediction.output', 'prediction.completed'];

  /** The bodies of a prediction that was answered with a label of so many bytes, by the type of their events. */
  async function bodiesOf(labelBytes: number, text = 'x'): Promise<Record<string, Record<string, unknown>>> {
    const manifest = testManifest({ maxTokens: 8 + labelBytes });
    const version = await store.models.addVersion({ tenantId, name: 'p', description: '', manifest });
    const id = newUuid();
    await store.jobs.submit({
      id,
      tenantId,
      versionId: version.id,
      alias: null,
      task: 'text-classification',
      parameters: {},
      inputs: [text],
      source: 'replicate',
      dialect: { model: 'acme/p', shape: 'text', rest: { top_k: 1 }, base: 'https://heddle.test' },
      webhook: { url: 'https://example.com/', events: PREDICTION_EVENTS },
      metadata: {},
      priority: 1,
      deadlineS: 600,
      cost: 1,
      idempotency: null,
    });
    let epoch = 0;
    await store.jobs.dispatch(version.id, 1, async (candidates) => {
      epoch = candidates[0]!.epoch;
      return candidates;
    });
    const worker = { id: newUuid(), leaseMs: 60_000 };
    const [claimed] = await store.jobs.claim([{ id, epoch }], worker);
    const output = { labels: [{ label: 'l'.repeat(labelBytes), score: 1 }] };
    await store.jobs.finish(
      [
        {
          id,
          attempt: claimed!.attempt,
          results: JSON.stringify([{ index: 0, output }]),
          succeeded: 1,
          failed: 0,
          usage: { tokens: 1, padded_tokens: 1, truncated: 0 },
          timing: { queue_ms: 1, tokenize_ms: 1, inference_ms: 1500 },
          error: null,
        },
      ],
      worker.id,
    );
    const events = await database.query<{ id: string; type: string }>(
      `SELECT id, type FROM webhook_events WHERE object_id = '${id}' AND type LIKE 'prediction.%'`,
    );
    const sources = await store.events.sources(events.map((event) => event.id));
    return Object.fromEntries(
      sources.map((source) => [source.type, JSON.parse(renderBody(source)) as Record<string, unknown>]),
    );
  }

  it('is told in its own form, without an envelope', async () => {
    const bodies = await bodiesOf(3);
    expect(Object.keys(bodies).sort()).toEqual(PREDICTION_EVENTS.toSorted());
    const { 'prediction.start': start, 'prediction.completed': completed } = bodies;
    expect(start).toMatchObject({ status: 'processing', output: null, completed_at: null, model: 'acme/p' });
    expect(completed).toMatchObject({
      status: 'succeeded',
      input: { text: 'x', top_k: 1 },
      output: { labels: [{ label: 'lll', score: 1 }] },
      metrics: { predict_time: 1.5 },
    });
    expect((completed!.urls as { get: string }).get).toBe(
      `https://heddle.test/replicate/v1/predictions/${String(completed!.id)}`,
    );
    expect(bodies['prediction.output']).toEqual(completed);
  });

  it('is sent without what is too large of it', async () => {
    const { 'prediction.completed': long } = await bodiesOf(70_000);
    expect(long).toMatchObject({
      status: 'succeeded',
      output: null,
      output_omitted: true,
      input: { text: 'x' },
    });
    const { 'prediction.completed': wide } = await bodiesOf(4, 'x'.repeat(70_000));
    expect(wide).toMatchObject({ input: {}, input_omitted: true });
    for (const body of [long, wide])
      expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThanOrEqual(65_536);
  });
});
