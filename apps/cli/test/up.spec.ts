import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Job, Page } from '@heddle/contracts';
import { createTestFolder, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heddle, startCli } from './cli.js';

const SHIPPED_TOPIC = fileURLToPath(new URL('../../../models/topic', import.meta.url));
const START_TIMEOUT_MS = 90_000;
/** Of api, dispatcher and worker. */
const FAMILIES = [
  ...['http_requests_total', 'http_request_duration_seconds', 'jobs_total', 'job_wait_seconds'],
  ...['job_duration_seconds', 'queue_jobs', 'queue_tokens', 'queue_oldest_age_seconds', 'batch_items'],
  ...[
    'batch_tokens',
    'batch_padding_ratio',
    'inference_duration_seconds',
    'tokens_total',
    'item_errors_total',
  ],
  ...[
    'job_attempts_total',
    'stale_writes_total',
    'workers',
    'worker_restarts_total',
    'webhook_attempts_total',
  ],
  ...['webhook_backlog', 'outbox_lag_seconds', 'event_loop_lag_seconds', 'build_info', 'desired_workers'],
];
let folder: string;
let key: string;

beforeAll(async () => {
  folder = await createTestFolder('heddle-test-up-');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** `heddle up` on the folder of this file, with all it prints; resolves when it says that it is ready. */
async function up(args: string[] = []) {
  const started = performance.now();
  const cli = startCli(['up', ...args], { HEDDLE_DATA_DIR: folder, HEDDLE_PORT: '0' });
  const ended = once(cli.process, 'exit');
  await waitFor(() => cli.stdout().includes('Ctrl-C') || cli.process.exitCode !== null, {
    timeoutMs: START_TIMEOUT_MS,
  });
  if (cli.process.exitCode !== null)
    throw new Error(`up ended with ${cli.process.exitCode}\n${cli.stderr()}`);
  const url = /Address {7}(\S+)/.exec(cli.stdout())![1]!;
  return { ...cli, ended, url, seconds: (performance.now() - started) / 1000 };
}
type Up = Awaited<ReturnType<typeof up>>;

async function interrupt({ process, ended }: Up): Promise<unknown> {
  process.kill('SIGINT');
  const [status] = await ended;
  return status;
}

/** Processes whose environment names the data folder: everything that `up` started, and Postgres. */
async function survivors(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    if (`${await read('environ')}${await read('cmdline')}`.includes(folder))
      found.push(await read('cmdline'));
  }
  return found;
}

const jobsOf = async (url: string) => {
  const response = await fetch(`${url}/v1/jobs`, { headers: { authorization: `Bearer ${key}` } });
  expect(response.status).toBe(200);
  return ((await response.json()) as Page<Job>).data;
};

describe('heddle up', () => {
  it('can be interrupted at its first start: the next one still shows the key', {
    timeout: 120_000,
  }, async () => {
    const cli = startCli(['up'], { HEDDLE_DATA_DIR: folder, HEDDLE_PORT: '0' });
    const ended = once(cli.process, 'exit');
    await waitFor(() => cli.stderr().includes('compiling'), { timeoutMs: START_TIMEOUT_MS });
    cli.process.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
    expect(cli.stdout()).toBe('');
    const running = await up();
    expect(running.stdout()).toMatch(/hdl_[0-9A-Za-z]{36}/);
    expect(await interrupt(running)).toBe(0);
    await rm(folder, { recursive: true });
    await mkdir(folder);
    await chmod(folder, 0o755);
  });

  it('starts from nothing; the lines it prints work when pasted; Ctrl-C leaves nothing running', {
    timeout: 120_000,
  }, async () => {
    const started = performance.now();
    const running = await up();
    key = /hdl_[0-9A-Za-z]{36}/.exec(running.stdout())![0];
    const lines = running
      .stdout()
      .split('\n')
      .filter((text) => /^(export|curl|npx) /.test(text));
    const { stdout } = await promisify(execFile)('bash', ['-ec', lines.join('\n')]);
    const seconds = (performance.now() - started) / 1000;
    expect(running.stderr()).toMatch(/creating a database.*applied.*ner: compiling.*starting api/s);
    const [answer, topic] = stdout.split(/(?<=\})(?=\w)/);
    expect(topic).toMatch(/^Business 0/);
    const job = JSON.parse(answer!) as Job;
    expect(job).toMatchObject({ status: 'succeeded', model: 'sentiment' });

    const models = await fetch(`${running.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
    expect(((await models.json()) as Page<{ name: string }>).data.map(({ name }) => name)).toEqual([
      'topic',
      'sentiment',
      'nli',
      'ner',
    ]);

    const metrics = await fetch(`${running.url}/metrics`, { headers: { authorization: `Bearer ${key}` } });
    const text = await metrics.text();
    for (const family of FAMILIES) expect(text).toMatch(new RegExp(`^# TYPE heddle_${family} `, 'm'));
    // Counted by the worker, by the api, and by the dispatcher.
    expect(text).toMatch(/^heddle_jobs_total\{model="sentiment",[^}]*status="succeeded"\} 1$/m);
    expect(text).toMatch(
      /^heddle_http_requests_total\{route="\/v1\/jobs",method="POST",status="201"\} \d+$/m,
    );
    expect(text).toMatch(/^heddle_workers\{status="lost"\} 0$/m);
    expect(text.match(/^# TYPE heddle_jobs_total /gm)).toHaveLength(1);
    expect(text).toMatch(/^heddle_build_info\{[^}]*\} 1$/m);

    const second = await heddle(['up'], { env: { HEDDLE_DATA_DIR: folder, HEDDLE_PORT: '0' } });
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(folder);
    expect((await fetch(`${running.url}/readyz`)).status).toBe(200);

    expect(await interrupt(running)).toBe(0);
    expect(await survivors()).toEqual([]);
    // From nothing to the first answer, everything compiled on the way.
    expect(seconds).toBeLessThanOrEqual(60);
  });

  it('continues with the same data at the next start, and shows the key no more', {
    timeout: 120_000,
  }, async () => {
    const running = await up();
    expect(running.stdout()).not.toMatch(/hdl_[0-9A-Za-z]{36}/);
    expect(running.stderr()).not.toContain('compiling');
    expect(await jobsOf(running.url)).toHaveLength(2);
    expect(await interrupt(running)).toBe(0);
  });

  it('is back within ten seconds', { timeout: 120_000 }, async () => {
    let seconds = Number.POSITIVE_INFINITY;
    // The better of two: the machine may be busy with something else.
    for (let i = 0; i < 2 && seconds > 10; i++) {
      const running = await up();
      seconds = running.seconds;
      expect(await interrupt(running)).toBe(0);
    }
    expect(seconds).toBeLessThanOrEqual(10);
  });

  it('restarts what ends by itself', { timeout: 120_000 }, async () => {
    const running = await up();
    const [worker] = await pidsOf('worker/dist/main.js');
    process.kill(worker!, 'SIGKILL');
    await waitFor(() => running.stderr().includes('worker ended (SIGKILL)'), { timeoutMs: 10_000 });
    await waitFor(async () => (await pidsOf('worker/dist/main.js')).length === 1, { timeoutMs: 20_000 });
    const response = await fetch(`${running.url}/v1/jobs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', prefer: 'wait=60' },
      body: JSON.stringify({ model: 'topic', inputs: ['stocks fell'] }),
    });
    expect(((await response.json()) as Job).status).toBe('succeeded');
    expect(await interrupt(running)).toBe(0);
  });

  it('starts again after it was killed, whatever was left behind', { timeout: 120_000 }, async () => {
    const killed = await up();
    killed.process.kill('SIGKILL');
    await killed.ended;
    const running = await up();
    expect((await jobsOf(running.url)).length).toBe(3);
    expect(await interrupt(running)).toBe(0);
    await waitFor(async () => (await survivors()).length === 0, { timeoutMs: 40_000 });
  });

  it('starts a killed Postgres again: everything accepted ends, everybody connects again', {
    timeout: 240_000,
  }, async () => {
    const running = await up();
    const pidFile = join(folder, 'postgres', 'cluster', 'postmaster.pid');
    const postmaster = Number((await readFile(pidFile, 'utf8')).split('\n')[0]);
    const before = await pidsOf('/dist/main.js');
    const ids: string[] = [];
    const submit = async (text: string) => {
      const headers = {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'idempotency-key': text,
      };
      const body = JSON.stringify({ model: 'sentiment', inputs: [text] });
      const accepted = async () => {
        const response = await fetch(`${running.url}/v1/jobs`, { method: 'POST', headers, body });
        if (response.status === 503) return null;
        expect(response.status).toBeLessThan(300);
        return (await response.json()) as Job;
      };
      ids.push((await waitFor(accepted, { timeoutMs: 60_000 }))!.id);
    };
    for (let i = 0; i < 300; i += 20) {
      if (i === 140) process.kill(postmaster, 'SIGKILL');
      await Promise.all(Array.from({ length: 20 }, (_, j) => submit(`film-${i + j}`)));
    }
    expect(new Set(ids).size).toBe(300);
    for (const id of ids) {
      const read = { headers: { authorization: `Bearer ${key}`, prefer: 'wait=10' } };
      const ended = async () => {
        const response = await fetch(`${running.url}/v1/jobs/${id}`, read);
        return response.ok && ((await response.json()) as Job).status === 'succeeded';
      };
      // What was active then waits for its lock to run out, or its lease.
      await waitFor(ended, { timeoutMs: 120_000 });
    }
    expect(running.stderr()).toContain('starting it again');
    expect(await pidsOf('/dist/main.js')).toEqual(before);
    expect(await interrupt(running)).toBe(0);
    expect(await survivors()).toEqual([]);
  });

  it('can be stopped while its Postgres comes up again', { timeout: 120_000 }, async () => {
    const running = await up();
    const pidFile = join(folder, 'postgres', 'cluster', 'postmaster.pid');
    process.kill(Number((await readFile(pidFile, 'utf8')).split('\n')[0]), 'SIGKILL');
    await waitFor(() => running.stderr().includes('starting it again'), { timeoutMs: 10_000 });
    expect(await interrupt(running)).toBe(0);
    expect(await survivors()).toEqual([]);
  });

  it('takes a Ctrl-C that comes twice for one; a later one ends everything at once', {
    timeout: 120_000,
  }, async () => {
    const running = await up();
    const [worker] = await pidsOf('worker/dist/main.js');
    // Its drain never ends.
    process.kill(worker!, 'SIGSTOP');
    running.process.kill('SIGINT');
    await waitFor(() => running.stderr().includes('SIGINT: stopping'), { timeoutMs: 10_000 });
    running.process.kill('SIGINT');
    await sleep(1_500);
    expect([running.process.exitCode, await pidsOf('worker/dist/main.js')]).toEqual([null, [worker]]);
    running.process.kill('SIGINT');
    expect(await running.ended).toEqual([130, null]);
    await waitFor(async () => (await survivors()).length === 0, { timeoutMs: 10_000 });
    const again = await up();
    expect(await interrupt(again)).toBe(0);
  });

  it('has a lost admin key replaced while it runs, while it does not, and at its start', {
    timeout: 120_000,
  }, async () => {
    const renew = async () => {
      const { status, stdout } = await heddle(['keys', 'new-admin'], { env: { HEDDLE_DATA_DIR: folder } });
      expect([status, stdout]).toEqual([0, expect.stringMatching(/^hdl_[0-9A-Za-z]{36}\n$/)]);
      return stdout.trim();
    };
    const stopped = await renew();
    expect(await survivors()).toEqual([]);
    const running = await up();
    expect(running.stdout()).toContain(`HEDDLE_DATA_DIR=${folder} npx heddle keys new-admin`);
    const statusWith = async (secret: string) =>
      (await fetch(`${running.url}/v1/me`, { headers: { authorization: `Bearer ${secret}` } })).status;
    expect([await statusWith(stopped), await statusWith(key)]).toEqual([200, 401]);
    const whileRunning = await renew();
    await waitFor(async () => (await statusWith(stopped)) === 401, { timeoutMs: 10_000 });
    expect(await statusWith(whileRunning)).toBe(200);
    // What else works on the database finds it as well.
    const args = ['import', SHIPPED_TOPIC, '--name', 'mine'];
    const imported = await heddle(args, { env: { HEDDLE_DATA_DIR: folder } });
    expect([imported.status, imported.stdout]).toEqual([0, expect.stringMatching(/^mine@1 imported/)]);
    expect(await interrupt(running)).toBe(0);

    const again = await up(['--new-admin-key']);
    expect(again.stdout()).toMatch(/hdl_[0-9A-Za-z]{36}/);
    expect(await interrupt(again)).toBe(0);
  });

  it('stops the Postgres that an interrupted import had started', { timeout: 60_000 }, async () => {
    const args = ['import', SHIPPED_TOPIC, '--name', 'interrupted'];
    const cli = startCli(args, { HEDDLE_DATA_DIR: folder });
    const ended = once(cli.process, 'exit');
    await waitFor(() => cli.stderr().includes('compiling'), { timeoutMs: 30_000 });
    cli.process.kill('SIGINT');
    expect([await ended, cli.stdout()]).toEqual([[130, null], '']);
    expect(cli.stderr()).toMatch(/\ninterrupted\n$/);
    expect(await survivors()).toEqual([]);
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  it('says which port is in use, and leaves nothing behind', { timeout: 60_000 }, async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const result = await heddle(['up'], { env: { HEDDLE_DATA_DIR: folder, HEDDLE_PORT: String(port) } });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(`Port ${port}`);
    expect(result.stderr).toContain('HEDDLE_PORT');
    expect(await survivors()).toEqual([]);
    server.close();
  });

  it.each([
    ['HEDDLE_PORT', 'eighty'],
    ['HEDDLE_LOG_LEVEL', 'loud'],
    ['HEDDLE_DATABASE_URL', 'localhost'],
    ['HEDDLE_TYPO', '1'],
    ['HEDDLE_LEASE_MS', '5000'],
    ['HEDDLE_DATA_DIR', '/proc/heddle/data'],
    ['HEDDLE_DATA_DIR', '/etc/hostname/data'],
    ['HEDDLE_CACHE_DIR', '/proc/heddle'],
  ])('ends with 78 naming %s=%s', async (name, value) => {
    const result = await heddle(['up'], { env: { HEDDLE_DATA_DIR: folder, [name]: value } });
    expect(result.status).toBe(78);
    expect(result.stderr).toContain(name);
  });
});

/** Process ids by a part of their command line, of this data folder only. */
async function pidsOf(part: string): Promise<number[]> {
  const pids: number[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    if ((await read('cmdline')).includes(part) && (await read('environ')).includes(folder))
      pids.push(Number(pid));
  }
  return pids;
}
