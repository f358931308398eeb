import { once } from 'node:events';
import type { JobEvent } from '@heddle/client';
import type { Job } from '@heddle/contracts';
import { startHeddle, TestClient, type TestHeddle, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heddle, startCli } from './cli.js';

let system: TestHeddle;
let client: TestClient;
let env: Record<string, string>;
beforeAll(async () => {
  system = await startHeddle();
  client = new TestClient(system.url, system.key);
  env = { HEDDLE_URL: system.url, HEDDLE_API_KEY: system.key };
}, 240_000);
afterAll(() => system.stop());

const run = (...args: string[]) => heddle(args, { env });
const json = async <T>(...args: string[]) => JSON.parse((await run(...args, '--json')).stdout) as T;

describe('jobs submit', () => {
  it('makes one job, and prints it without waiting', async () => {
    const job = await json<Job>(
      ...['jobs', 'submit', 'sentiment', 'I loved it', 'meh', '-p', 'top_k=1', '--priority', 'high'],
      ...['--deadline', '3600', '--metadata', 'order=17', '--metadata', 'note=a=b', '--result-ttl', '7200'],
    );
    expect(job).toMatchObject({
      inputs: ['I loved it', 'meh'],
      parameters: { top_k: 1 },
      priority: 'high',
      metadata: { order: '17', note: 'a=b' },
    });
    expect(Date.parse(job.deadline) - Date.parse(job.created_at)).toBe(3_600_000);
  });

  it('makes the same job again with the same key', async () => {
    const args = ['jobs', 'submit', 'topic', 'Stocks fell', '--idempotency-key', 'order-17'];
    const [first, second] = [await json<Job>(...args), await json<Job>(...args)];
    expect(second.id).toBe(first.id);
    const other = await run(...args.with(3, 'Stocks rose'));
    expect([other.status, other.stderr]).toEqual([5, expect.stringMatching(/^idempotency-key-reused/)]);
  });

  it('takes items as JSON, from standard input too', async () => {
    const items = [{ text: 'A man sleeps.', text_pair: 'He is awake.' }, 'A man sleeps.'];
    const stdin = items.map((item) => JSON.stringify(item)).join('\n');
    const { stdout } = await heddle(['jobs', 'submit', 'nli', '-', '--items', '--json'], { env, stdin });
    expect((JSON.parse(stdout) as Job).inputs).toEqual(items);
    const answered = await heddle(['run', 'nli', '--items', JSON.stringify(items[0])], { env });
    expect([answered.status, answered.stdout]).toEqual([0, expect.stringMatching(/contradiction 0\.\d{4}/)]);
  });

  it.each<[string[], number, RegExp]>([
    [['sentiment', 'x', '--items'], 2, /^text 1 is not JSON: /],
    [['sentiment', 'x', '--metadata', 'order'], 2, /"order" is not name=value/],
    [['sentiment', 'x', '--webhook-event', 'job.failed'], 2, /give --webhook too/],
    [['sentiment', 'x', '--priority', 'urgent'], 2, /Allowed choices/],
    [['sentiment', 'x', '--deadline', '100000'], 5, /\/deadline_s/],
    [['sentiment', 'x', '--webhook', 'http://127.0.0.1/'], 5, /^webhook-url-invalid/],
    [['none', 'x'], 4, /^not-found/],
  ])('refuses %j', async (args, status, message) => {
    const result = await run('jobs', 'submit', ...args);
    expect([result.status, result.stdout, result.stderr]).toEqual([
      status,
      '',
      expect.stringMatching(message),
    ]);
  });
});

describe('jobs wait', () => {
  it('shows the job with its answers when it has ended', async () => {
    const { id } = await client.submit({ model: 'sentiment', inputs: ['I loved it'] });
    const { status, stdout, stderr } = await run('jobs', 'wait', id, '--timeout', '60');
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/^ID .*\n.* succeeded .*\n0 {2}positive 0\./),
    ]);
    expect(stderr).not.toContain('\u001b');
    expect(await json<Job>('jobs', 'wait', id)).toEqual(await client.get(id));
  });

  it('ends with 1 when an item failed', async () => {
    const { id } = await client.submit({ model: 'sentiment', inputs: ['good', 'too long '.repeat(600)] });
    const { status, stdout } = await run('jobs', 'wait', id);
    expect([status, stdout]).toEqual([1, expect.stringContaining('error input-too-long')]);
  });

  it('ends with 4 where there is no such job', async () => {
    for (const verb of ['wait', 'watch'])
      expect(await run('jobs', verb, 'job_none')).toMatchObject({ status: 4, stdout: '' });
  });
});

describe('jobs watch', () => {
  it('prints what happens as it happens, to the end', async () => {
    const { id } = await client.submit({ model: 'topic', inputs: ['Stocks fell', 'too long '.repeat(600)] });
    const { status, stdout } = await run('jobs', 'watch', id);
    const lines = stdout.trimEnd().split('\n');
    expect([status, lines[0], lines.at(-1)]).toEqual([1, 'status    queued', 'done      succeeded']);
    expect(lines).toContain('status    running');
    expect(lines.filter((line) => line.startsWith('result')).sort()).toEqual([
      expect.stringMatching(/^result {4}0 {2}[\w/]+ 0\.\d{4} /),
      expect.stringMatching(/^result {4}1 {2}error input-too-long: /),
    ]);
    const events = (await run('jobs', 'watch', id, '--output', 'jsonl')).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as JobEvent);
    expect(events.map((event) => event.id)).toEqual(events.map((_, i) => i + 1));
    expect(events.at(-1)).toMatchObject({ event: 'done', data: { id, status: 'succeeded' } });
  });
});

describe('who waits for a job that nobody runs', () => {
  beforeAll(() => system.kill('worker'));
  afterAll(() => system.start('worker'));
  const submit = async () => (await client.submit({ model: 'sentiment', inputs: ['waits'] })).id;

  it.each(['wait', 'watch'])('%s: hears that it takes too long', async (verb) => {
    const id = await submit();
    const { status, stderr } = await run('jobs', verb, id, '--timeout', '1');
    expect([status, stderr]).toEqual([
      8,
      expect.stringContaining(`not ended in time; the job goes on; npx heddle jobs ${verb} ${id} shows it`),
    ]);
  });

  it('run: too', async () => {
    const { status, stdout, stderr } = await run('run', 'sentiment', 'waits', '--timeout', '1');
    expect([status, stdout, stderr]).toEqual([
      8,
      '',
      expect.stringMatching(/heddle jobs wait job_\w+ shows it/),
    ]);
  });

  it.each(['wait', 'watch'])('%s: interrupts it, and cancels the job only when asked to', async (verb) => {
    const interrupted = async (id: string, ...options: string[]) => {
      const cli = startCli(['jobs', verb, id, ...options], env);
      await waitFor(() => /queued/.test(cli.stdout() + cli.stderr()), { timeoutMs: 30_000 });
      cli.process.kill('SIGINT');
      expect(await once(cli.process, 'close')).toEqual([130, null]);
      return [cli.stderr(), (await client.get(id)).status];
    };
    const [left, canceled] = [await submit(), await submit()];
    expect(await interrupted(left)).toEqual([
      expect.stringContaining('interrupted; the job goes on'),
      'queued',
    ]);
    expect(await interrupted(canceled, '--cancel-on-interrupt')).toEqual([
      expect.stringContaining(`interrupted; ${canceled} was canceled`),
      'canceled',
    ]);
  });

  it('watch: goes on over an api that is replaced', { timeout: 120_000 }, async () => {
    const id = await submit();
    const cli = startCli(['jobs', 'watch', id], env);
    const closed = once(cli.process, 'close');
    await waitFor(() => cli.stdout().includes('queued'), { timeoutMs: 30_000 });
    await system.kill('api');
    await system.start('api');
    await client.cancel(id);
    expect([await closed, cli.stdout()]).toEqual([
      [1, null],
      'status    queued\nstatus    canceled\ndone      canceled\n',
    ]);
  });
});
