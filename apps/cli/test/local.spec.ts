import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openArtifactStore } from '@heddle/artifacts';
import { createTestFolder, startHeddle, TestClient, type TestHeddle } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heddle, MAIN } from './cli.js';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
let system: TestHeddle;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  system = await startHeddle();
  folder = await createTestFolder('heddle-cli-local-');
  env = { HEDDLE_URL: system.url, HEDDLE_API_KEY: system.key };
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await system.stop();
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

  it('adds a version in int8 beside that in fp32', { timeout: 60_000 }, async () => {
    const dir = await copyOf(async () => undefined);
    const args = ['import', dir, '--name', 'narrow'];
    expect((await heddle(args, { env: importEnv() })).status).toBe(0);
    const int8 = await heddle([...args, '--precision', 'int8'], { env: importEnv() });
    expect([int8.status, int8.stdout]).toEqual([
      0,
      expect.stringMatching(
        /^narrow@2 imported.*\n {2}int8 +\d+\.\d % of .*\n +mean difference .*\n {2}layers +all 4 in int8\n +words +embeddings in int8\n$/,
      ),
    ]);
    const command = `npx heddle ${args.join(' ')} --precision int8 --promote`;
    expect(int8.stderr.trim().split('\n').at(-1)).toBe(command);

    const texts = join(folder, 'few.jsonl');
    await writeFile(texts, '"one text"\n');
    const few = await heddle([...args, '--precision', 'int8', '--calibration', texts], { env: importEnv() });
    expect(few.stderr).toContain('invalid-input: The file of calibration texts has 1 texts');
    expect([few.status, few.stdout]).toEqual([5, '']);
    const idle = await heddle([...args, '--calibration', texts], { env: importEnv() });
    expect([idle.status, idle.stderr]).toEqual([5, expect.stringContaining('--precision fp16 or int8')]);
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
    [
      'a configuration that is a link to itself',
      async (dir) => {
        await rm(join(dir, 'config.json'));
        await symlink('config.json', join(dir, 'config.json'));
      },
      /^invalid-config: config\.json cannot be read \(ELOOP\)\n$/,
    ],
    [
      'a tokenizer that is a link to nothing',
      async (dir) => {
        await rm(join(dir, 'tokenizer.json'));
        await symlink('nowhere', join(dir, 'tokenizer.json'));
      },
      /^unsupported-tokenizer: tokenizer\.json: cannot be read \(ENOENT\)\.\n$/,
    ],
    [
      'settings that are a folder',
      async (dir) => {
        await rm(join(dir, 'special_tokens_map.json'));
        await mkdir(join(dir, 'special_tokens_map.json'));
      },
      /^(unsupported-tokenizer|not-a-checkpoint): special_tokens_map\.json.*\n$/,
    ],
    ['too many layers', changeConfig({ num_hidden_layers: 9 }), /^missing-tensors: .*layer\.4/],
  ])('refuses %s and registers nothing', async (_, change, message) => {
    const dir = await copyOf(change);
    const result = await heddle(['import', dir, '--name', 'broken'], { env: importEnv() });
    expect(result.stderr.replace('compiling and verifying …\n', '')).toMatch(message);
    expect([result.status, result.stdout]).toEqual([5, '']);
    expect(await readdir(join(folder, 'data', 'tmp'))).toEqual([]);
    expect(await system.database.query("SELECT FROM models WHERE name = 'broken'")).toEqual([]);
  });

  it('says that the alias stays at the first version, and moves it when told', async () => {
    const dir = await copyOf(changeConfig({ id2label: { 0: 'bad', 1: 'good' } }));
    const args = ['import', dir, '--name', 'mine'];
    const second = await heddle(args, { env: importEnv() });
    expect([second.status, second.stdout]).toEqual([0, expect.stringMatching(/^mine@2 imported/)]);
    const [told, command] = second.stderr.trim().split('\n').slice(-2);
    expect(told).toContain('mine@production is still version 1');
    expect(command).toBe(`npx heddle ${args.join(' ')} --promote`);
    const moved = await heddle(command!.split(' ').slice(2), { env: importEnv() });
    expect([moved.status, moved.stderr]).toEqual([
      0,
      expect.stringContaining('mine@production is version 2'),
    ]);
    expect((await heddle(['aliases', 'list', 'mine'], { env })).stdout).toMatch(/mine@production +2 /);
  });

  it.each([
    [['--name', 'My Model'], 'validation: name: lower-case letters'],
    [['--name', 'ver_1'], 'validation: name: must not begin like an id'],
    [['--name', 'broken', '--description', '\u001b[2J'], 'validation: description: must not hold control'],
  ])('refuses %j', async (options, message) => {
    const dir = await copyOf(async () => undefined);
    const result = await heddle(['import', dir, ...options], { env: importEnv() });
    // Before anything is compiled.
    expect([result.status, result.stderr]).toEqual([5, expect.stringMatching(new RegExp(`^${message}`))]);
  });
});

describe('remove', () => {
  const localEnv = () => ({ HEDDLE_DATABASE_URL: system.database.url, HEDDLE_DATA_DIR: system.dataDir });
  const remove = (name: string) => heddle(['remove', name], { env: localEnv() });
  const listed = async () => (await heddle(['models', 'list'], { env })).stdout;

  it('takes a model that ships with Heddle away, for good', { timeout: 180_000 }, async () => {
    const client = new TestClient(system.url, system.key);
    const running = await client.run({ model: 'topic', inputs: ['x'] });
    expect(running.status).toBe('succeeded');
    const refused = await heddle(['models', 'delete', 'topic'], { env });
    expect([refused.status, refused.stderr]).toEqual([
      3,
      expect.stringContaining('`npx heddle remove topic`'),
    ]);
    await system.kill('worker');
    const waiting = await client.submit({ model: 'topic', inputs: ['y'] });
    expect(await remove('topic')).toMatchObject({
      status: 5,
      stderr: 'in-use: Unfinished jobs, batches or evaluations need it.\n',
    });
    expect((await heddle(['aliases', 'list', 'topic'], { env })).stdout).toMatch(/topic@production +1 /);
    await heddle(['jobs', 'cancel', waiting.id], { env });

    const files = await readdir(join(system.dataDir, 'artifacts'), { recursive: true });
    expect(await remove('topic')).toMatchObject({ status: 0, stdout: 'topic removed: 1 version\n' });
    expect(await listed()).not.toContain('topic');
    const left = await readdir(join(system.dataDir, 'artifacts'), { recursive: true });
    expect(left.length).toBeLessThan(files.length);
    expect((await client.get(running.id)).status).toBe('succeeded');
    expect(await remove('topic')).toMatchObject({
      status: 4,
      stderr: 'not-found: There is no model "topic" for every tenant.\n',
    });

    expect((await heddle(['setup'], { env: localEnv() })).status).toBe(0);
    expect(await listed()).not.toContain('topic');
    const again = await heddle(['import', join(REPOSITORY, 'models', 'topic'), '--name', 'topic'], {
      env: localEnv(),
    });
    expect([again.status, again.stdout]).toEqual([0, expect.stringContaining('topic@1 imported')]);
    await system.start('worker');
    const answer = await heddle(['run', 'topic', 'The striker scored twice'], { env });
    expect([answer.status, answer.stderr]).toEqual([0, '']);
  });

  it('leaves models of tenants alone', async () => {
    expect((await heddle(['models', 'create', 'own'], { env })).status).toBe(0);
    expect((await remove('own')).status).toBe(4);
    expect(await listed()).toMatch(/^own /m);
  });

  it('says when files are left to a worker', async () => {
    const elsewhere = { ...localEnv(), HEDDLE_ARTIFACTS_DIR: join(folder, 'elsewhere') };
    const { status, stdout, stderr } = await heddle(['remove', 'nli'], { env: elsewhere });
    expect([status, stdout]).toEqual([0, 'nli removed: 1 version\n']);
    expect(stderr).toMatch(/^a worker will remove the files, .*elsewhere does not hold them\n$/);
    const args = ['import', join(REPOSITORY, 'models', 'nli'), '--name', 'nli'];
    expect((await heddle(args, { env: localEnv() })).status).toBe(0);
  });
});

describe('gc', () => {
  it('removes what nothing names, says how much, and leaves the rest', async () => {
    const dataDir = join(folder, 'collected');
    const options = {
      env: {
        HEDDLE_DATABASE_URL: system.database.url,
        HEDDLE_DATA_DIR: dataDir,
        HEDDLE_ARTIFACT_GRACE_MS: '0',
      },
    };
    const imported = ['import', join(REPOSITORY, 'models', 'topic'), '--name', 'collected'];
    expect((await heddle(imported, options)).status).toBe(0);
    const artifacts = await openArtifactStore({ folder: join(dataDir, 'artifacts') });
    const orphan = join(folder, 'orphan');
    await writeFile(orphan, 'nobody names this');
    const { sha256 } = await artifacts.put(orphan);
    const list = async () => {
      const all: string[] = [];
      for await (const artifact of artifacts.list()) all.push(artifact.sha256);
      return all.sort();
    };
    const before = await list();
    const tried = await heddle(['gc', '--dry-run'], options);
    expect([tried.status, tried.stdout.split(' ')[0], tried.stderr]).toEqual([
      0,
      sha256,
      '1 artefacts, 17 bytes would be removed\n',
    ]);
    expect(await list()).toEqual(before);
    const removed = await heddle(['gc'], options);
    expect([removed.status, removed.stderr]).toEqual([0, '1 artefacts, 17 bytes removed\n']);
    expect(await list()).toEqual(before.filter((digest) => digest !== sha256));
  });

  it('touches nothing of a store that the database names nothing of', async () => {
    const dataDir = join(folder, 'foreign');
    const artifacts = await openArtifactStore({ folder: join(dataDir, 'artifacts') });
    const file = join(folder, 'foreign-file');
    await writeFile(file, 'of another database');
    const { sha256 } = await artifacts.put(file);
    for (const args of [['gc', '--dry-run'], ['gc']]) {
      const refused = await heddle(args, {
        env: {
          HEDDLE_DATABASE_URL: system.database.url,
          HEDDLE_DATA_DIR: dataDir,
          HEDDLE_ARTIFACT_GRACE_MS: '0',
        },
      });
      expect(refused.status).not.toBe(0);
      expect(refused.stderr).toContain('This database names nothing of what is in');
    }
    expect(await artifacts.has(sha256)).toBe(true);
  });
});

describe('keys create', () => {
  const create = (...args: string[]) =>
    heddle(['keys', 'create', ...args], { env: { HEDDLE_DATABASE_URL: system.database.url } });
  const me = async (key: string) => {
    const response = await fetch(`${system.url}/v1/me`, { headers: { authorization: `Bearer ${key}` } });
    return (await response.json()) as { tenant: { slug: string }; key: { name: string; scopes: string[] } };
  };

  it('makes keys of a tenant that is made with the first', async () => {
    const keys: string[] = [];
    for (const scopes of [[], ['--scopes', 'manage,infer']]) {
      const { status, stdout } = await create('--tenant', 'acme', ...scopes);
      expect([status, stdout]).toEqual([0, expect.stringMatching(/^hdl_[0-9A-Za-z]{36}\n$/)]);
      keys.push(stdout.trim());
    }
    expect(await me(keys[0]!)).toMatchObject({
      tenant: { slug: 'acme' },
      key: { scopes: ['infer', 'read'] },
    });
    expect(await me(keys[1]!)).toMatchObject({
      tenant: { slug: 'acme' },
      key: { scopes: ['infer', 'manage'] },
    });
    const list = await heddle(['jobs', 'list', '--json'], { env: { ...env, HEDDLE_API_KEY: keys[0]! } });
    expect(JSON.parse(list.stdout)).toMatchObject({ data: [] });
    const forbidden = await heddle(['models', 'create', 'x'], { env: { ...env, HEDDLE_API_KEY: keys[0]! } });
    expect([forbidden.status, forbidden.stderr]).toEqual([
      3,
      expect.stringMatching(/^forbidden: .*"manage"/),
    ]);
  });

  it.each([
    [['--tenant', 'acme', '--name', 'x'], /--tenant <slug>' cannot be used with option '--name/],
    [['--tenant', 'A b'], /lower-case letters, digits and "-"/],
    [['--tenant', 'acme', '--scopes', 'infer,dance'], /some of infer,read,manage,operate/],
    [['--tenant', 'acme', '--scopes', ''], /some of infer,read,manage,operate/],
  ])('refuses %j', async (args, message) => {
    const { status, stdout, stderr } = await create(...args);
    expect([status, stdout, stderr]).toEqual([2, '', expect.stringMatching(message)]);
  });
});

describe('doctor', () => {
  it('says what `up` would say to a data folder, and makes nothing', async () => {
    const stateOf = async (dataDir: string) => {
      const { status, stdout } = await heddle(['doctor'], {
        env: { HEDDLE_DATA_DIR: dataDir, HEDDLE_PORT: '0' },
      });
      return [status, /^(\w+) +data folder +(.*)$/m.exec(stdout)?.slice(1).join(' ')];
    };
    const fine = join(folder, 'not', 'there');
    expect(await stateOf(fine)).toEqual([0, expect.stringContaining(`ok ${fine} (not made yet)`)]);
    expect(await stateOf('/proc/heddle')).toEqual([1, expect.stringContaining('belongs to the kernel')]);
    if (process.getuid?.() === 0) {
      const closed = join(folder, 'closed');
      await mkdir(closed, { mode: 0o700 });
      const inside = join(closed, 'data');
      expect(await stateOf(inside)).toEqual([1, expect.stringContaining(`cannot enter ${closed}`)]);
      const up = await heddle(['up'], { env: { HEDDLE_DATA_DIR: inside, HEDDLE_PORT: '0' } });
      expect([up.status, up.stderr]).toEqual([78, expect.stringContaining(`cannot enter ${closed}`)]);
      expect(await readdir(closed)).toEqual([]);
    }
    expect(await readdir(folder)).not.toContain('not');
  });

  it.runIf(process.getuid?.() === 0)('runs under an account without a name or a home', async () => {
    const args = ['--reuid', '54321', '--regid', '54321', '--clear-groups', process.execPath, MAIN, 'doctor'];
    const running = promisify(execFile)('setpriv', args, {
      env: { PATH: process.env.PATH, HEDDLE_PORT: '0' },
    });
    const { stdout } = await running.catch((error: { stdout: string }) => error);
    expect(stdout).toMatch(/^fail +data folder +HEDDLE_DATA_DIR: .* cannot be written \(EACCES\)/m);
  });

  it('finds a healthy system healthy', async () => {
    const { port } = new URL(system.url);
    const { status, stdout } = await heddle(['doctor'], {
      env: { HEDDLE_DATA_DIR: folder, HEDDLE_PORT: port },
    });
    expect(stdout).toContain('Heddle runs and is ready');
    expect(stdout).toContain('ner, nli, sentiment, topic');
    expect(stdout).toMatch(/^(ok|warn) +scheduler /m);
    expect(status).toBe(0);
  });

  it('asks the bucket also where the database is embedded', async () => {
    const { status, stdout } = await heddle(['doctor'], {
      env: {
        HEDDLE_DATA_DIR: folder,
        HEDDLE_PORT: '0',
        HEDDLE_ARTIFACTS: 's3://bucket',
        HEDDLE_S3_ENDPOINT: 'http://127.0.0.1:9',
        HEDDLE_S3_ACCESS_KEY_ID: 'a',
        HEDDLE_S3_SECRET_ACCESS_KEY: 'b',
      },
    });
    expect(status).toBe(1);
    expect(stdout).toMatch(/^ok +database +embedded/m);
    expect(stdout).toMatch(/^fail +artefacts +s3:\/\/bucket: .*cannot be reached.*ECONNREFUSED/m);
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
      ['artefacts', 'HEDDLE_ARTIFACTS_DIR'],
      ['database', 'HEDDLE_DATABASE_URL'],
      ['queue', 'HEDDLE_REDIS_URL'],
    ]) {
      expect(stdout).toMatch(new RegExp(`fail +${what}.*${advice}`));
    }
    expect(stdout).not.toContain('x:y');
  });
});
