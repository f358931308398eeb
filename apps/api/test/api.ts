import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type ApiKeyScope, fromPublicId, newUuid, type Problem } from '@heddle/contracts';
import { LIBRARY_TENANT, openStore, type Store } from '@heddle/store';
import {
  createMigratedDatabase,
  createTestFolder,
  messageOf,
  type TestDatabase,
  testManifest,
} from '@heddle/testing';
import { ApiDocument } from './document.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

export interface Answer {
  status: number;
  headers: Headers;
  /** The parsed body, or null when it is empty. */
  body: never;
  text: string;
}

interface RequestOptions {
  body?: unknown;
  /** Sent as it is, in place of `body`. */
  raw?: string | Uint8Array;
  /** A multipart form, in place of `body`. */
  form?: FormData;
  headers?: Record<string, string>;
  key?: string | null;
}

export interface TestApi {
  url: string;
  /** Of the process. */
  pid: number;
  database: TestDatabase;
  /** Where the api keeps everything. */
  dataDir: string;
  store: Store;
  tenantId: string;
  key: string;
  /** Of another tenant. */
  strangerKey: string;
  versionId: string;
  /** What the api says of itself: every answer of `call` is held against it. */
  document: ApiDocument;
  logs(): string;
  call(method: string, path: string, options?: RequestOptions): Promise<Answer>;
  keyWith(scopes: ApiKeyScope[]): Promise<string>;
  stop(): Promise<void>;
}

/** The real api process over a fresh database, with the models `m` (text pairs, zero-shot) and `ner`; no worker. */
export async function startApi(env: Record<string, string> = {}): Promise<TestApi> {
  const database = await createMigratedDatabase();
  const connection = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
  const store = await openStore(connection);
  const library = await store.tenants.ensure(LIBRARY_TENANT, 'Library');
  const { id: versionId } = await store.models.addVersion({
    tenantId: library.id,
    name: 'm',
    description: 'a model',
    manifest: testManifest({ tasks: ['text-classification', 'zero-shot-classification'] }),
  });
  await store.models.addVersion({
    tenantId: library.id,
    name: 'ner',
    description: '',
    manifest: testManifest({ head: 'token-classification', tasks: ['token-classification'] }),
  });
  const tenant = await store.tenants.ensure('acme', 'Acme');
  const stranger = await store.tenants.ensure('stranger', 'Stranger');
  const key = await store.keys.create(tenant.id, 'all', ['infer', 'read', 'manage', 'operate']);
  const strangerKey = await store.keys.create(stranger.id, 'all', ['infer', 'read', 'manage']);

  const dataDir = await createTestFolder('heddle-test-api-');
  const own = {
    HEDDLE_DATABASE_URL: database.url,
    HEDDLE_DATA_DIR: dataDir,
    // Specs ask faster than a usual client; the limit has specs of its own.
    HEDDLE_RATE_LIMIT_PER_MIN: '0',
  };
  const { child, url, logs } = await startProcess({ ...own, ...env });
  const document = await ApiDocument.of(url);
  return {
    url,
    pid: child.pid!,
    database,
    dataDir,
    store,
    tenantId: tenant.id,
    key,
    strangerKey,
    versionId,
    document,
    logs,
    call: async (method, path, options) => {
      const answer = await call(url, key, method, path, options);
      document.check(method, path, answer);
      return answer;
    },
    keyWith: (scopes) => store.keys.create(tenant.id, newUuid(), scopes),
    stop: async () => {
      await stopProcess(child);
      await store.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export async function startProcess(
  env: Record<string, string>,
): Promise<{ child: ChildProcess; url: string; logs: () => string }> {
  const child = fork(MAIN, {
    env: { PATH: process.env.PATH, HEDDLE_PORT: '0', ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let logs = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    logs += chunk.toString();
  });
  const { url } = await messageOf(child, 'ready');
  return { child, url: url as string, logs: () => logs };
}

export async function stopProcess(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

async function call(
  url: string,
  ownKey: string,
  method: string,
  path: string,
  { body, raw, form, headers, key = ownKey }: RequestOptions = {},
): Promise<Answer> {
  const sent = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(form ? { body: form } : sent === undefined ? {} : { body: sent }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson && text !== '' ? JSON.parse(text) : null) as never,
    text,
  };
}

/** Exists in what it has claimed alone. */
export const WORKER = { id: newUuid(), leaseMs: 60_000 };

/** Hands a queued job to a worker that does not exist; returns its attempt. */
export async function claimJob(api: TestApi, publicId: string): Promise<number> {
  const id = fromPublicId('job', publicId)!;
  let epoch = 0;
  await api.store.jobs.dispatch(api.versionId, 100, async (candidates) => {
    epoch = candidates.find((candidate) => candidate.id === id)!.epoch;
    return candidates;
  });
  const [job] = await api.store.jobs.claim([{ id, epoch }], WORKER);
  return job!.attempt;
}

/** Ends a job as the worker of that attempt would, with `items` results of about `bytes` each. */
export async function finishJob(
  api: TestApi,
  publicId: string,
  attempt: number,
  { items = 1, bytes = 1 } = {},
): Promise<void> {
  const output = { labels: [{ label: 'x'.repeat(bytes), score: 1 }] };
  const results = Array.from({ length: items }, (_, index) => ({ index, output }));
  await api.store.jobs.finish(
    [
      {
        id: fromPublicId('job', publicId)!,
        attempt,
        results: JSON.stringify(results),
        succeeded: items,
        failed: 0,
        usage: { tokens: 3, padded_tokens: 3, truncated: 0 },
        timing: { queue_ms: 1, tokenize_ms: 2, inference_ms: 3 },
        error: null,
      },
    ],
    WORKER.id,
  );
}

/** What every problem document must be, whatever its code. */
export function problemIn(answer: Answer): Problem {
  const problem = answer.body as Problem;
  if (!answer.headers.get('content-type')?.startsWith('application/problem+json')) {
    throw new Error(`${answer.status} is not a problem document: ${answer.text.slice(0, 200)}`);
  }
  if (problem.status !== answer.status)
    throw new Error(`problem says ${problem.status}, HTTP ${answer.status}`);
  if (problem.request_id !== answer.headers.get('x-request-id')) throw new Error('request ids differ');
  for (const leak of ['node_modules', 'SELECT', 'INSERT', '.js:']) {
    if (answer.text.includes(leak)) throw new Error(`the answer gives "${leak}" away: ${answer.text}`);
  }
  return problem;
}
