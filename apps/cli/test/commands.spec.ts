import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ItemResult, Job } from '@heddle/contracts';
import { startHeddle, TestClient, type TestHeddle, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heddle, startCli } from './cli.js';
import { REPOSITORY, runGuide } from './guide.js';

let system: TestHeddle;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  system = await startHeddle();
  folder = await mkdtemp(join(tmpdir(), 'heddle-cli-'));
  env = { HEDDLE_URL: system.url, HEDDLE_API_KEY: system.key };
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await system.stop();
});

describe('run', () => {
  it('prints an answer a text, in order', async () => {
    const { status, stdout } = await heddle(
      ['run', 'sentiment', 'I loved it', 'Two hours I will never get back'],
      { env },
    );
    expect(status).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(2);
    expect(stdout).toMatch(/^positive 0\.\d{4} {2}negative 0\.\d{4}\n/);
  });

  it('reads standard input, more lines than a job takes', async () => {
    const lines = Array.from({ length: 2_300 }, (_, i) => `film number ${i}`);
    const { status, stdout } = await heddle(['run', 'sentiment', '-', '--output', 'jsonl'], {
      env,
      stdin: lines.join('\n'),
    });
    expect(status).toBe(0);
    const results = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ItemResult);
    expect(results).toHaveLength(2_300);
    expect(results.every((result) => result.output)).toBe(true);
    expect(results[1_000]!.index).toBe(0);
  });

  it('takes tasks and parameters', async () => {
    const labels = 'candidate_labels=["sport","politics"]';
    const args = [
      'run',
      'nli',
      '--task',
      'zero-shot-classification',
      '-p',
      labels,
      'The match ended 2-1',
      '--json',
    ];
    const { status, stdout } = await heddle(args, { env });
    expect(status).toBe(0);
    expect(JSON.parse(stdout) as Job).toMatchObject({
      task: 'zero-shot-classification',
      parameters: { candidate_labels: ['sport', 'politics'] },
    });
  });

  it('tells entities', async () => {
    const { stdout } = await heddle(['run', 'ner', 'Barack Obama visited Berlin'], { env });
    expect(stdout).toMatch(/\[(person|location) 0\.\d{4}\]/);
  });

  it('takes long texts, more of them than a request holds', async () => {
    // Over eight megabytes, of texts that every server takes and no model does.
    const lines = Array.from({ length: 60 }, (_, i) => `${i} ${'word '.repeat(30_000)}`);
    const { status, stdout, stderr } = await heddle(['run', 'sentiment', '-'], {
      env,
      stdin: lines.join('\n'),
    });
    expect([status, stderr]).toEqual([1, '']);
    expect(stdout.match(/^error input-too-long/gm)).toHaveLength(60);
  });

  it('refuses standard input that is not text, naming the line', async () => {
    const stdin = Buffer.from([...Buffer.from('\ufefffine\r\n\n'), 0xff, 0xfe, 0x0a]);
    const { status, stdout, stderr } = await heddle(['run', 'sentiment', '-'], { env, stdin });
    expect([status, stdout, stderr]).toEqual([2, '', 'line 3 of standard input is not UTF-8 text\n']);
    const fine = await heddle(['run', 'sentiment', '-', '--json'], { env, stdin: stdin.subarray(0, 8) });
    expect((JSON.parse(fine.stdout) as Job).inputs).toEqual(['fine']);
  });

  it('ends with 1 when an item fails', async () => {
    const { status, stdout } = await heddle(['run', 'sentiment', 'good', 'far too long '.repeat(400)], {
      env,
    });
    expect(status).toBe(1);
    expect(stdout).toContain('error input-too-long');
  });
});

describe('interrupted', () => {
  it('cancels what it has submitted when asked to, and leaves it alone otherwise', async () => {
    const client = new TestClient(system.url, system.key);
    await system.kill('worker');
    const statusAfterInterrupt = async (...options: string[]) => {
      const text = `waits for nobody ${options.length}`;
      const running = startCli(['run', 'sentiment', text, ...options], env);
      const submitted = async () => {
        const [job] = (await client.list('limit=1&include=input')).data;
        return job?.inputs?.[0] === text ? job.id : null;
      };
      const id = (await waitFor(submitted, { timeoutMs: 20_000 }))!;
      running.process.kill('SIGINT');
      expect(await once(running.process, 'exit')).toEqual([130, null]);
      return (await client.get(id)).status;
    };
    expect(await statusAfterInterrupt('--cancel-on-interrupt')).toBe('canceled');
    expect(await statusAfterInterrupt()).toBe('queued');
    await system.start('worker');
  });
});

describe('jobs and models', () => {
  it('are shown', async () => {
    const list = await heddle(['jobs', 'list', '--limit', '1', '--output', 'jsonl'], { env });
    const job = JSON.parse(list.stdout) as Job;
    const got = await heddle(['jobs', 'get', job.id, '--json'], { env });
    expect(JSON.parse(got.stdout)).toMatchObject({ id: job.id, status: job.status });
    const canceled = await heddle(['jobs', 'cancel', job.id], { env });
    expect([canceled.status, canceled.stdout.includes(job.id)]).toEqual([0, true]);
    const purged = await heddle(['jobs', 'purge', job.id, '--json'], { env });
    expect(JSON.parse(purged.stdout)).toMatchObject({ id: job.id, inputs: null, data_removed: true });
    const models = await heddle(['models', 'list'], { env });
    expect(models.stdout).toMatch(/^NAME +LATEST +TASKS/);
    expect(models.stdout).toContain('zero-shot-classification');
  });
});

describe('standard output', () => {
  it('may be closed by its reader', async () => {
    const lines = Array.from({ length: 3_000 }, (_, i) => `film ${i}`).join('\n');
    expect((await heddle(['run', 'topic', '-'], { env, stdin: lines })).status).toBe(0);
    const cli = startCli(['jobs', 'list', '--limit', '100', '--json'], env);
    cli.process.stdout!.destroy();
    expect(await once(cli.process, 'exit')).toEqual([0, null]);
    expect(cli.stderr()).toBe('');
  });
});

describe('exit statuses and errors', () => {
  it('says so when another program answers', async () => {
    const server = createServer((_, response) => response.end('<html>hello</html>')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const args = ['jobs', 'list', '--server', `http://127.0.0.1:${port}`];
    const { status, stderr } = await heddle(args, { env });
    server.close();
    expect([status, stderr.split('\n').length]).toEqual([7, 2]);
    expect(stderr).toContain('is not Heddle');
  });

  it.each<[string[], Record<string, string>, number, RegExp]>([
    [['run'], {}, 2, /missing required argument/],
    [['dance'], {}, 2, /unknown command/],
    [['jobs', 'list', '--output', 'xml'], {}, 2, /Allowed choices/],
    [['run', 'sentiment', 'x', '-p', 'top_k'], {}, 2, /not name=value/],
    [['run', 'sentiment', 'x'], { HEDDLE_API_KEY: '' }, 3, /HEDDLE_API_KEY/],
    [['run', 'sentiment', 'x'], { HEDDLE_API_KEY: 'hdl_wrong' }, 3, /^unauthorized: .*\(request req_/],
    [['run', 'nothing', 'x'], {}, 4, /^not-found/],
    [['jobs', 'get', 'job_x'], {}, 4, /^not-found/],
    [['run', 'sentiment', 'x', '-p', 'top_k=0'], {}, 5, /\/parameters\/top_k/],
    [['jobs', 'list', '--limit', '1000'], {}, 5, /\?limit/],
    [['run', 'sentiment', 'x', '--server', 'http://127.0.0.1:9'], {}, 7, /Is Heddle running\?/],
    [['run', 'sentiment', 'x', '--server', 'nonsense'], {}, 2, /not a URL/],
    [['run', 'sentiment', 'x', '--server', 'localhost:8080'], {}, 2, /not a URL that begins with http/],
    [['run', 'sentiment', 'x', '--key', 'schlüssel ✓'], {}, 3, /the key holds characters/],
    [['rnu'], {}, 2, /Did you mean run\?/],
    [['import', '/nowhere', '--name', 'x'], { HEDDLE_DATA_DIR: '/nowhere' }, 78, /HEDDLE_DATABASE_URL/],
    [['keys', 'new-admin'], { HEDDLE_DATA_DIR: '/nowhere' }, 78, /\/nowhere.* holds no database/],
  ])('%j', async (args, extra, status, message) => {
    const result = await heddle(args, { env: { ...env, ...extra } });
    expect(result.stderr).toMatch(message);
    expect(result.status).toBe(status);
    expect(result.stdout).toBe('');
  });

  it('lists no deliveries of what is not there', async () => {
    for (const [option, noun] of [
      ['--webhook', 'webhooks'],
      ['--job', 'jobs'],
      ['--batch', 'batches'],
    ]) {
      const { status, stderr, stdout } = await heddle(['deliveries', 'list', option!, 'none'], { env });
      expect([status, stdout, stderr], noun).toEqual([4, '', expect.stringMatching(/^not-found: /)]);
    }
    const none = await heddle(['deliveries', 'list'], { env });
    expect([none.status, none.stdout]).toEqual([0, expect.stringMatching(/^ID /)]);
  });

  it('explains commands, also two words deep', async () => {
    const { status, stdout } = await heddle(['jobs', 'list', '--help']);
    // Both from the clone, which the tests run in.
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/^Usage: npx heddle jobs list .*^Example: npx heddle jobs list /ms),
    ]);
    expect((await heddle(['help', 'jobs', 'list'])).stdout).toBe(stdout);
    expect((await heddle(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('guides', () => {
  it.each([
    'README.md',
    'docs/ablation.md',
    'docs/batches.md',
    'docs/dashboard.md',
    'docs/dialects.md',
    'docs/evaluations.md',
    'docs/http-api.md',
    'docs/importing-models.md',
    'docs/keys.md',
    'docs/files.md',
    'docs/scaling.md',
    'docs/webhooks.md',
  ])(
    '%s: every snippet that speaks to a running Heddle works as written',
    { timeout: 180_000 },
    async (page) => {
      // What runs without a server asks the database itself.
      const local =
        page === 'docs/ablation.md'
          ? { HEDDLE_DATABASE_URL: system.database.url, HEDDLE_DATA_DIR: system.dataDir }
          : undefined;
      await runGuide(page, { HOME: folder, ...env, ...local });
    },
  );

  it('links to pages that exist', async () => {
    for (const page of [
      'README.md',
      'docs/ARCHITECTURE.md',
      'docs/ablation.md',
      'docs/batches.md',
      'docs/cli.md',
      'docs/dashboard.md',
      'docs/dialects.md',
      'docs/evaluations.md',
      'docs/http-api.md',
      'docs/job-states.md',
      'docs/importing-models.md',
      'docs/keys.md',
      'docs/files.md',
      'docs/webhooks.md',
      'docs/configuration.md',
      'docs/sdk.md',
      'models/README.md',
    ]) {
      const text = await readFile(join(REPOSITORY, page), 'utf8');
      for (const [, target] of text.matchAll(/\]\((?!http)([^)#]+)/g)) {
        const path = join(REPOSITORY, page, '..', target!);
        await expect(
          readdir(path).catch(() => readFile(path)),
          `${page} → ${target}`,
        ).resolves.toBeDefined();
      }
    }
  });
});
