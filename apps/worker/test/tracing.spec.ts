import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Job } from '@heddle/contracts';
import { childrenOf, startHeddle, TestClient, type TestHeddle, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** What OTLP as JSON has of a span, as far as it is looked at here. */
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: Record<string, unknown> }[];
}
interface OtlpRequest {
  resourceSpans: {
    resource: { attributes: OtlpSpan['attributes'] };
    scopeSpans: { spans: OtlpSpan[] }[];
  }[];
}
interface Recorded extends Omit<OtlpSpan, 'attributes'> {
  service: unknown;
  attributes: Record<string, unknown>;
}

const TEXT = 'a secret text that nobody may read';
const [TRACE, CLIENT_SPAN] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];

/** One server for both: collector of traces and receiver of webhooks. */
const spans: Recorded[] = [];
const webhooks: { traceparent: string; body: string }[] = [];
let everything = '';
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString();
    if (request.url === '/v1/traces') {
      everything += body;
      spans.push(...spansOf(JSON.parse(body) as OtlpRequest));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    } else {
      webhooks.push({ traceparent: String(request.headers.traceparent), body });
      response.end('ok');
    }
  });
});

let heddle: TestHeddle;
let client: TestClient;
let url: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = {
    HEDDLE_INFERENCE_CHILDREN: '1',
    HEDDLE_LOG_LEVEL: 'info',
    HEDDLE_WEBHOOK_ALLOW_HTTP: 'true',
    HEDDLE_WEBHOOK_ALLOW_PRIVATE: 'true',
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_BSP_SCHEDULE_DELAY: '50',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=spec',
  };
  heddle = await startHeddle({ env });
  client = new TestClient(heddle.url, heddle.key);
});
afterAll(async () => {
  await heddle.stop();
  server.closeAllConnections();
  server.close();
});

function spansOf({ resourceSpans }: OtlpRequest): Recorded[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const { 'service.name': service, 'deployment.environment.name': environment } = valuesOf(resource);
    expect(environment).toBe('spec');
    return scopeSpans.flatMap((scope) =>
      scope.spans.map((span) => ({ ...span, service, attributes: valuesOf(span) })),
    );
  });
}

function valuesOf({ attributes }: Pick<OtlpSpan, 'attributes'>): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

const of = (trace: string, name: string) =>
  spans.filter((span) => span.traceId === trace && span.name === name);

async function submit(traceparent: string | undefined): Promise<Job> {
  const body = { model: 'sentiment', inputs: [TEXT], webhook: { url: `${url}/hook?token=unseen` } };
  return client.submit(body, traceparent === undefined ? {} : { traceparent });
}

it('are one trace from the request to the webhook', async () => {
  const job = await submit(`00-${TRACE}-${CLIENT_SPAN}-01`);
  expect(job.trace_id).toBe(TRACE);
  const names = ['POST /v1/jobs', 'dispatch', 'process', 'forward pass', 'finish', 'webhook'];
  await waitFor(() => names.every((name) => of(TRACE, name).length > 0));
  const [request, dispatch, process, pass, finish, webhook] = names.map((name) => of(TRACE, name)[0]!);
  expect(spans.filter(({ traceId }) => traceId === TRACE)).toHaveLength(names.length);

  expect(request).toMatchObject({ service: 'heddle-api', parentSpanId: CLIENT_SPAN, kind: 2 });
  expect(dispatch).toMatchObject({ service: 'heddle-dispatcher', parentSpanId: request!.spanId, kind: 4 });
  expect(process).toMatchObject({ service: 'heddle-worker', parentSpanId: dispatch!.spanId, kind: 5 });
  expect(pass).toMatchObject({ service: 'heddle-worker', parentSpanId: process!.spanId, kind: 1 });
  expect(finish).toMatchObject({ service: 'heddle-worker', parentSpanId: process!.spanId, kind: 1 });
  expect(webhook).toMatchObject({ service: 'heddle-dispatcher', parentSpanId: request!.spanId, kind: 3 });

  for (const span of [request!, dispatch!, process!])
    expect(span.attributes['heddle.job.id'], span.name).toBe(job.id);
  expect(process!.attributes).toMatchObject({ 'heddle.job.outcome': 'finished', 'heddle.job.attempt': 1 });
  expect(await childrenOf(heddle.process('worker').pid!)).toContain(pass!.attributes['process.pid']);
  expect(BigInt(pass!.endTimeUnixNano)).toBeGreaterThan(BigInt(pass!.startTimeUnixNano));
  expect(webhook!.attributes['http.response.status_code']).toBe(200);
  // Who receives it goes on from the delivery.
  expect(webhooks.at(-1)!.traceparent).toBe(`00-${TRACE}-${webhook!.spanId}-01`);
});

it('begin with a request that names none', async () => {
  const { trace_id: trace } = await submit(undefined);
  expect(trace).toMatch(/^[\da-f]{32}$/);
  await waitFor(() => of(trace!, 'webhook').length > 0);
  expect(of(trace!, 'POST /v1/jobs')[0]!.parentSpanId ?? '').toBe('');
});

it('are not recorded where the caller samples none, and still named', async () => {
  const unsampled = TRACE.replace('4', '5');
  const before = webhooks.length;
  expect((await submit(`00-${unsampled}-${CLIENT_SPAN}-00`)).trace_id).toBe(unsampled);
  await waitFor(() => webhooks.length > before);
  expect(webhooks.at(-1)!.traceparent).toMatch(new RegExp(`^00-${unsampled}-[\\da-f]{16}-00$`));
  expect(spans.filter(({ traceId }) => traceId === unsampled)).toEqual([]);
});

it('and the log name requests, jobs and tenants, and tell no text, key or address', async () => {
  const { id, trace_id: trace } = await submit(undefined);
  const lines = () =>
    heddle
      .logs()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const line = (await waitFor(() => lines().find(({ job }) => job === id)))!;
  const { tenant_id: tenant } = (await heddle.database
    .query(`SELECT tenant_id FROM jobs WHERE created_at = (SELECT max(created_at) FROM jobs)`)
    .then(([row]) => row)) as { tenant_id: string };
  expect(line).toMatchObject({ process: 'api', route: '/v1/jobs', status: 202, trace_id: trace, tenant });
  expect(line.request_id).toMatch(/^req_/);
  await waitFor(() => of(trace!, 'webhook').length > 0);
  for (const secret of [TEXT, 'secret', 'unseen', heddle.key]) {
    expect(everything).not.toContain(secret);
    expect(heddle.logs()).not.toContain(secret);
  }
});
