/** What a tenant that has worked for a while has: jobs of each task, a batch, a model of its own, evaluations, webhooks, keys. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { waitFor } from '@heddle/testing';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HOUR_MIN = 60;
const HOURS = 6;
/** Imports and evaluations take some seconds on a small machine. */
const PATIENCE = { timeoutMs: 180_000 };

/** Ids and names of what the screens of one object show. `receiver` takes webhooks, `heddle` is a TestHeddle. */
export async function makeData({ client, heddle, receiver }) {
  const texts = JSON.parse(await readFile(new URL('../reference/texts.json', import.meta.url), 'utf8'));
  await heddle.start('worker 2');
  const webhooks = await makeWebhooks(client, receiver);
  await makeKeys(client);
  await makeModel(heddle);
  const batches = await makeBatches(client, texts.topic);
  const evaluations = await makeEvaluations(client, texts.sentiment);
  const job = await makeJobs(client, texts);
  await makeHistory(heddle);
  await makeWaiting(client, texts.topic);
  return { job, ...batches, model: 'reviews', evaluations, evaluation: evaluations.at(-1), ...webhooks };
}

async function makeWebhooks(client, receiver) {
  const { id: webhook } = await client.request('POST', '/v1/webhooks', {
    url: `${receiver}/orders`,
    events: ['job.*', 'batch.succeeded'],
    description: 'Order desk',
  });
  const { id: failingWebhook } = await client.request('POST', '/v1/webhooks', {
    url: `${receiver}/broken`,
    events: ['evaluation.*', 'version.ready'],
    description: 'Model review',
  });
  return { webhook, failingWebhook };
}

async function makeKeys(client) {
  const later = new Date(Date.now() + 90 * 86_400_000).toISOString();
  for (const [name, scopes, more] of [
    ['Shop', ['infer'], { rate_limit_per_min: 1_200 }],
    ['Reporting', ['read'], { expires_at: later }],
    ['Nightly batch', ['infer', 'read'], {}],
    ['Release pipeline', ['infer', 'read', 'manage'], {}],
  ])
    await client.request('POST', '/v1/keys', { name, scopes, ...more });
  for (const [slug, name] of [
    ['acme', 'Acme Shops'],
    ['northwind', 'Northwind Traders'],
    ['initech', 'Initech'],
  ])
    await client.request('POST', '/v1/tenants', { slug, name });
  await client.request('PATCH', '/v1/tenants/initech', { suspended: true });
  const limits = { rate_limit_per_min: 6_000, max_queued_items_per_tenant: 50_000 };
  await client.request('PATCH', '/v1/tenants/acme', { limits });
}

/** Two versions of one model: as it came, and in whole numbers. */
async function makeModel({ url, key }) {
  for (const more of [['--create'], ['--precision', 'int8']])
    await promisify(execFile)(
      process.execPath,
      [
        'apps/cli/dist/main.js',
        'versions',
        'import',
        'models/sentiment',
        '--model',
        'reviews',
        '--wait',
        ...more,
      ],
      { cwd: ROOT, env: { ...process.env, HEDDLE_URL: url, HEDDLE_API_KEY: key } },
    );
}

const upload = (client, purpose, name, rows) => {
  const form = new FormData();
  form.append('purpose', purpose);
  form.append('file', new Blob([rows.map((row) => `${JSON.stringify(row)}\n`).join('')]), name);
  return client.upload('/v1/files', form);
};

async function makeBatches(client, texts) {
  const rows = texts
    .filter((text) => text !== '')
    .map((input, at) => ({ custom_id: `article-${at + 1}`, input }));
  const file = await upload(client, 'batch', 'articles.jsonl', [
    ...rows,
    { custom_id: 'article-long', input: 'word '.repeat(600) },
  ]);
  const broken = await upload(client, 'batch', 'broken.jsonl', [
    rows[0],
    { custom_id: 'article-2' },
    { custom_id: 'article-1', input: texts[1] },
    { custom_id: 'article-3', input: 42 },
  ]);
  const made = [];
  for (const { id: source } of [broken, file]) {
    const { id } = await client.request('POST', '/v1/batches', {
      file: source,
      model: 'topic',
      metadata: { source: 'news desk' },
    });
    await ended(client, `/v1/batches/${id}`);
    made.push(id);
  }
  const [refusedBatch, batch] = made;
  return { refusedBatch, batch };
}

/** What the model itself says, but for some that it is told to have wrong. */
async function makeEvaluations(client, texts) {
  const { results } = await client.run({ model: 'sentiment', inputs: texts });
  const rows = results.map(({ output }, at) => {
    const [first, second] = output.labels.map(({ label }) => label);
    return {
      input: texts[at],
      expected: at % 9 === 4 ? second : first,
      slice: { length: texts[at].length < 45 ? 'short' : 'long' },
    };
  });
  const dataset = (await upload(client, 'dataset', 'reviews.jsonl', rows)).id;
  const ids = [];
  for (const [model, gates] of [
    ['reviews@1', [{ metric: 'accuracy', min: 0.95 }]],
    [
      'reviews@2',
      [
        { metric: 'accuracy', min: 0.8 },
        { metric: 'macro_f1', max_drop: 0.05 },
      ],
    ],
  ]) {
    const { id } = await client.request('POST', '/v1/evaluations', {
      model,
      dataset,
      gates,
      ...(model === 'reviews@2' ? { baseline: 'reviews@1' } : {}),
    });
    await ended(client, `/v1/evaluations/${id}`);
    ids.push(id);
  }
  await client.request('PATCH', '/v1/models/reviews', {
    gates: [
      { metric: 'accuracy', min: 0.95 },
      { metric: 'macro_f1', max_drop: 0.05 },
    ],
  });
  const trial = { version: 1, canary: { version: 2, percent: 15 }, shadow: 2 };
  await client.request('PUT', '/v1/models/reviews/aliases/production', trial);
  await client.run({ model: 'reviews', inputs: texts.slice(0, 40) });
  return ids;
}

async function makeJobs(client, texts) {
  for (let at = 0; at < 24; at++) {
    await client.run({ model: 'topic', inputs: texts.topic.slice(at, at + 3) });
    if (at % 3 === 0)
      await client.run({
        model: 'nli',
        task: 'zero-shot-classification',
        inputs: [texts.topic[at]],
        parameters: { candidate_labels: ['sport', 'politics', 'business'] },
      });
  }
  await client.run({ model: 'topic', inputs: ['word '.repeat(600)] });
  await client.run({ model: 'sentiment', inputs: ['word '.repeat(900)] });
  await client.run({
    model: 'ner',
    inputs: ['Angela Merkel spoke in Paris.', 'Zoë moved to São Paulo in 2019.'],
    parameters: { aggregation_strategy: 'first' },
  });
  const { id } = await client.run({
    model: 'sentiment',
    inputs: [
      'I loved every minute of it.',
      'Two hours I will never get back.',
      'A fine film, if a little long.',
    ],
    metadata: { order: '4711', desk: 'returns' },
  });
  await waitFor(async () => {
    const { data } = await client.request('GET', `/v1/deliveries?job=${id}`);
    return data.length > 0 && data.every(({ status }) => status === 'delivered');
  }, PATIENCE);
  return id;
}

/** What waits for a version that somebody has paused. */
async function makeWaiting(client, texts) {
  const { data } = await client.request('GET', '/v1/queues');
  const { id } = data.find(({ model }) => model === 'topic');
  await client.request('POST', `/v1/queues/${id}/pause`, {});
  for (const [at, priority] of ['high', 'normal', 'normal', 'low', 'low', 'low'].entries())
    await client.submit({ model: 'topic', inputs: texts.slice(at, at + 4), priority });
}

/** Hours of work, which nobody wants to wait for: minutes as a dispatcher counts them (libs/store/src/stats). */
async function makeHistory({ database }) {
  const rows = Array.from({ length: HOURS * HOUR_MIN }, (_, ago) => {
    const wave = 1 + 0.6 * Math.sin(ago / 23) + 0.25 * Math.sin(ago / 3.1);
    const jobs = Math.round(420 * wave);
    const failed = ago % 17 === 3 ? 4 : 0;
    const [waits, durations] = [6, 17].map((middle) =>
      Object.fromEntries(
        [-4, -2, 0, 2, 5, 9].map((step, at) => [middle + step, Math.round(jobs / 2 ** Math.abs(at - 2) / 3)]),
      ),
    );
    const values = [
      `date_trunc('minute', now()) - interval '${ago + 2} minutes'`,
      ...[jobs, failed, 0, 0, jobs * 2, failed, jobs * 61, Math.round(jobs * 66)],
      ...[waits, durations].map((counts) => `'${JSON.stringify(counts)}'::jsonb`),
      ...[Math.round(14 * wave ** 3), Math.round(700 * wave ** 3), (0.4 * wave ** 2).toFixed(2), 2],
    ];
    return `(${values.join(', ')})`;
  });
  await database.query('DELETE FROM stats');
  await database.query(
    `INSERT INTO stats SELECT tenant.id, 60, v.* FROM (VALUES ${rows.join(', ')}) v
      CROSS JOIN (SELECT id FROM tenants WHERE slug = 'default' UNION ALL SELECT '00000000-0000-0000-0000-000000000000') tenant`,
  );
}

const ended = (client, path) =>
  waitFor(async () => (await client.request('GET', path)).completed_at !== null, PATIENCE);
