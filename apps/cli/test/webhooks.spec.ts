import { once } from 'node:events';
import { waitFor } from '@heddle/testing';
import { newSecret, signatures, WebhookClient } from '@heddle/webhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { heddle, startCli } from './cli.js';

const SECRET = newSecret();
const BODY = JSON.stringify({
  id: 'evt_1',
  type: 'job.succeeded',
  sequence: 4,
  data: { id: 'job_1', status: 'succeeded', text: 'line\nend' },
});

const client = new WebhookClient(
  { allowHttp: true, allowPrivate: true, allowCidrs: [] },
  { timeoutMs: 1000 },
);
const started: ReturnType<typeof startCli>[] = [];
afterEach(() => {
  for (const { process } of started.splice(0)) process.kill('SIGKILL');
});

const listen = (...args: string[]) => listenWith(SECRET, ...args);

async function listenWith(secrets: string, ...args: string[]) {
  const cli = startCli(['webhooks', 'listen', '--port', '0', ...args], { HEDDLE_WEBHOOK_SECRET: secrets });
  started.push(cli);
  const url = await waitFor(() => /listening on (\S+)/.exec(cli.stderr())?.[1] ?? '');
  return { ...cli, url };
}

interface Sent {
  id?: string;
  body?: string;
  secret?: string;
  /** Instead of the body that is signed. */
  sent?: string;
}

function post(url: string, { id = 'evt_1', body = BODY, secret = SECRET, sent = body }: Sent = {}) {
  const timestamp = new Date();
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(timestamp.getTime() / 1000)),
    'webhook-signature': signatures({ id, timestamp, body }, [secret]),
  };
  return client.post(url, headers, sent);
}

describe('webhooks listen', () => {
  it('verifies events, prints each on a line, and ends with Ctrl-C', async () => {
    const { url, stdout, stderr, process } = await listen();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(stderr()).toContain('HEDDLE_WEBHOOK_ALLOW_HTTP=true HEDDLE_WEBHOOK_ALLOW_PRIVATE=true');
    expect(stderr()).not.toContain(SECRET);
    expect(await post(url)).toMatchObject({ statusCode: 204, error: null });
    expect(await post(url)).toMatchObject({ statusCode: 204, error: null });
    expect(await post(url, { secret: newSecret() })).toMatchObject({
      statusCode: 400,
      excerpt: 'No matching signature found\n',
    });
    expect(await post(url, { sent: BODY.replace('succeeded', 'failed') })).toMatchObject({ statusCode: 400 });
    process.kill('SIGINT');
    expect(await once(process, 'close')).toEqual([0, null]);
    const [first, second, ...refused] = stdout().trim().split('\n');
    expect(first).toMatch(/^\d\d:\d\d:\d\d job\.succeeded evt_1 job_1 succeeded$/);
    expect(second).toMatch(/ job_1 succeeded \(again\)$/);
    expect(refused).toHaveLength(2);
    for (const line of refused) expect(line).toMatch(/ REFUSED evt_1 No matching signature found \(again\)$/);
  });

  it('prints whole events as JSON', async () => {
    const { url, stdout } = await listen('--json', '--path', '/hooks');
    expect(url).toMatch(/\/hooks$/);
    await post(url);
    const line = await waitFor(() => stdout());
    expect(JSON.parse(line)).toMatchObject({
      id: 'evt_1',
      verified: true,
      again: false,
      error: null,
      answer: 204,
      event: JSON.parse(BODY),
    });
  });

  it('takes what is signed with any of several secrets', async () => {
    const [old, other] = [newSecret(), newSecret()];
    const typed = await listen('--secret', SECRET, '--secret', old);
    const exported = await listenWith(`${old} ${SECRET}`);
    for (const { url, stderr } of [typed, exported]) {
      expect(await post(url)).toMatchObject({ statusCode: 204 });
      expect(await post(url, { secret: old })).toMatchObject({ statusCode: 204 });
      expect(await post(url, { secret: other })).toMatchObject({ statusCode: 400 });
      for (const secret of [old, SECRET]) expect(stderr()).not.toContain(secret);
    }
  });

  it('takes nothing else, and nothing large', async () => {
    const { url, stdout } = await listen('--path', '/hooks');
    expect(await post(url.replace('/hooks', '/other'))).toMatchObject({ statusCode: 404 });
    expect((await fetch(url)).status).toBe(405);
    expect(await post(url, { body: 'x'.repeat(2 * 1024 * 1024) })).toMatchObject({ statusCode: 413 });
    expect(stdout()).toBe('');
  });

  it.each([
    ['500', { statusCode: 500, error: 'http-status' }],
    ['302', { statusCode: 302, error: 'redirect' }],
    ['timeout', { statusCode: null, error: 'timeout' }],
    ['reset', { statusCode: null, error: 'connect-failed' }],
  ])('fails when told to: %s', async (how, exchange) => {
    const { url, stdout, process } = await listen('--fail', how);
    expect(await post(url)).toMatchObject(exchange);
    expect(stdout()).toContain(`(answered with ${how})`);
    process.kill('SIGTERM');
    expect(await once(process, 'close')).toEqual([0, null]);
  });

  it('makes a secret where none is given', async () => {
    const cli = startCli(['webhooks', 'listen', '--port', '0'], {});
    started.push(cli);
    const secret = await waitFor(() => /whsec_[\w+/]+=*/.exec(cli.stderr())?.[0] ?? '');
    const url = /listening on (\S+)/.exec(cli.stderr())![1]!;
    expect(await post(url, { secret })).toMatchObject({ statusCode: 204 });
  });

  it.each([
    [['--port', '70000'], 'from 0 to 65535'],
    [['--path', 'hooks'], 'begins with "/"'],
    [['--secret', 'whsec_short'], '24 to 64 bytes'],
    [['--fail', '200'], 'from 300 to 599'],
  ])('refuses %j', async (args, why) => {
    const { status, stderr } = await heddle(['webhooks', 'listen', ...args]);
    expect([status, stderr]).toEqual([2, expect.stringContaining(why)]);
  });

  it('says that a port is taken', async () => {
    const { url } = await listen();
    const { status, stderr } = await heddle(['webhooks', 'listen', '--port', new URL(url).port]);
    expect([status, stderr]).toEqual([1, expect.stringMatching(/EADDRINUSE.*127\.0\.0\.1/)]);
  });
});
