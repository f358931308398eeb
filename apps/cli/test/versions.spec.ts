import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Alias, Page, StoredFile, Version } from '@heddle/contracts';
import { startHeddle, type TestHeddle, waitFor, zip } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heddle, startCli } from './cli.js';

const MODELS = fileURLToPath(new URL('../../../models', import.meta.url));
const FEATURES = fileURLToPath(
  new URL('../../../libs/deberta/src/tasks/__fixtures__/pipelines/rerank', import.meta.url),
);
let system: TestHeddle;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  system = await startHeddle();
  folder = await mkdtemp(join(tmpdir(), 'heddle-cli-versions-'));
  env = { HEDDLE_URL: system.url, HEDDLE_API_KEY: system.key };
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await system.stop();
});

const run = (...args: string[]) => heddle(args, { env });
async function json<T>(...args: string[]): Promise<T> {
  const { status, stdout, stderr } = await run(...args, '--json');
  expect([status, stderr.includes('error')], `${args.join(' ')}\n${stderr}`).toEqual([0, false]);
  return JSON.parse(stdout) as T;
}
const files = async () => (await json<Page<StoredFile>>('files', 'list')).data;

describe('versions', () => {
  it('are imported from a folder and from an archive, promoted, archived and deleted', {
    timeout: 240_000,
  }, async () => {
    const first = await run(
      'versions',
      'import',
      join(MODELS, 'topic'),
      '--model',
      'mine',
      '--create',
      '--wait',
    );
    expect([first.status, first.stderr]).toEqual([0, expect.stringContaining('uploading model.safetensors')]);
    expect(first.stdout).toMatch(/^VERSION .*\nmine@1 +ready +text-classification/);
    for (const line of [
      /read +config\.json, model\.safetensors/,
      /ignored +nothing/,
      /parity +logits \d/,
      /time +importing/,
    ]) {
      expect(first.stdout).toMatch(line);
    }
    // What was uploaded for the import went with it.
    expect(await files()).toEqual([]);

    const archive = join(folder, 'sentiment.tar.gz');
    await promisify(execFile)('tar', ['czf', archive, '-C', MODELS, 'sentiment']);
    const second = await json<Version>(
      ...['versions', 'import', archive, '--model', 'mine', '--wait', '--notes', 'films'],
      ...['--label', 'bad', '--label', 'good', '--max-tokens', '128', '--task', 'text-classification'],
    );
    expect(second).toMatchObject({
      number: 2,
      status: 'ready',
      labels: ['bad', 'good'],
      max_tokens: 128,
      tasks: ['text-classification'],
      notes: 'films',
    });
    const promoted = await json<Alias>('aliases', 'set', 'mine@production', '2');
    expect(promoted).toMatchObject({ name: 'production', version_number: 2 });
    const third = await run(
      'versions',
      'import',
      archive,
      '--model',
      'mine',
      '--wait',
      '--label',
      'b',
      '--label',
      'g',
    );
    expect(third.stderr.trim().split('\n').at(-1)).toBe('npx heddle aliases set mine@production 3');
    expect((await run('versions', 'delete', 'mine@3')).status).toBe(0);
    expect((await run('run', 'mine', 'I loved it')).stdout).toMatch(/^good 0\.\d+ {2}bad /);
    expect((await run('aliases', 'list', 'mine')).stdout).toContain('mine@production');
    expect((await json<Version>('versions', 'warm', 'mine@1')).warm).toBe(true);
    expect((await json<Version>('versions', 'warm', 'mine@1', '--undo')).warm).toBe(false);
    expect((await json<Version>('versions', 'archive', 'mine@1')).status).toBe('archived');
    const list = await json<Page<Version>>('versions', 'list', 'mine', '--status', 'ready', 'archived');
    expect(list.data.map(({ number, status }) => [number, status])).toEqual([
      [2, 'ready'],
      [1, 'archived'],
    ]);
    expect((await run('versions', 'get', 'mine@2')).stdout).toMatch(/labels +bad, good/);
    expect((await run('versions', 'delete', 'mine@1')).status).toBe(0);
    expect((await run('versions', 'get', 'mine@1')).status).toBe(4);
    expect((await run('models', 'delete', 'mine')).stderr).toMatch(/^in-use/);
    expect((await run('aliases', 'delete', 'mine@production')).status).toBe(0);
    expect((await run('models', 'delete', 'mine')).status).toBe(0);
    expect((await run('models', 'get', 'mine')).status).toBe(4);
  });

  it('are imported in int8, measured on own texts', { timeout: 240_000 }, async () => {
    const texts = join(folder, 'own.jsonl');
    const lines = Array.from({ length: 30 }, (_, i) => JSON.stringify(`shares of company ${i} fell`));
    await writeFile(texts, lines.join('\n'));
    const args = ['versions', 'import', join(MODELS, 'topic'), '--model', 'small', '--create', '--wait'];
    const { status, stdout } = await run(...args, '--precision', 'int8', '--calibration', texts);
    expect(status).toBe(0);
    for (const line of [
      /\nsmall@1 +ready +text-classification, attention +int8 /,
      /read +calibration\.jsonl, config\.json/,
      /int8 +\d+\.\d % of 30 decisions are float32's \(at least 99\.5 %\), on 30 of own texts/,
      /mean difference \d\.\de-\d \(at most 1\.0e-2\), largest/,
      /layers +all 4 in int8\n +words +embeddings in (int8|fp16)/,
    ]) {
      expect(stdout).toMatch(line);
    }
    expect((await run('versions', 'list', 'small')).stdout).toMatch(/small@1 .* int8 /);

    const without = await run(...args, '--calibration', texts);
    expect([without.status, without.stderr]).toEqual([
      2,
      expect.stringContaining('--precision fp16 or int8'),
    ]);
    const unknown = await run(...args, '--precision', 'int4');
    expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringMatching(/int4.*fp32, fp16, int8/s)]);
    const archive = join(folder, 'model.zip');
    await writeFile(archive, '');
    const packed = ['versions', 'import', archive, '--model', 'small'];
    const refused = await run(...packed, '--precision', 'int8', '--calibration', texts);
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('calibration.jsonl')]);
  });

  it('that cannot be imported end with 1 and say why', { timeout: 120_000 }, async () => {
    const broken = join(folder, 'broken');
    await cp(join(MODELS, 'topic'), broken, { recursive: true });
    const config = JSON.parse(await readFile(join(broken, 'config.json'), 'utf8')) as object;
    await writeFile(join(broken, 'config.json'), JSON.stringify({ ...config, num_hidden_layers: 9 }));
    const { status, stdout } = await run(
      'versions',
      'import',
      broken,
      '--model',
      'broken',
      '--create',
      '--wait',
    );
    expect([status, stdout]).toEqual([1, expect.stringMatching(/error +missing-tensors: .*layer\.4/)]);
    expect(await files()).toEqual([]);
  });

  it('whose files cannot be read are refused before anything is sent', async () => {
    const looped = join(folder, 'looped');
    await cp(join(MODELS, 'topic'), looped, { recursive: true });
    await rm(join(looped, 'tokenizer.json'));
    await symlink('tokenizer.json', join(looped, 'tokenizer.json'));
    const refused = await run('versions', 'import', looped, '--model', 'looped', '--create');
    const path = join(looped, 'tokenizer.json');
    expect([refused.status, refused.stderr]).toEqual([2, `${path} cannot be read (ELOOP)\n`]);
    await rm(path);
    await mkdir(path);
    const folderThere = await run('versions', 'import', looped, '--model', 'looped', '--create');
    expect([folderThere.status, folderThere.stderr]).toEqual([2, `${path} is not a file\n`]);
    const pooling = join(looped, '1_Pooling');
    await symlink('1_Pooling', pooling);
    const unpooled = await run('versions', 'import', looped, '--model', 'looped', '--create');
    expect([unpooled.status, unpooled.stderr]).toEqual([2, `${pooling} cannot be read (ELOOP)\n`]);
    expect((await run('models', 'get', 'looped')).status).toBe(4);
  });

  it('are imported from a .zip; a hostile one says why', { timeout: 120_000 }, async () => {
    const names = await readdir(join(MODELS, 'topic'));
    const entries = names.map(async (name) => ({
      name: `topic/${name}`,
      data: await readFile(join(MODELS, 'topic', name)),
      deflate: name.endsWith('.json'),
    }));
    const archive = join(folder, 'model.zip');
    await writeFile(archive, zip(await Promise.all(entries)));
    const version = await json<Version>(
      'versions',
      'import',
      archive,
      '--model',
      'zipped',
      '--create',
      '--wait',
    );
    expect(version).toMatchObject({ status: 'ready', source: { type: 'archive' } });
    expect((await run('run', 'zipped@1', 'The striker scored twice')).stdout).toMatch(/^Sports /);

    await writeFile(archive, zip([{ name: '../config.json', data: Buffer.from('{}') }]));
    const { status, stdout } = await run('versions', 'import', archive, '--model', 'zipped', '--wait');
    expect([status, stdout]).toEqual([
      1,
      expect.stringMatching(/error +unsafe-archive: .*leaves its folder/),
    ]);
    expect(await files()).toEqual([]);
  });

  it('make vectors as the folder of sentence-transformers says', { timeout: 120_000 }, async () => {
    const source = join(folder, 'embedder');
    await cp(FEATURES, source, { recursive: true });
    await mkdir(join(source, '1_Pooling'));
    const modules = ['Transformer', 'Pooling'].map((type, i) => ({ type, path: i === 0 ? '' : '1_Pooling' }));
    await writeFile(join(source, 'modules.json'), JSON.stringify(modules));
    await writeFile(
      join(source, '1_Pooling', 'config.json'),
      JSON.stringify({ pooling_mode_max_tokens: true }),
    );
    const args = [
      'versions',
      'import',
      source,
      '--model',
      'embedder',
      '--create',
      '--wait',
      '--head',
      'features',
    ];
    const { status, stdout } = await run(...args);
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/read .*1_Pooling\.config\.json.*modules\.json/),
    ]);
    expect(stdout).toMatch(/vectors +mean_tokens, max_tokens: not supported; requests must say/);
  });

  it('go on importing when nobody waits any more', { timeout: 120_000 }, async () => {
    const args = ['versions', 'import', join(MODELS, 'ner'), '--model', 'later', '--create', '--wait'];
    const cli = startCli(args, env);
    await waitFor(() => /importing|converting|verifying/.test(cli.stderr()), { timeoutMs: 30_000 });
    cli.process.kill('SIGINT');
    const [status] = await once(cli.process, 'close');
    expect([status, cli.stderr()]).toEqual([130, expect.stringContaining('npx heddle versions get later@1')]);
    await waitFor(async () => (await json<Version>('versions', 'get', 'later@1')).status === 'ready', {
      timeoutMs: 40_000,
    });
    const late = await run(
      'versions',
      'import',
      join(MODELS, 'nli'),
      '--model',
      'later',
      '--wait',
      '--timeout',
      '0',
    );
    expect([late.status, late.stderr]).toEqual([8, expect.stringContaining('heddle versions get later@2')]);
  });
});

describe('files', () => {
  it('are uploaded, shown and deleted', async () => {
    const path = join(folder, 'a file.txt');
    await writeFile(path, 'x'.repeat(3_000_000));
    const file = await json<StoredFile>('files', 'upload', path, '--expires-in', '3600');
    expect(file).toMatchObject({ filename: 'a file.txt', bytes: 3_000_000, purpose: 'model' });
    expect(await json<StoredFile>('files', 'get', file.id)).toEqual(file);
    expect((await run('files', 'list')).stdout).toContain(file.id);
    expect((await run('files', 'delete', file.id)).status).toBe(0);
    expect((await run('files', 'get', file.id)).status).toBe(4);
  });
});

describe('refusals', () => {
  it.each<[string[], number, RegExp]>([
    [['versions', 'import', '/nowhere', '--model', 'x'], 2, /does not exist/],
    [['versions', 'import', join(MODELS, 'README.md'), '--model', 'x'], 2, /neither a folder nor/],
    [['versions', 'import', join(MODELS, 'topic')], 2, /--model/],
    [['versions', 'import', join(MODELS, 'topic'), '--model', 'nothing'], 4, /^not-found/],
    [['versions', 'import', join(MODELS, 'topic'), '--model', 'x', '--timeout', 'soon'], 2, /--timeout/],
    [['versions', 'get', 'mine'], 2, /not model@number/],
    [['aliases', 'set', 'sentiment@production', '1'], 3, /^forbidden: .*every tenant/],
    [['aliases', 'set', 'topic@production', '1', '--canary', '2'], 2, /--canary 2 is not/],
    [['models', 'update', 'topic', '--gate', 'accuracy=0.9'], 2, /--gate "accuracy=0.9": = is neither/],
    [['models', 'create', 'Big Name'], 5, /\/name/],
    [['files', 'upload', '/nowhere'], 2, /does not exist/],
    [['files', 'upload', join(MODELS, 'README.md'), '--purpose', 'fun'], 5, /\/purpose/],
  ])('%j', async (args, status, message) => {
    const result = await run(...args);
    expect(result.stderr).toMatch(message);
    expect(result.status).toBe(status);
    expect(result.stdout).toBe('');
  });
});
