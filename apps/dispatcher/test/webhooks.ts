import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Actor, type DeliveryRecord, openStore, type Store } from '@heddle/store';
import { createMigratedDatabase, messageOf, type TestDatabase, waitFor } from '@heddle/testing';
import { newSecret } from '@heddle/webhooks';
import { newVersion, submitJob } from './jobs.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
export const ACTOR: Actor = { key: null, name: 'spec', requestId: null };

/** What a receiver was sent. */
interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  at: number;
}

export interface Receiver {
  url: string;
  received: Received[];
  /** The most requests that were open at a time. */
  mostOpen(): number;
  close(): Promise<void>;
}

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A real HTTP server that reads the whole request, notes it down, and then does as `answer` says. */
export async function startReceiver(answer: Answer = (_, response) => response.end('ok')): Promise<Receiver> {
  const received: Received[] = [];
  let open = 0;
  let mostOpen = 0;
  const server = createServer((request, response) => {
    mostOpen = Math.max(mostOpen, ++open);
    response.once('close', () => open--);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      received.push({ path: request.url!, headers: request.headers, body, at: performance.now() });
      answer(request, response, body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    mostOpen: () => mostOpen,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A database with dispatchers as an operator would start them. */
export interface WebhookSystem {
  database: TestDatabase;
  store: Store;
  /** A tenant of its own. */
  tenant(): Promise<{ id: string; versionId: string }>;
  startDispatcher(env?: Record<string, string>): Promise<ChildProcess>;
  stop(): Promise<void>;
  logs(): string;
}

export async function startWebhookSystem(): Promise<WebhookSystem> {
  const database = await createMigratedDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
  const store = await openStore(options);
  const children: ChildProcess[] = [];
  let logs = '';
  let tenants = 0;
  return {
    database,
    store,
    logs: () => logs,
    tenant: async () => {
      const { id } = await store.tenants.ensure(`tenant-${++tenants}`, 'Tenant');
      return { id, versionId: await newVersion(store, id) };
    },
    startDispatcher: async (env = {}) => {
      const child = fork(MAIN, {
        env: {
          PATH: process.env.PATH,
          HEDDLE_DATABASE_URL: database.url,
          HEDDLE_LOG_LEVEL: 'warn',
          HEDDLE_WEBHOOK_ALLOW_HTTP: 'true',
          HEDDLE_WEBHOOK_ALLOW_CIDRS: '127.0.0.0/8',
          HEDDLE_WEBHOOK_SCHEDULE: '1,1,2',
          ...env,
        },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      });
      children.push(child);
      for (const stream of [child.stdout!, child.stderr!])
        stream.on('data', (chunk: Buffer) => {
          logs += chunk.toString();
        });
      await messageOf(child, 'ready');
      return child;
    },
    stop: async () => {
      for (const child of children) await endProcess(child, 'SIGTERM');
      await store.close();
      await database.drop();
    },
  };
}

export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
  return child.exitCode;
}

/** An endpoint; its id and secret. */
export async function addWebhook(
  store: Store,
  tenantId: string,
  url: string,
  { events = ['job.*'], maxInFlight = 8 }: { events?: string[]; maxInFlight?: number } = {},
): Promise<{ id: string; secret: string }> {
  const secret = newSecret();
  const { id } = await store.webhooks.create(
    { tenantId, url, events, description: '', maxInFlight, secret, idempotency: null },
    ACTOR,
  );
  return { id, secret };
}

/** Jobs that end at once; their ids. */
export async function cancelJobs(
  store: Store,
  tenant: { id: string; versionId: string },
  count: number,
  job: Partial<Parameters<Store['jobs']['submit']>[0]> = {},
): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const { id } = await submitJob(store, { tenantId: tenant.id, versionId: tenant.versionId, ...job });
    await store.jobs.cancel(tenant.id, id);
    ids.push(id);
  }
  return ids;
}

/** Deliveries of a tenant, newest first. */
export function deliveriesOf(store: Store, tenantId: string, limit = 100): Promise<DeliveryRecord[]> {
  return store.deliveries.list(tenantId, {}, { before: null, limit });
}

/** The deliveries of a tenant once all of them are what `status` says. */
export async function untilAll(
  store: Store,
  tenantId: string,
  status: DeliveryRecord['status'],
  timeoutMs = 30_000,
): Promise<DeliveryRecord[]> {
  await waitFor(
    async () => {
      const rows = await deliveriesOf(store, tenantId);
      return rows.length > 0 && rows.every((row) => row.status === status);
    },
    { timeoutMs },
  );
  return deliveriesOf(store, tenantId);
}
