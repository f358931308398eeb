import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestDatabase } from './postgres.js';
import { copyOfSetup, environmentOf, type TestSetup } from './setup.js';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const READY_TIMEOUT_MS = 60_000;

type ProcessKind = 'api' | 'dispatcher' | 'worker';
/** One of a kind, or one more of it: `worker`, `worker 2`. */
export type ProcessName = ProcessKind | `${ProcessKind} ${number}`;

export interface TestHeddle {
  /** Base URL; stays the same when the api is restarted. */
  url: string;
  database: TestDatabase;
  /** Where the processes keep everything. */
  dataDir: string;
  key: string;
  process(name: ProcessName): ChildProcess;
  /** Starts one process more, or one again after it was killed or has ended; `own`: variables that the others have not. */
  start(name: ProcessName, own?: Record<string, string>): Promise<void>;
  /** kill -9; returns when it is gone. */
  kill(name: ProcessName): Promise<void>;
  /** Everything the processes have logged so far. */
  logs(): string;
  /** Ends the processes; what they have stored stays. */
  end(): Promise<TestSetup>;
  stop(): Promise<void>;
}

export interface TestHeddleOptions {
  /** Where to begin, instead of with a fresh database; `stop` removes it as well. */
  setup?: TestSetup;
  /** Without it the dispatch window lives in Postgres. */
  redisUrl?: string;
  env?: Record<string, string>;
  /** How long the start of a process may take (default 60 s). */
  readyTimeoutMs?: number;
  /** More arguments of node, by process. */
  execArgv?: Partial<Record<ProcessKind, string[]>>;
}

/** Sets up, unless that has been done, and starts the real api, dispatcher and worker as an operator would. */
export async function startHeddle(options: TestHeddleOptions = {}): Promise<TestHeddle> {
  const { database, dataDir, key } = options.setup ?? (await copyOfSetup(options.env));
  const env: Record<string, string> = {
    ...environmentOf(database, dataDir),
    HEDDLE_PORT: '0',
    HEDDLE_LOG_LEVEL: 'warn',
    // Measuring takes the machine's time from what is tested.
    HEDDLE_AUTOTUNE: 'false',
    // Specs ask faster than a usual client; the limit has specs of its own.
    HEDDLE_RATE_LIMIT_PER_MIN: '0',
    ...(options.redisUrl ? { HEDDLE_REDIS_URL: options.redisUrl } : {}),
    ...options.env,
  };

  const processes = new Map<ProcessName, ChildProcess>();
  let logs = '';
  let url = '';
  const start = async (name: ProcessName, own: Record<string, string> = {}) => {
    const [kind] = name.split(' ') as [ProcessKind];
    const child = fork(join(REPOSITORY, 'apps', kind, 'dist', 'main.js'), {
      env: { ...env, ...(name === 'api' && url ? { HEDDLE_PORT: new URL(url).port } : {}), ...own },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: options.execArgv?.[kind] ?? [],
    });
    processes.set(name, child);
    const collect = (chunk: Buffer) => {
      logs += chunk.toString();
    };
    child.stdout!.on('data', collect);
    child.stderr!.on('data', collect);
    const ready = await messageOf(child, 'ready', options.readyTimeoutMs).catch((error: Error) => {
      throw new Error(`${name}: ${error.message}\n${logs}`);
    });
    if (typeof ready.url === 'string') url = ready.url;
  };
  const endAll = () => Promise.all([...processes.values()].map((child) => end(child, 'SIGTERM')));
  await Promise.all([start('api'), start('dispatcher'), start('worker')]).catch(async (error: unknown) => {
    await endAll();
    throw error;
  });

  return {
    url,
    database,
    dataDir,
    key,
    process: (name) => processes.get(name)!,
    start,
    kill: (name) => end(processes.get(name)!, 'SIGKILL'),
    logs: () => logs,
    end: async () => {
      await endAll();
      return { database, dataDir, key };
    },
    stop: async () => {
      await endAll();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Resolves with the next message of that type. */
export function messageOf(
  child: ChildProcess,
  type: string,
  timeoutMs = READY_TIMEOUT_MS,
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no "${type}" within ${timeoutMs} ms`)), timeoutMs);
    const done = () => {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
    };
    const onMessage = (message: unknown) => {
      if ((message as { type?: unknown } | null)?.type !== type) return;
      done();
      resolve(message as Record<string, unknown>);
    };
    const onExit = (code: number | null, signal: string | null) => {
      done();
      reject(new Error(`ended with ${signal ?? code} before "${type}"`));
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  // One that stands still hears of no signal but SIGKILL.
  child.kill('SIGCONT');
  await exited;
}
