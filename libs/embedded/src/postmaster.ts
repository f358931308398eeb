import { spawn } from 'node:child_process';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.js';
import { type DataFolder, HOST } from './cluster.js';
import { commandLine, isErrno, processIdentity } from './process.js';
import { type Account, run, SERVER_ENV } from './run.js';

/** A running server: started by us, or found running. */
export interface Postmaster {
  pid: number;
  port: number;
  /** Resolves when the process is gone, for whatever reason. */
  gone: Promise<void>;
}

/** Crash recovery after a power cut replays at most max_wal_size; this leaves room on a slow disk. */
const START_TIMEOUT_MS = 120_000;
/** Clients still connected are cut off by a fast stop; the rest is the final checkpoint. */
const STOP_TIMEOUT_S = 60;
const POLL_MS = 20;
const ADOPTED_POLL_MS = 500;
/** A log longer than this is put aside at the next start, one generation is kept. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;
const LOG_TAIL_CHARS = 2000;

const SETTINGS = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  // A worker without Redis takes 20 at most: room for a dozen of them.
  max_connections: '300',
  shared_buffers: '64MB',
  // Keeps the log of an idle database small on disk.
  min_wal_size: '32MB',
  max_wal_size: '256MB',
  fsync: 'on',
  synchronous_commit: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/**
 * Starts the server and waits until it accepts connections.
 * @throws Error with the end of the server's log when it does not come up.
 */
export async function startPostmaster(
  folder: DataFolder,
  binaries: Binaries,
  account: Account | null,
  port: number,
): Promise<Postmaster> {
  await rotateLog(folder.log);
  // The server writes to a file, not to a pipe of ours: it may outlive this process and be adopted.
  const log = await open(folder.log, 'a', 0o600);
  // A later run may be this account itself, without root.
  if (account) await log.chown(account.uid, account.gid);
  const logStart = (await log.stat()).size;
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(binaries.postgres, ['-D', folder.cluster, '-p', String(port), ...settings], {
    cwd: folder.root,
    env: SERVER_ENV,
    stdio: ['ignore', log.fd, log.fd],
    // A process group of its own: Ctrl-C in a terminal must not stop the server before Heddle has drained.
    detached: true,
    ...(account && { uid: account.uid, gid: account.gid }),
  });
  let spawnError: Error | undefined;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      spawnError = error;
      resolve();
    });
  });
  await log.close();

  let ended = false;
  void gone.then(() => {
    ended = true;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!ended && Date.now() < deadline) {
    const file = await readPidFile(folder);
    if (file?.ready && file.pid === child.pid) return { pid: file.pid, port, gone };
    await sleep(POLL_MS);
  }
  if (!ended) child.kill('SIGKILL');
  await gone;
  const tail = (await readFile(folder.log, 'utf8')).slice(logStart).slice(-LOG_TAIL_CHARS);
  throw new Error(`The embedded Postgres did not start in ${folder.root}: ${tail.trim()}`, {
    cause: spawnError,
  });
}

/**
 * The server that a killed process left running on this folder, or null. A pid file that names another
 * program is removed: as our own account Postgres would take any living process for its predecessor.
 */
export async function findLeftOver(folder: DataFolder): Promise<Postmaster | null> {
  const file = await readPidFile(folder);
  if (!file) return null;
  const command = await commandLine(file.pid);
  if (command === null) return null;
  if (!serves(command, folder)) {
    await rm(join(folder.cluster, 'postmaster.pid'), { force: true });
    return null;
  }
  const identity = await processIdentity(file.pid);
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const now = await readPidFile(folder);
    if (now?.ready) return { pid: now.pid, port: now.port, gone: untilGone(now.pid, identity) };
    // It was stopping when we came, or crashed while starting: nothing is left to adopt.
    if ((await processIdentity(file.pid)) !== identity) return null;
    if (Date.now() > deadline) {
      throw new Error(`The Postgres server ${file.pid} on ${folder.root} neither starts nor stops.`);
    }
    await sleep(POLL_MS);
  }
}

/** The server that accepts connections on this folder, or null. Changes nothing. */
export async function findRunning(folder: DataFolder): Promise<{ pid: number; port: number } | null> {
  const file = await readPidFile(folder);
  const command = file?.ready ? await commandLine(file.pid) : null;
  return file && command !== null && serves(command, folder) ? file : null;
}

function serves(command: string, folder: DataFolder): boolean {
  return /postgres/.test(command) && command.includes(folder.cluster);
}

/** Stops the server on `folder`, cutting off its clients; returns when it is gone. False when it was gone before. */
export async function stopPostmaster(
  folder: DataFolder,
  binaries: Binaries,
  account: Account | null,
  postmaster: Postmaster,
): Promise<boolean> {
  const stop = async (mode: 'fast' | 'immediate') =>
    run(binaries.pgCtl, ['stop', '-D', folder.cluster, '-m', mode, '-w', '-t', String(STOP_TIMEOUT_S)], {
      account,
      cwd: folder.root,
    });
  // One that has ended left its pid behind, which pg_ctl would signal whoever has it now.
  if ((await processIdentity(postmaster.pid)) === null) return false;
  const { code, output } = await stop('fast');
  if (code !== 0 && (await processIdentity(postmaster.pid)) !== null) {
    // Losing the final checkpoint costs a recovery at the next start, no data.
    const second = await stop('immediate');
    if (second.code !== 0) throw new Error(`pg_ctl stop failed: ${output.trim()} ${second.output.trim()}`);
  }
  // Not `gone`: its timer lets the process end, and with it this stop, when nothing else keeps it alive.
  while ((await processIdentity(postmaster.pid)) !== null) await sleep(POLL_MS);
  return true;
}

interface PidFile {
  pid: number;
  port: number;
  ready: boolean;
}

/** Lines of postmaster.pid (miscadmin.h): pid, data folder, start, port, socket, address, memory key, state. */
async function readPidFile(folder: DataFolder): Promise<PidFile | null> {
  let text: string;
  try {
    text = await readFile(join(folder.cluster, 'postmaster.pid'), 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

/** Only a parent hears of a process's end; an adopted one is looked at. */
async function untilGone(pid: number, identity: string | null): Promise<void> {
  while ((await processIdentity(pid)) === identity) await sleep(ADOPTED_POLL_MS, undefined, { ref: false });
}

async function rotateLog(path: string): Promise<void> {
  try {
    if ((await stat(path)).size > MAX_LOG_BYTES) await rename(path, `${path}.1`);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}
