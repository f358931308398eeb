import { access, readdir, readFile, statfs } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type ArtifactLocation,
  type ArtifactStore,
  describeLocation,
  openArtifactStore,
} from '@heddle/artifacts';
import { ConfigError, type Environment, foldersOf } from '@heddle/config';
import { HeddleError } from '@heddle/contracts';
import { UnreachableFolderError } from '@heddle/embedded';
import { openDispatchQueue } from '@heddle/queue';
import { probeProvider } from '@heddle/runtime';
import { openStore, pendingMigrations } from '@heddle/store';
import { COMMAND } from '../command-name.js';
import { assertUsableFolders } from '../setup/folders.js';
import { connectionOf, SHIPPED_MODELS_DIR } from '../setup/setup.js';
import { tryToListen } from '../up/port.js';

/** One finding: what was looked at, how it is, and what to do when it is not well. */
export interface Finding {
  state: 'ok' | 'warn' | 'fail';
  what: string;
  detail: string;
}

const ok = (what: string, detail: string): Finding => ({ state: 'ok', what, detail });
const warn = (what: string, detail: string): Finding => ({ state: 'warn', what, detail });
const fail = (what: string, detail: string): Finding => ({ state: 'fail', what, detail });

const MIN_NODE = [20, 19] as const;
const MIN_FREE_MEMORY = 1024 ** 3;
const MIN_FREE_DISK = 2 * 1024 ** 3;
const GIB = 1024 ** 3;
const AUTOGROUP = '/proc/sys/kernel/sched_autogroup_enabled';

export function checkNode(version: string = process.versions.node): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1]);
  return enough
    ? ok('Node', version)
    : fail('Node', `${version}; Heddle needs ${MIN_NODE.join('.')} or newer`);
}

export function checkMemory(): Finding {
  const free = `${(freemem() / GIB).toFixed(1)} GiB free, ${availableParallelism()} cores`;
  return freemem() < MIN_FREE_MEMORY
    ? warn('memory', `${free}; one GiB or more is comfortable`)
    : ok('memory', free);
}

/** Of Linux: whether each session gets an equal part of a processor, whatever the priorities of its processes (docs/tuning.md). */
export async function checkScheduler(): Promise<Finding> {
  const value = await readFile(AUTOGROUP, 'utf8').catch(() => '0');
  return value.trim() === '1'
    ? warn('scheduler', 'kernel.sched_autogroup_enabled is 1, which is meant for desktops; 0 serves better')
    : ok('scheduler', 'priorities of processes hold on the whole machine');
}

/** What `heddle up` would say to the folders, without making them. */
export async function checkFolders(values: Environment): Promise<Finding> {
  const { dataDir } = foldersOf(values);
  try {
    await assertUsableFolders(values);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof UnreachableFolderError)) throw error;
    return fail('data folder', error.message);
  }
  const there = await nearest(dataDir);
  const { bavail, bsize } = await statfs(there);
  const state = there === dataDir ? '' : ' (not made yet)';
  const free = `${dataDir}${state}, ${((bavail * bsize) / GIB).toFixed(1)} GiB free`;
  return bavail * bsize < MIN_FREE_DISK ? warn('data folder', `${free}; make room`) : ok('data folder', free);
}

/** The folder, or the first above it that is there. */
async function nearest(folder: string): Promise<string> {
  const error = await access(folder).catch((reason: unknown) => reason);
  return error ? nearest(dirname(folder)) : folder;
}

export async function checkPort({ HEDDLE_HOST: host, HEDDLE_PORT: port }: Environment): Promise<Finding> {
  const address = `${host}:${port}`;
  const code = await tryToListen(host, port);
  if (code === null) return ok('port', `${address} is free: Heddle does not run there`);
  if (code !== 'EADDRINUSE')
    return fail('port', `${address} cannot be used (${code}); check HEDDLE_HOST and HEDDLE_PORT`);
  const answer = await fetch(`http://${address}/readyz`).catch(() => null);
  if (answer?.ok) return ok('port', `${address}: Heddle runs and is ready`);
  const health = await fetch(`http://${address}/healthz`).catch(() => null);
  if (health?.ok) return warn('port', `${address}: Heddle runs but is not ready (no worker, or no database)`);
  return fail('port', `${address} is used by another program; set HEDDLE_PORT`);
}

export async function checkModels(): Promise<Finding> {
  const folders = (await readdir(SHIPPED_MODELS_DIR, { withFileTypes: true })).filter((entry) =>
    entry.isDirectory(),
  );
  const broken: string[] = [];
  for (const { name } of folders) {
    for (const file of ['config.json', 'model.safetensors', 'tokenizer.json']) {
      await access(join(SHIPPED_MODELS_DIR, name, file)).catch(() => broken.push(`${name}/${file}`));
    }
  }
  if (broken.length > 0)
    return fail('shipped models', `missing: ${broken.join(', ')}; restore the models folder`);
  return ok('shipped models', folders.map(({ name }) => name).join(', '));
}

/** The database, and whether the artefacts can be used and are all that it names, as far as it can be asked. */
export async function checkDatabase(values: Environment, location: ArtifactLocation): Promise<Finding[]> {
  const { finding, versions } = await lookIntoDatabase(values);
  return [finding, await checkArtifacts(versions, location)];
}

async function lookIntoDatabase({ HEDDLE_DATABASE_URL: url }: Environment): Promise<{
  finding: Finding;
  versions: NamedFiles[];
}> {
  if (!url) return { finding: ok('database', `embedded: \`${COMMAND} up\` starts it`), versions: [] };
  try {
    const pending = await pendingMigrations(connectionOf(url));
    if (pending.length > 0) {
      const detail = `reachable; ${pending.length} migrations are missing: run \`${COMMAND} setup\``;
      return { finding: warn('database', detail), versions: [] };
    }
    const store = await openStore(connectionOf(url));
    try {
      const versions = await store.models.listServable();
      return { finding: ok('database', 'reachable, schema current'), versions };
    } finally {
      await store.close();
    }
  } catch (error) {
    const wrong = error instanceof HeddleError && error.code === 'wrong-schema';
    const detail = wrong ? error.message : `cannot be reached (${codeOf(error)}); check HEDDLE_DATABASE_URL`;
    return { finding: fail('database', detail), versions: [] };
  }
}

/** What a worker does before it serves: a small graph on every GPU that it would use. */
export async function checkProvider({
  HEDDLE_PROVIDER: provider,
  HEDDLE_DEVICES: devices,
}: Environment): Promise<Finding> {
  try {
    const times = await Promise.all(devices.map((device) => probeProvider(provider, device)));
    return ok('provider', `${provider}, runs a small graph (${Math.round(Math.max(...times))} ms)`);
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    return fail('provider', error.message);
  }
}

interface NamedFiles {
  manifest: { files: Record<string, { sha256: string }> };
}

async function checkArtifacts(versions: NamedFiles[], location: ArtifactLocation): Promise<Finding> {
  const where = describeLocation(location);
  try {
    const artifacts = await openArtifactStore(location);
    await artifacts.check();
    const missing = await missingIn(artifacts, versions);
    if (missing === 0) return ok('artefacts', where);
    const setting = 'folder' in location ? 'HEDDLE_ARTIFACTS_DIR' : 'HEDDLE_ARTIFACTS';
    return fail('artefacts', `${missing} files are missing in ${where}; set ${setting} or import again`);
  } catch (error) {
    // A server that is no S3 may answer anything, and a doctor says what it found.
    if (!(error instanceof Error)) throw error;
    const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
    return fail('artefacts', `${where}: ${error.message}${cause}`);
  }
}

async function missingIn(artifacts: ArtifactStore, versions: NamedFiles[]): Promise<number> {
  const digests = new Set(
    versions.flatMap(({ manifest }) => Object.values(manifest.files).map(({ sha256 }) => sha256)),
  );
  const present = await Promise.all([...digests].map((sha256) => artifacts.has(sha256)));
  return present.filter((there) => !there).length;
}

export async function checkQueue({ HEDDLE_REDIS_URL: url }: Environment): Promise<Finding> {
  if (!url) return ok('queue', 'in Postgres');
  try {
    const queue = await openDispatchQueue({ kind: 'redis', url });
    await queue.close();
    return ok('queue', 'Redis reachable, keeps what it is given');
  } catch (error) {
    return fail('queue', `${error instanceof Error ? error.message : String(error)}; check HEDDLE_REDIS_URL`);
  }
}

/** Why something failed, in a word: the code of the deepest cause that has one. */
function codeOf(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && code !== 'overloaded') return code;
  }
  return error instanceof Error ? error.message : String(error);
}
