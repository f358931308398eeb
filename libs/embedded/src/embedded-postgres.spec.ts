import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UnreachableFolderError } from './account.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { assertServerCanReach, findEmbeddedPostgres } from './inspect.js';
import { DataFolderInUseError } from './lock.js';
import { processIdentity } from './process.js';

let root: string;
let dataDir: string;
let running: EmbeddedPostgres[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'heddle-embedded-'));
  // mkdtemp makes a private folder; the server's account must pass through it.
  await chmod(root, 0o755);
  dataDir = join(root, 'data');
});

afterEach(async () => {
  for (const server of running) await server.stop();
  running = [];
  await rm(root, { recursive: true });
});

async function start(options: { port?: number; databases?: string[] } = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, ...options });
  running.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows.map((row) => Object.values(row)[0]);
  } finally {
    await client.end();
  }
}

/** Starts the server from another process, which is then killed: what a crashed Heddle leaves behind. */
async function startAndKillLauncher(): Promise<{ pid: number; url: string }> {
  const script = `
    import { startEmbeddedPostgres } from '@heddle/embedded';
    const { pid, url } = await startEmbeddedPostgres({ dataDir: process.argv[1] });
    console.log(JSON.stringify({ pid, url }));
    setInterval(() => {}, 1000);`;
  const launcher = spawn(process.execPath, ['--input-type=module', '-e', script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(launcher.stdout, 'data');
  launcher.kill('SIGKILL');
  await once(launcher, 'exit');
  return JSON.parse(String(line));
}

describe('startEmbeddedPostgres', () => {
  it('creates a UTF-8 cluster on loopback with the databases asked for', async () => {
    const server = await start({ databases: ['other'] });
    expect(await query(server.url, 'SHOW server_encoding')).toEqual(['UTF8']);
    expect(await query(server.url, 'SHOW listen_addresses')).toEqual(['127.0.0.1']);
    expect(await query(server.url, "SELECT lower('ÄÖ')")).toEqual(['äö']);
    expect(await query(server.url.replace(/heddle$/, 'other'), 'SELECT current_database()')).toEqual([
      'other',
    ]);
    expect((await stat(join(dataDir, 'password'))).mode & 0o777).toBe(0o600);
    await expect(query(server.url.replace(/:[^:@]*@/, ':wrong@'), 'SELECT 1')).rejects.toThrow(/password/);
  });

  it('keeps data and port over a restart', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    await first.stop();
    expect(await first.exited).toBeNull();
    const second = await start();
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([42]);
  });

  it('takes another port when that of the last run is taken', async () => {
    const first = await start();
    await first.stop();
    const intruder = createServer().listen(first.port, '127.0.0.1');
    await once(intruder, 'listening');
    const second = await start();
    intruder.close();
    expect(second.port).not.toBe(first.port);
    expect(await query(second.url, 'SELECT 1')).toEqual([1]);
  });

  it('says so when the port asked for is taken', async () => {
    const intruder = createServer().listen(0, '127.0.0.1');
    await once(intruder, 'listening');
    const address = intruder.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    await expect(start({ port: address.port })).rejects.toThrow(/Address already in use/);
    intruder.close();
    expect(await query((await start()).url, 'SELECT 1')).toEqual([1]);
  });

  it('adopts the server of a killed process and stops it', async () => {
    const left = await startAndKillLauncher();
    const lines: string[] = [];
    const adopted = await startEmbeddedPostgres({ dataDir, onLog: (line) => lines.push(line) });
    running.push(adopted);
    expect(adopted.pid).toBe(left.pid);
    expect(adopted.url).toBe(left.url);
    expect(lines[0]).toMatch(/adopted/);
    await adopted.stop();
    expect(await processIdentity(left.pid)).toBeNull();
  });

  it('stops an adopted server in a process that does nothing else', async () => {
    const left = await startAndKillLauncher();
    const script = `
      import { startEmbeddedPostgres } from '@heddle/embedded';
      await (await startEmbeddedPostgres({ dataDir: process.argv[1] })).stop();
      console.log('stopped');`;
    const other = spawn(process.execPath, ['--input-type=module', '-e', script, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    other.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    await once(other, 'exit');
    expect(output).toBe('stopped\n');
    expect(await processIdentity(left.pid)).toBeNull();
    await expect(readFile(join(dataDir, 'lock'))).rejects.toThrow(/ENOENT/);
  });

  it('reports the end of an adopted server', async () => {
    const left = await startAndKillLauncher();
    const adopted = await start();
    process.kill(left.pid, 'SIGKILL');
    expect(await adopted.exited).toBeInstanceOf(Error);
  });

  it('reports a crash and starts again after a kill -9 of the postmaster', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    process.kill(first.pid, 'SIGKILL');
    expect(await first.exited).toBeInstanceOf(Error);
    await first.stop();
    const second = await start();
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([42]);
  });

  it('ignores a pid file whose pid belongs to another program now', async () => {
    await (await start()).stop();
    const pidFile = join(dataDir, 'cluster', 'postmaster.pid');
    await writeFile(
      pidFile,
      `${process.pid}\n${join(dataDir, 'cluster')}\n1\n5432\n\n127.0.0.1\n1 1\nready\n`,
    );
    const server = await start();
    expect(server.pid).not.toBe(process.pid);
    expect(await query(server.url, 'SELECT 1')).toEqual([1]);
  });

  it('ignores a pid file and a lock whose processes are gone', async () => {
    await (await start()).stop();
    const dead = spawn(process.execPath, ['-e', '']);
    await once(dead, 'exit');
    const pidFile = join(dataDir, 'cluster', 'postmaster.pid');
    await writeFile(pidFile, `${dead.pid}\n${join(dataDir, 'cluster')}\n1\n5432\n\n127.0.0.1\n1 1\nready\n`);
    await writeFile(join(dataDir, 'lock'), JSON.stringify({ pid: dead.pid, identity: 'gone' }));
    expect(await query((await start()).url, 'SELECT 1')).toEqual([1]);
  });

  it('repeats a first start that was cut off', async () => {
    await mkdir(join(dataDir, 'cluster.new'), { recursive: true });
    await writeFile(join(dataDir, 'cluster.new', 'PG_VERSION'), '18\n');
    expect(await query((await start()).url, 'SELECT 1')).toEqual([1]);
  });

  it('is found by others while it runs, and nothing is made by looking', async () => {
    expect(await findEmbeddedPostgres(dataDir)).toEqual({ state: 'none' });
    await expect(stat(dataDir)).rejects.toThrow(/ENOENT/);
    const server = await start();
    expect(await findEmbeddedPostgres(dataDir)).toEqual({ state: 'running', url: server.url });
    await server.stop();
    expect(await findEmbeddedPostgres(dataDir)).toEqual({ state: 'stopped' });
    const pidFile = join(dataDir, 'cluster', 'postmaster.pid');
    await writeFile(
      pidFile,
      `${process.pid}\n${join(dataDir, 'cluster')}\n1\n5432\n\n127.0.0.1\n1 1\nready\n`,
    );
    expect(await findEmbeddedPostgres(dataDir)).toEqual({ state: 'stopped' });
  });

  it('signals nobody when it ended by itself', async () => {
    const first = await start();
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    // The pid that the server left behind belongs to somebody else by now.
    const other = spawn('sleep', ['60']);
    const pidFile = join(dataDir, 'cluster', 'postmaster.pid');
    const [, ...lines] = (await readFile(pidFile, 'utf8')).split('\n');
    await writeFile(pidFile, [other.pid, ...lines].join('\n'));
    await first.stop();
    expect([other.exitCode, other.signalCode]).toEqual([null, null]);
    other.kill('SIGKILL');
  });

  it.each(['a \'quoted\' "folder" $x ü', 'x'.repeat(200)])('lives in a folder named %s', async (name) => {
    dataDir = join(root, name, name);
    const first = await start();
    await first.stop();
    expect(await query((await start()).url, 'SELECT 1')).toEqual([1]);
  });

  it('refuses a folder that a live process uses, and frees it on stop', async () => {
    const first = await start();
    const refused = await start().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(DataFolderInUseError);
    expect(String(refused)).toContain(`pid ${process.pid}`);
    expect(String(refused)).toContain(dirname(join(dataDir, 'x')));
    await first.stop();
    await expect(readFile(join(dataDir, 'lock'))).rejects.toThrow(/ENOENT/);
  });

  it.runIf(process.getuid?.() === 0)('names the folder that the server account cannot enter', async () => {
    const closed = join(root, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const refused = startEmbeddedPostgres({ dataDir: join(closed, 'data') });
    await expect(refused).rejects.toThrow(new RegExp(`cannot enter ${closed}, .*HEDDLE_DATA_DIR`));
    const looked = assertServerCanReach(join(closed, 'more', 'data'));
    await expect(looked).rejects.toThrow(UnreachableFolderError);
    await expect(looked).rejects.toThrow(`cannot enter ${closed}`);
    await assertServerCanReach(join(root, 'not', 'there'));
  });
});
