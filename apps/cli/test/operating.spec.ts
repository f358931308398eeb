import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page, Queue, TextToken, Worker } from '@heddle/contracts';
import { startHeddle, TestClient, type TestHeddle, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heddle } from './cli.js';
import { runGuide } from './guide.js';

let system: TestHeddle;
let client: TestClient;
let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  system = await startHeddle();
  client = new TestClient(system.url, system.key);
  folder = await mkdtemp(join(tmpdir(), 'heddle-cli-operating-'));
  env = { HEDDLE_URL: system.url, HEDDLE_API_KEY: system.key, XDG_CONFIG_HOME: folder };
}, 240_000);
afterAll(async () => {
  await rm(folder, { recursive: true });
  await system.stop();
});

const run = (...args: string[]) => heddle(args, { env });
const json = async <T>(...args: string[]) => JSON.parse((await run(...args, '--json')).stdout) as T;
const jsonLines = async (...args: string[]) =>
  (await run(...args, '--output', 'jsonl')).stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

it('the page of the command line works as it is written', { timeout: 180_000 }, async () => {
  const { HEDDLE_URL, HEDDLE_API_KEY } = env as { HEDDLE_URL: string; HEDDLE_API_KEY: string };
  await runGuide('docs/cli.md', { HEDDLE_URL, HEDDLE_API_KEY, HOME: folder });
});

describe('me and limits', () => {
  it('show what the API says', async () => {
    expect(await json('me')).toEqual(await client.request('GET', '/v1/me'));
    const limits = await client.request<object>('GET', '/v1/limits');
    expect(await json('limits')).toEqual(limits);
    expect(await jsonLines('limits')).toEqual([limits]);
    expect((await run('me')).stdout).toMatch(/^TENANT +NAME .*\n.* infer,read,manage,operate\n$/);
    expect((await run('limits')).stdout).toMatch(/^max_inputs_per_job +1000$/m);
    expect((await run('limits')).stdout).toMatch(/^rate_limit_per_min +none$/m);
  });
});

describe('tokenize', () => {
  it('shows the tokens of a text, or of a pair', async () => {
    const body = { model: 'sentiment', inputs: ['I loved it'], add_special_tokens: true };
    expect(await json('tokenize', 'sentiment', 'I loved it')).toEqual(
      await client.request('POST', '/v1/tokenize', body),
    );
    const lines = (await run('tokenize', 'sentiment', 'loved', '--pair', 'it')).stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^ID +TOKEN +START +END +WORD +OF$/);
    expect(lines[1]).toMatch(/^\d+ +\[CLS\] +- +- +- +-$/);
    const wordsOf = (of: string) =>
      lines.filter((line) => line.endsWith(` ${of}`)).map((line) => line.trim().split(/ +/).at(-2));
    expect([wordsOf('text').join(''), wordsOf('pair').join('')]).toEqual(['loved', 'it']);
    const bare = (await jsonLines('tokenize', 'sentiment', 'loved', '--no-special-tokens')) as TextToken[];
    expect(bare.map(({ word }) => word).join('')).toBe('loved');
    expect((await run('tokenize', 'none', 'x')).status).toBe(4);
  });
});

describe('queues', () => {
  it('are listed, paused and resumed', async () => {
    const { data } = await json<Page<Queue>>('queues', 'list');
    const { id, version_number } = data.find(({ model }) => model === 'topic')!;
    expect((await run('queues', 'pause', id)).stdout).toMatch(
      new RegExp(`^${id} +topic@${version_number} +paused `, 'm'),
    );
    const { status, stderr } = await run('run', 'topic', 'Stocks fell', '--timeout', '1');
    expect([status, stderr]).toEqual([8, expect.stringContaining('goes on')]);
    expect((await run('queues', 'list')).stdout).toMatch(/ topic@\d+ +paused +1 +0 /);
    expect(await json('queues', 'resume', id)).toMatchObject({ id, paused: false });
    expect((await run('run', 'topic', 'Stocks fell')).status).toBe(0);
    expect(await run('queues', 'pause', 'ver_none')).toMatchObject({ status: 4, stdout: '' });
  });
});

describe('profiles', () => {
  it('are made, used, shown without their keys, and removed', async () => {
    const bare = { XDG_CONFIG_HOME: folder };
    const profiles = (...args: string[]) => heddle(['profiles', ...args], { env: bare });
    expect((await heddle(['me'], { env: bare })).status).toBe(3);
    const setting = { env: bare, stdin: `${system.key}\n` };
    const set = await heddle(['profiles', 'set', 'here', '--server', system.url, '--key', '-'], setting);
    expect(set).toEqual({ status: 0, stdout: '', stderr: '' });
    const path = join(folder, 'heddle', 'config.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await profiles('set', 'there', '--server', 'http://127.0.0.1:9', '--key', 'hdl_x')).toMatchObject({
      status: 0,
    });
    // The first one made is the current one.
    expect((await heddle(['me', '--json'], { env: bare })).stdout).toBe((await run('me', '--json')).stdout);
    expect((await heddle(['me', '--profile', 'there'], { env })).status).toBe(7);
    const list = await profiles('list');
    expect(list.stdout).toMatch(/^CURRENT +NAME +SERVER +KEY\n\* +here .* hdl_\w{4}…\n +there .* hdl_x…\n$/);
    expect((await profiles('list', '--json')).stdout).not.toContain(system.key);
    expect((await profiles('use', 'there')).status).toBe(0);
    expect((await heddle(['me'], { env: bare })).status).toBe(7);
    expect((await heddle(['me'], { env: { ...bare, HEDDLE_PROFILE: 'here' } })).status).toBe(0);
    expect((await run('me')).status).toBe(0);
    expect((await profiles('remove', 'there')).status).toBe(0);
    expect((await heddle(['me'], { env: bare })).status).toBe(3);
    expect(await readFile(path, 'utf8')).not.toContain('hdl_x');
  });

  it.each<[string[], number, RegExp]>([
    [['set', 'here'], 2, /--server/],
    [['set', 'Here', '--server', 'http://a'], 2, /not a name of a profile/],
    [['set', 'here', '--server', 'here'], 2, /not a URL/],
    [['set', 'here', '--server', 'http://a', '--key', '-'], 2, /not one line with the key/],
    [['set', 'here', '--server', 'http://a', '--key', 'a b'], 2, /characters that no key has/],
    [['use', 'nothing'], 2, /no profile is called "nothing"/],
    [['remove', 'nothing'], 2, /no profile is called "nothing"/],
  ])('%j ends with %i', async (args, expected, message) => {
    const { status, stdout, stderr } = await run('profiles', ...args);
    expect([status, stdout, stderr]).toEqual([expected, '', expect.stringMatching(message)]);
  });
});

describe('webhooks create', () => {
  it('says that a webhook is sent every event where none is named', async () => {
    const url = 'https://example.com/hooks';
    const all = await run('webhooks', 'create', url);
    expect([all.status, all.stderr]).toEqual([
      0,
      expect.stringMatching(/^whe_\w+ \(every event, as -e names none\); its secret/),
    ]);
    const some = await run('webhooks', 'create', url, '-e', 'job.failed', '-e', 'batch.*');
    expect(some.stderr).toMatch(/^whe_\w+ \(job\.failed, batch\.\*\); its secret/);
  });
});

// The last: it ends the worker.
describe('pools', () => {
  it('are listed and shown', async () => {
    expect((await run('pools', 'list')).stdout).toMatch(
      /^NAME +MODELS .*\ndefault +all +1 of \d+ +0 +0 +\d+ % /,
    );
    expect(await json('pools', 'get', 'default')).toMatchObject({ name: 'default', workers: 1 });
    expect((await run('pools', 'get', 'none')).status).toBe(4);
  });
});

describe('workers', () => {
  it('are listed, shown and drained', { timeout: 120_000 }, async () => {
    const { data } = await json<Page<Worker>>('workers', 'list');
    expect(data).toHaveLength(1);
    const [{ id }] = data as [Worker];
    expect((await run('workers', 'list')).stdout).toMatch(new RegExp(`^ID +STATUS .*\n${id} +(ready|busy) `));
    const shown = await run('workers', 'get', id);
    expect([shown.status, shown.stdout]).toEqual([0, expect.stringMatching(/^VERSION +MODEL +MEMORY MIB$/m)]);
    expect((await run('workers', 'get', 'wrk_none')).status).toBe(4);
    const exited = once(system.process('worker'), 'exit');
    expect((await run('workers', 'drain', id)).stdout).toContain(' draining ');
    expect(await exited).toEqual([0, null]);
    await waitFor(async () => (await json<Page<Worker>>('workers', 'list')).data.length === 0);
  });

  it('are the operators’ alone', async () => {
    const key = (await run('keys', 'create', '--scopes', 'infer,read')).stdout.trim();
    for (const args of [
      ['workers', 'list'],
      ['queues', 'pause', 'ver_none'],
    ]) {
      const { status, stderr } = await heddle(args, { env: { ...env, HEDDLE_API_KEY: key } });
      expect([status, stderr]).toEqual([3, expect.stringMatching(/^forbidden: /)]);
    }
  });
});
