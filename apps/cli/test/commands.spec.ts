import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ItemResult, Job } from '@heddle/contracts';
import { startHeddle, TestClient, type TestHeddle, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heddle, startCli } from './cli.js';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
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
    const models = await heddle(['models', 'list'], { env });
    expect(models.stdout).toMatch(/^NAME +VERSION +TASKS/);
    expect(models.stdout).toContain('zero-shot-classification');
  });
});

describe('exit statuses and errors', () => {
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
    [['import', '/nowhere', '--name', 'x'], {}, 78, /HEDDLE_DATABASE_URL/],
  ])('%j', async (args, extra, status, message) => {
    const result = await heddle(args, { env: { ...env, ...extra } });
    expect(result.stderr).toMatch(message);
    expect(result.status).toBe(status);
    expect(result.stdout).toBe('');
  });

  it('every command explains itself with an example', async () => {
    const commands = [
      ['up'],
      ['setup'],
      ['import'],
      ['doctor'],
      ['run'],
      ['jobs', 'get'],
      ['jobs', 'list'],
      ['jobs', 'cancel'],
      ['models', 'list'],
    ];
    for (const command of commands) {
      const { status, stdout } = await heddle([...command, '--help']);
      expect([status, stdout.includes('Example:')], command.join(' ')).toEqual([0, true]);
    }
    expect((await heddle(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('import', () => {
  const importEnv = () => ({
    HEDDLE_DATABASE_URL: system.database.url,
    HEDDLE_DATA_DIR: join(folder, 'data'),
  });
  async function copyOf(change: (dir: string) => Promise<void>): Promise<string> {
    const dir = await mkdtemp(join(folder, 'checkpoint-'));
    await cp(join(REPOSITORY, 'models', 'sentiment'), dir, { recursive: true });
    await change(dir);
    return dir;
  }
  const changeConfig = (change: Record<string, unknown>) => async (dir: string) => {
    const config = JSON.parse(await readFile(join(dir, 'config.json'), 'utf8')) as object;
    await writeFile(join(dir, 'config.json'), JSON.stringify({ ...config, ...change }));
  };

  it('registers a version once', async () => {
    const dir = await copyOf(async () => undefined);
    const first = await heddle(['import', dir, '--name', 'mine'], { env: importEnv() });
    expect([first.status, first.stdout]).toEqual([
      0,
      'mine@1 imported: text-classification, attention; 2 labels\n',
    ]);
    const again = await heddle(['import', dir, '--name', 'mine'], { env: importEnv() });
    expect(again.stdout).toContain('mine@1 was there already');
    const models = await heddle(['models', 'list'], { env });
    expect(models.stdout).toContain('mine');
  });

  it.each<[string, (dir: string) => Promise<void>, RegExp]>([
    ['no weights', (dir) => rm(join(dir, 'model.safetensors')), /^not-a-checkpoint/],
    ['cut-off weights', (dir) => truncate(join(dir, 'model.safetensors'), 1_000_000), /^invalid-weights/],
    ['no tokenizer', (dir) => rm(join(dir, 'tokenizer.json')), /^unsupported-tokenizer/],
    [
      'a broken tokenizer',
      (dir) => writeFile(join(dir, 'tokenizer.json'), '{"version":"1.0"'),
      /^unsupported-tokenizer/,
    ],
    [
      'a broken configuration',
      (dir) => writeFile(join(dir, 'config.json'), '{'),
      /^invalid-config: .*config\.json/,
    ],
    [
      'another architecture',
      changeConfig({ model_type: 'bert', architectures: ['BertModel'] }),
      /^unsupported-architecture: .*bert/,
    ],
    ['a wrong size', changeConfig({ hidden_size: 255 }), /hidden_size|heads/],
    [
      'more labels than weights',
      changeConfig({ id2label: { 0: 'a', 1: 'b', 2: 'c' } }),
      /^missing-tensors: .*classifier/,
    ],
    [
      'fewer embeddings than tokens',
      changeConfig({ vocab_size: 9000 }),
      /^(missing-tensors|unsupported-tokenizer)/,
    ],
    ['too many layers', changeConfig({ num_hidden_layers: 9 }), /^missing-tensors: .*layer\.4/],
  ])('refuses %s and registers nothing', async (_, change, message) => {
    const dir = await copyOf(change);
    const result = await heddle(['import', dir, '--name', 'broken'], { env: importEnv() });
    expect(result.stderr.replace('compiling and verifying …\n', '')).toMatch(message);
    expect([result.status, result.stdout]).toEqual([5, '']);
    expect(await readdir(join(folder, 'data', 'tmp'))).toEqual([]);
    expect((await heddle(['models', 'list'], { env })).stdout).not.toContain('broken');
  });

  it.each([
    [['--name', 'My Model'], 'validation: name: lower-case letters'],
    [['--name', 'ver_1'], 'validation: name: must not begin like an id'],
    [['--name', 'broken', '--description', '\u001b[2J'], 'validation: description: must not hold control'],
  ])('refuses %j', async (options, message) => {
    const dir = await copyOf(async () => undefined);
    const result = await heddle(['import', dir, ...options], { env: importEnv() });
    expect(result.stderr.replace('compiling and verifying …\n', '')).toContain(message);
    expect(result.status).toBe(5);
  });
});

describe('doctor', () => {
  it('finds a healthy system healthy', async () => {
    const { port } = new URL(system.url);
    const { status, stdout } = await heddle(['doctor'], {
      env: { HEDDLE_DATA_DIR: folder, HEDDLE_PORT: port },
    });
    expect(stdout).toContain('Heddle runs and is ready');
    expect(stdout).toContain('ner, nli, sentiment, topic');
    expect(status).toBe(0);
  });

  it('says what is wrong and what to do', async () => {
    const { status, stdout } = await heddle(['doctor'], {
      env: {
        HEDDLE_DATA_DIR: join(REPOSITORY, 'README.md', 'below-a-file'),
        HEDDLE_DATABASE_URL: 'postgres://x:y@127.0.0.1:9/z',
        HEDDLE_REDIS_URL: 'redis://127.0.0.1:9',
        HEDDLE_PORT: '0',
      },
    });
    expect(status).toBe(1);
    for (const [what, advice] of [
      ['data folder', 'HEDDLE_DATA_DIR'],
      ['database', 'HEDDLE_DATABASE_URL'],
      ['queue', 'HEDDLE_REDIS_URL'],
    ]) {
      expect(stdout).toMatch(new RegExp(`fail +${what}.*${advice}`));
    }
    expect(stdout).not.toContain('x:y');
  });
});

describe('guides', () => {
  it.each(['README.md', 'docs/importing-models.md'])(
    '%s: every snippet that speaks to a running Heddle works as written',
    { timeout: 180_000 },
    async (page) => {
      const text = await readFile(join(REPOSITORY, page), 'utf8');
      const snippets = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
        .map((match) => match[1]!)
        .filter((snippet) => /\$HEDDLE_URL|silent heddle/.test(snippet));
      expect(snippets.length).toBeGreaterThanOrEqual(3);
      for (const snippet of snippets) {
        const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', snippet], {
          cwd: REPOSITORY,
          env: { PATH: process.env.PATH, HOME: folder, ...env },
        });
        expect(stdout, snippet).not.toContain('/problems/');
        expect(stdout.trim(), snippet).not.toBe('');
      }
    },
  );

  it('links to pages that exist', async () => {
    for (const page of [
      'README.md',
      'docs/ARCHITECTURE.md',
      'docs/job-states.md',
      'docs/importing-models.md',
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
