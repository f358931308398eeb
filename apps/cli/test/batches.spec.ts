import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Batch, BatchOutputLine, Page, StoredFile } from '@heddle/contracts';
import { startHeddle, TestClient, type TestHeddle, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heddle, startCli } from './cli.js';

let system: TestHeddle;
let env: Record<string, string>;
let folder: string;
beforeAll(async () => {
  system = await startHeddle();
  env = { HEDDLE_URL: system.url, HEDDLE_API_KEY: system.key };
  folder = await mkdtemp(join(tmpdir(), 'heddle-cli-batches-'));
}, 240_000);
afterAll(async () => {
  await system.stop();
  await rm(folder, { recursive: true });
});

async function fileOf(name: string, lines: string[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, lines.join('\n'));
  return path;
}
const line = (id: string, input: string) => JSON.stringify({ custom_id: id, input });
const lines = async (path: string) =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as BatchOutputLine);

describe('batches create', () => {
  it('waits, shows how far it is, and writes both files', async () => {
    const path = await fileOf('mixed.jsonl', [line('a', 'I loved it'), 'no json', line('b', 'meh')]);
    const out = join(folder, 'out', 'deeper');
    const args = [
      'batches',
      'create',
      path,
      '--model',
      'sentiment',
      '--out',
      out,
      '-p',
      'top_k=1',
      '--invalid-lines',
      'skip',
    ];
    const { status, stdout, stderr } = await heddle(args, { env });
    expect([status, stdout]).toEqual([
      1,
      expect.stringMatching(/^ID +STATUS +MODEL +LINES +SUCCEEDED +FAILED +CANCELED +EXPIRED/),
    ]);
    expect(stderr).toMatch(
      /^uploading mixed.jsonl\n(.*\n)*succeeded: 3 of 3 lines, 1 failed\nline 2: malformed-json: /,
    );
    const [errors, output] = (await readdir(out)).sort();
    expect(await lines(join(out, output!))).toMatchObject([
      { custom_id: 'a', line: 1, output: { labels: [{ label: 'positive' }] } },
      { custom_id: 'b', line: 3 },
    ]);
    expect(await lines(join(out, errors!))).toMatchObject([{ line: 2, error: { code: 'malformed-json' } }]);
  });

  it('ends with 0 when every line has an output, and 1 when the batch fails', async () => {
    const good = await fileOf('good.jsonl', [line('a', 'fine')]);
    const create = (path: string) =>
      heddle(['batches', 'create', path, '--model', 'sentiment', '--wait', '--json'], { env });
    const { status, stdout } = await create(good);
    expect([status, (JSON.parse(stdout) as Batch).status]).toEqual([0, 'succeeded']);
    const bad = await create(await fileOf('bad.jsonl', ['x']));
    expect([bad.status, (JSON.parse(bad.stdout) as Batch).errors.length]).toEqual([1, 1]);
  });

  it('keeps no upload of what is refused', async () => {
    const client = new TestClient(system.url, system.key);
    const files = () => client.request<Page<StoredFile>>('GET', '/v1/files?purpose=batch');
    const before = await files();
    const args = ['batches', 'create', 'package.json', '--model', 'none'];
    expect((await heddle(args, { env })).status).toBe(4);
    expect(await files()).toEqual(before);
  });

  it.each<[string[], number, RegExp]>([
    [['create', 'nowhere.jsonl', '--model', 'sentiment'], 2, /does not exist/],
    [['create', 'package.json'], 2, /--model/],
    [['create', 'package.json', '--model', 'none'], 4, /not-found/],
    [['create', 'package.json', '--model', 'sentiment', '--window', 'soon'], 2, /number of seconds/],
    [['create', 'package.json', '--model', 'sentiment', '--window', '5'], 5, /window_s/],
    [['create', 'package.json', '--model', 'sentiment', '--invalid-lines', 'fix'], 2, /Allowed choices/],
    [
      ['create', 'package.json', '--model', 'none', '--out', 'package.json'],
      2,
      /package.json cannot be made/,
    ],
    [['get', 'bat_none'], 4, /not-found/],
    [['results', 'bat_none'], 4, /not-found/],
    [['list', '--status', 'done'], 5, /invalid-query/],
  ])('%j ends with %i', async (args, expected, message) => {
    const { status, stderr } = await heddle(['batches', ...args], { env });
    expect([status, stderr]).toEqual([expected, expect.stringMatching(message)]);
  });
});

describe('batches', () => {
  it('are listed, shown, watched, canceled, and have results', { timeout: 180_000 }, async () => {
    await system.kill('worker');
    const path = await fileOf(
      'many.jsonl',
      Array.from({ length: 50 }, (_, i) => line(`${i}`, `film ${i}`)),
    );
    const created = await heddle(
      ['batches', 'create', path, '--model', 'sentiment', '--json', '--window', '3600'],
      { env },
    );
    const { id } = JSON.parse(created.stdout) as Batch;
    const early = await heddle(['batches', 'results', id], { env });
    expect([early.status, early.stderr]).toEqual([5, expect.stringContaining('no files yet')]);
    const late = await heddle(['batches', 'watch', id, '--timeout', '1'], { env });
    expect([late.status, late.stderr]).toEqual([8, expect.stringContaining('the batch goes on')]);
    const watching = startCli(['batches', 'watch', id], env);
    const exited = once(watching.process, 'exit');
    await waitFor(() => watching.stderr().includes('running: 0 of 50 lines'), { timeoutMs: 30_000 });
    const shown = await heddle(['batches', 'get', id, '--json'], { env });
    expect(JSON.parse(shown.stdout)).toMatchObject({ id, status: 'running' });
    const list = await heddle(['batches', 'list', '--status', 'running', '--json'], { env });
    expect((JSON.parse(list.stdout) as Page<Batch>).data.map((one) => one.id)).toContain(id);
    const canceled = await heddle(['batches', 'cancel', id], { env });
    expect([canceled.status, canceled.stdout]).toEqual([0, expect.stringContaining('cancel')]);
    expect(await exited).toEqual([1, null]);
    const results = await heddle(['batches', 'results', id, '--out', join(folder, 'canceled')], { env });
    expect([results.status, results.stdout.trim()]).toEqual([
      1,
      join(folder, 'canceled', `${id}.errors.jsonl`),
    ]);
    const shownAgain = await heddle(['batches', 'results', id, '--out', folder, '--json'], { env });
    expect(JSON.parse(shownAgain.stdout)).toMatchObject({ id, status: 'canceled' });
    await system.start('worker');
  });

  it('go on when Ctrl-C interrupts the wait, or are canceled when asked to', {
    timeout: 180_000,
  }, async () => {
    await system.kill('worker');
    const client = new TestClient(system.url, system.key);
    const statusAfterInterrupt = async (...options: string[]) => {
      const path = await fileOf('left.jsonl', [line('a', `left ${options.length}`)]);
      const running = startCli(
        ['batches', 'create', path, '--model', 'sentiment', '--wait', ...options],
        env,
      );
      await waitFor(() => running.stderr().includes('running'), { timeoutMs: 30_000 });
      running.process.kill('SIGINT');
      expect(await once(running.process, 'exit')).toEqual([130, null]);
      return (await client.request<Page<Batch>>('GET', '/v1/batches?limit=1')).data[0]!.status;
    };
    expect(['canceling', 'canceled']).toContain(await statusAfterInterrupt('--cancel-on-interrupt'));
    expect(await statusAfterInterrupt()).toBe('running');
    await system.start('worker');
  });
});
