import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { redisServerPath } from './redis-server.js';
import { createTestFolder } from './test-folder.js';
import { waitFor } from './wait-for.js';

export const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 10_000;

export interface TestRedis {
  /** Stays the same over kill and restart. */
  url: string;
  port: number;
  /** Of the running process; changes with `restart`. */
  readonly pid: number;
  /** Sends the signal (default SIGKILL); with SIGKILL or SIGTERM, returns when the process is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts again on the same port and data, killing what runs. */
  restart(): Promise<void>;
  /** Stops and removes everything. */
  stop(): Promise<void>;
}

/**
 * A redis-server of its own on a free port of 127.0.0.1. `settings` are lines of redis.conf by name; without
 * any it keeps nothing on disk and has `maxmemory-policy noeviction`.
 */
export async function startRedis(settings: Record<string, string> = {}): Promise<TestRedis> {
  const path = await redisServerPath();
  const folder = await createTestFolder('heddle-test-redis-');
  const port = await freePort();
  const all = { bind: HOST, port, dir: folder, save: '', 'maxmemory-policy': 'noeviction', ...settings };
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const launch = () => launchServer(path, args, port);
  let server = await launch().catch(async (error: unknown) => {
    await rm(folder, { recursive: true });
    throw error;
  });
  const kill = (signal?: NodeJS.Signals) => killServer(server, signal);
  return {
    url: `redis://${HOST}:${port}`,
    port,
    get pid() {
      return server.pid!;
    },
    kill,
    restart: async () => {
      await kill();
      server = await launch();
    },
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true });
    },
  };
}

/** Starts a redis-server and waits until it answers on its port. */
export async function launchServer(path: string, args: string[], port: number): Promise<ChildProcess> {
  const server = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
  };
  server.stdout.on('data', collect);
  server.stderr.on('data', collect);
  await waitFor(async () => hasEnded(server) || (await answersPing(port)), { timeoutMs: START_TIMEOUT_MS });
  if (hasEnded(server)) throw new Error(`redis-server ended at start: ${output}`);
  return server;
}

/** Sends the signal (default SIGKILL); with SIGKILL or SIGTERM, returns when the process is gone. */
export async function killServer(server: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (hasEnded(server)) return;
  const ended = signal === 'SIGKILL' || signal === 'SIGTERM' ? once(server, 'exit') : null;
  server.kill(signal);
  await ended;
}

function hasEnded(server: ChildProcess): boolean {
  return server.exitCode !== null || server.signalCode !== null;
}

/** False while the port is closed or the server still loads its data. */
function answersPing(port: number): Promise<boolean> {
  const socket = connect(port, HOST);
  return new Promise((resolve) => {
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (reply) => {
      socket.destroy();
      resolve(reply.toString().startsWith('+PONG'));
    });
    socket.once('error', () => resolve(false));
  });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
