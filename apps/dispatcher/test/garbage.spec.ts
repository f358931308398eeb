import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ArtifactStore, type Digest, openFolderStore } from '@heddle/artifacts';
import { type ImportReport, newUuid } from '@heddle/contracts';
import { openStore, type Store } from '@heddle/store';
import {
  createMigratedDatabase,
  createTestFolder,
  messageOf,
  type TestDatabase,
  testManifest,
  waitFor,
} from '@heddle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const REPORT = { files_read: [] } as unknown as ImportReport;
const GRACE_MS = 60_000;

let database: TestDatabase;
let store: Store;
let folder: string;
let artifacts: ArtifactStore;
let tenantId: string;
let modelId: string;
let dispatcher: ChildProcess | undefined;

beforeAll(async () => {
  database = await createMigratedDatabase();
  const options = { url: database.url, applicationName: 'spec', onPoolError: () => undefined };
  store = await openStore(options);
  folder = await createTestFolder('heddle-test-garbage-');
  artifacts = openFolderStore(join(folder, 'artifacts'));
  tenantId = (await store.tenants.ensure('acme', 'Acme')).id;
  modelId = (await store.models.create({ tenantId, name: 'm', description: '', idempotency: null })).id;
});
afterAll(async () => {
  await end('SIGTERM');
  await store.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

it('of a store that is another database’s stays, with a warning', async () => {
  const strays = await Promise.all(Array.from({ length: 3 }, () => put(old())));
  const logs = await startDispatcher();
  await waitFor(() => logs().includes('nothing is removed'));
  expect(await left(strays)).toBe(3);
  await end('SIGTERM');
  for (const { sha256 } of strays) await artifacts.remove(sha256);
});

it('goes, also after a kill in the middle; what a version, an import or a file has stays, and what is new', {
  timeout: 120_000,
}, async () => {
  const served = await importOf([await put(old())]);
  const underWay = await reserve([await put(old())]);
  const upload = await put(old());
  const file = { tenantId, purpose: 'model', filename: 'x', ...upload } as const;
  await store.files.reserve({ ...file, expiresInS: null, idempotency: null });
  const fresh = await put(new Date());
  const strays = await Promise.all(Array.from({ length: 600 }, () => put(old())));
  await startDispatcher();
  await waitFor(async () => (await left(strays)) < strays.length, { timeoutMs: 60_000 });
  await end('SIGKILL');
  const halfway = await left(strays);
  expect(halfway).toBeGreaterThan(0);
  await startDispatcher();
  await waitFor(async () => (await left(strays)) === 0, { timeoutMs: 60_000 });
  expect(await left([...served, ...underWay, upload, fresh])).toBe(4);
  await waitFor(async () => (await database.query('SELECT FROM content_removals')).length === 0, {
    timeoutMs: 60_000,
  });
  await end('SIGTERM');
});

it('is not what imports name while it is looked for', { timeout: 120_000 }, async () => {
  await startDispatcher();
  const versions: Digest[] = [];
  for (let i = 0; i < 60; i++) {
    // The very bytes lie there for nothing, and may be noted by now.
    const path = await fileOf(old());
    const digest = await artifacts.put(path);
    await utimes(pathIn(digest), old(), old());
    if (i % 3 === 0) await store.contents.note([digest.sha256]);
    const fence = await claim();
    expect(await store.versions.reserveContents(fence, manifestOf([digest]))).toBe(true);
    await artifacts.put(path, { digest });
    expect(await store.versions.finishImport(fence, REPORT)).toBe('ready');
    versions.push(digest);
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(await left(versions)).toBe(versions.length);
});

const old = () => new Date(Date.now() - 2 * GRACE_MS);
const pathIn = ({ sha256 }: Digest) => join(folder, 'artifacts', sha256.slice(0, 2), sha256);

async function fileOf(at: Date): Promise<string> {
  const path = join(folder, newUuid());
  await writeFile(path, randomBytes(32));
  await utimes(path, at, at);
  return path;
}

/** An artefact that came into the store at that time. */
async function put(at: Date): Promise<Digest> {
  const digest = await artifacts.put(await fileOf(at), { move: true });
  await utimes(pathIn(digest), at, at);
  return digest;
}

async function left(digests: Digest[]): Promise<number> {
  const there = await Promise.all(digests.map(({ sha256 }) => artifacts.has(sha256)));
  return there.filter(Boolean).length;
}

function manifestOf(files: Digest[]) {
  const named = Object.fromEntries(files.map((digest, i) => [`file-${i}`, digest]));
  return testManifest({ files: named, source: { sha256: files[0]!.sha256, compiler: 'test' } });
}

async function claim() {
  const file = { tenantId, purpose: 'model', filename: 'x', bytes: 1, sha256: newUuid() } as const;
  const { id } = await store.files.reserve({ ...file, expiresInS: null, idempotency: null });
  await store.files.markStored(tenantId, id);
  const request = { source: 'files', precision: 'fp32' } as const;
  const input = { tenantId, modelId, request, files: [id], notes: '', idempotency: null };
  await store.versions.requestImport(input);
  return (await store.versions.claimImport({ id: newUuid(), leaseMs: 600_000 }))!;
}

async function reserve(files: Digest[]): Promise<Digest[]> {
  expect(await store.versions.reserveContents(await claim(), manifestOf(files))).toBe(true);
  return files;
}

async function importOf(files: Digest[]): Promise<Digest[]> {
  const fence = await claim();
  await store.versions.reserveContents(fence, manifestOf(files));
  expect(await store.versions.finishImport(fence, REPORT)).toBe('ready');
  return files;
}

async function startDispatcher(): Promise<() => string> {
  const child = fork(MAIN, {
    env: {
      PATH: process.env.PATH,
      HEDDLE_DATABASE_URL: database.url,
      HEDDLE_DATA_DIR: folder,
      HEDDLE_ARTIFACT_SWEEP_INTERVAL_MS: '50',
      HEDDLE_ARTIFACT_GRACE_MS: String(GRACE_MS),
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  dispatcher = child;
  let logs = '';
  const collect = (chunk: Buffer) => {
    logs += chunk.toString();
  };
  child.stdout!.on('data', collect);
  child.stderr!.on('data', collect);
  await messageOf(child, 'ready');
  return () => logs;
}

async function end(signal: NodeJS.Signals): Promise<void> {
  if (!dispatcher) return;
  const exited = once(dispatcher, 'exit');
  dispatcher.kill(signal);
  await exited;
  dispatcher = undefined;
}
