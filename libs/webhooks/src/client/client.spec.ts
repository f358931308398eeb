import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type Receiver, startRawReceiver, startReceiver } from '../../test/receivers.js';
import type { Exchange } from '../exchange.js';
import type { UrlPolicy } from '../guard/policy.js';
import { type ClientOptions, WebhookClient } from './client.js';

const PRIVATE: UrlPolicy = { allowHttp: true, allowPrivate: true, allowCidrs: [] };
const BODY = '{"id":"evt_1","text":"織機"}';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const client = (options: ClientOptions = {}) => {
  const made = new WebhookClient(PRIVATE, options);
  open.push(made);
  return made;
};
async function receiver(listener: (req: IncomingMessage, res: ServerResponse) => void): Promise<Receiver> {
  const started = await startReceiver(listener);
  open.push(started);
  return started;
}
async function rawReceiver(onConnection: (socket: Socket) => void): Promise<Receiver> {
  const started = await startRawReceiver(onConnection);
  open.push(started);
  return started;
}
const post = ({ port }: { port: number }, options?: ClientOptions): Promise<Exchange> =>
  client(options).post(`http://127.0.0.1:${port}/hook?a=b`, { 'webhook-id': 'evt_1' }, BODY);

describe('an attempt', () => {
  it('sends the exact bytes and tells what came back', async () => {
    const seen: { req: IncomingMessage; body: string }[] = [];
    const at = await receiver(async (req, res) => {
      const chunks: Buffer[] = [];
      for await (const chunk of req) chunks.push(chunk as Buffer);
      seen.push({ req, body: Buffer.concat(chunks).toString() });
      res.end('thanks');
    });
    const exchange = await post(at);
    expect(exchange).toMatchObject({ statusCode: 200, error: null, excerpt: 'thanks', retryAfterS: null });
    expect(exchange.durationMs).toBeGreaterThanOrEqual(0);
    expect(seen[0]!.body).toBe(BODY);
    expect(seen[0]!.req).toMatchObject({ method: 'POST', url: '/hook?a=b' });
    expect(seen[0]!.req.headers).toEqual({
      'webhook-id': 'evt_1',
      host: `127.0.0.1:${at.port}`,
      'content-length': String(Buffer.byteLength(BODY)),
      connection: 'close',
    });
  });

  it.each([
    [204, null],
    [299, null],
    [400, 'http-status'],
    [410, 'http-status'],
    [500, 'http-status'],
    [304, 'redirect'],
  ])('that is answered with %i is %s', async (status, error) => {
    const at = await receiver((_req, res) => void res.writeHead(status).end());
    expect(await post(at)).toMatchObject({ statusCode: status, error, excerpt: '' });
  });

  it.each([301, 302, 303, 307, 308])('follows no redirect (%i)', async (status) => {
    const target = await receiver((_req, res) => void res.end());
    const at = await receiver((_req, res) => {
      res.writeHead(status, { location: `http://127.0.0.1:${target.port}/` }).end('moved');
    });
    expect(await post(at)).toMatchObject({ statusCode: status, error: 'redirect', excerpt: 'moved' });
    expect([at.connections, target.connections]).toEqual([1, 0]);
  });

  it('tells what Retry-After asks for, in seconds or as a date', async () => {
    const answers = ['120', new Date(Date.now() + 90_000).toUTCString(), '-1', 'soon', '1.5', ''];
    const at = await receiver((_req, res) => {
      res.writeHead(429, { 'retry-after': answers.shift()! }).end();
    });
    expect((await post(at)).retryAfterS).toBe(120);
    const date = (await post(at)).retryAfterS;
    expect(date).toBeGreaterThan(80);
    expect(date).toBeLessThanOrEqual(91);
    for (let rest = answers.length; rest > 0; rest--)
      expect(await post(at)).toMatchObject({ statusCode: 429, error: 'http-status', retryAfterS: null });
  });

  it('uses a connection once, and none that a proxy of the environment would have', async () => {
    const proxy = await receiver((_req, res) => void res.end());
    const at = await receiver((_req, res) => void res.end());
    const variables = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY'];
    const before = variables.map((name) => process.env[name]);
    for (const name of variables) process.env[name] = `http://127.0.0.1:${proxy.port}`;
    process.env.NODE_USE_ENV_PROXY = '1';
    try {
      const posts = client();
      for (let n = 0; n < 3; n++) await posts.post(`http://127.0.0.1:${at.port}/`, {}, BODY);
    } finally {
      variables.forEach((name, index) => {
        if (before[index] === undefined) delete process.env[name];
        else process.env[name] = before[index];
      });
    }
    expect([at.connections, proxy.connections]).toEqual([3, 0]);
  });

  it.each([
    ['a name with a line end', { 'x\r\ny': '1' }],
    ['a value with a line end', { x: '1\r\ny: 2' }],
    ['a value with NUL', { x: '\u0000' }],
    ['a value beyond ASCII', { x: 'ä' }],
    ['no name', { '': '1' }],
    ['a host', { Host: 'internal' }],
    ['a length', { 'Content-Length': '1' }],
    ['an encoding', { 'transfer-encoding': 'chunked' }],
  ])('is not made with headers that have %s', async (_what, headers) => {
    const at = await receiver((_req, res) => void res.end());
    await expect(client().post(`http://127.0.0.1:${at.port}/`, headers, BODY)).rejects.toThrow(TypeError);
    expect(at.connections).toBe(0);
  });
});

describe('a receiver that', () => {
  it('is slow to answer runs into the timeout', async () => {
    const at = await receiver(() => {});
    const exchange = await post(at, { timeoutMs: 300 });
    expect(exchange).toMatchObject({ statusCode: null, error: 'timeout', excerpt: null });
    expect(exchange.durationMs).toBeGreaterThanOrEqual(290);
    expect(exchange.durationMs).toBeLessThan(2000);
  });

  it('sends a byte now and then has 15 s in all', async () => {
    const at = await receiver((_req, res) => {
      res.writeHead(200);
      const timer = setInterval(() => res.write('.'), 200);
      res.on('close', () => clearInterval(timer));
    });
    const exchange = await post(at);
    expect(exchange).toMatchObject({
      statusCode: 200,
      error: 'timeout',
      excerpt: expect.stringMatching(/^\.{50,}$/),
    });
    expect(exchange.durationMs).toBeGreaterThanOrEqual(14_900);
    expect(exchange.durationMs).toBeLessThan(17_000);
  });

  it('sends headers byte by byte runs into the timeout', async () => {
    const at = await rawReceiver((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => socket.write('x'), 50);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await post(at, { timeoutMs: 400 })).toMatchObject({ statusCode: null, error: 'timeout' });
  });

  it('sends provisional answers for ever runs into the timeout', async () => {
    const at = await rawReceiver((socket) => {
      const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await post(at, { timeoutMs: 400 })).toMatchObject({ statusCode: null, error: 'timeout' });
  });

  it.each([
    ['provisional answers', '', 'HTTP/1.1 103 Early Hints\r\n\r\n', null],
    [
      'framing',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
      `1;a=${'b'.repeat(1_000)}\r\nx\r\n`,
      200,
    ],
  ])('sends more %s than anybody needs has answered too much', async (_what, first, more, statusCode) => {
    let sent = 0;
    const at = await rawReceiver((socket) => {
      socket.write(first);
      const send = () => {
        while (!socket.destroyed && socket.write(more.repeat(100))) sent += more.length * 100;
      };
      socket.on('drain', send);
      socket.once('data', send);
    });
    const exchange = await post(at, { timeoutMs: 10_000 });
    expect(exchange).toMatchObject({ statusCode, error: 'response-too-large' });
    expect(exchange.durationMs).toBeLessThan(5_000);
    // What the buffers between the two hold is beyond what was read.
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });

  it.each([
    ['resets before it reads', (socket: Socket) => socket.resetAndDestroy()],
    ['resets after it has read', (socket: Socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['closes without an answer', (socket: Socket) => socket.once('data', () => socket.end())],
    ['answers with no HTTP', (socket: Socket) => socket.once('data', () => socket.end('220 smtp ready\r\n'))],
    [
      'switches protocols',
      (socket: Socket) =>
        socket.once('data', () =>
          socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
        ),
    ],
  ])('%s has failed to connect', async (_what, onConnection) => {
    const at = await rawReceiver(onConnection);
    expect(await post(at)).toMatchObject({ statusCode: null, error: 'connect-failed', excerpt: null });
  });

  it('breaks off its answer has failed, and what came is kept', async () => {
    const at = await rawReceiver((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf of'));
    });
    expect(await post(at)).toMatchObject({ statusCode: 200, error: 'connect-failed', excerpt: 'half of' });
  });

  it('answers before it has read all and resets then is heard', async () => {
    const at = await rawReceiver((socket) => {
      socket.end('HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno');
    });
    expect(await post(at)).toMatchObject({ statusCode: 413, error: 'http-status', excerpt: 'no' });
  });

  it('answers with 64 KiB is heard, and with more or without end is not', async () => {
    let sent = 0;
    const at = await receiver((req, res) => {
      req.resume();
      if (sent++ === 0) return void res.end(Buffer.alloc(64 * 1024, 'a'));
      res.writeHead(200);
      const more = () => {
        if (!res.destroyed && res.write(Buffer.alloc(16 * 1024, 'b'))) setImmediate(more);
      };
      res.on('drain', more);
      more();
    });
    expect(await post(at)).toMatchObject({ statusCode: 200, error: null, excerpt: 'a'.repeat(1024) });
    expect(await post(at)).toMatchObject({
      statusCode: 200,
      error: 'response-too-large',
      excerpt: 'b'.repeat(1024),
    });
  });

  it.each([
    ['huge', `x: ${'y'.repeat(20_000)}\r\n\r\n`],
    ['endless', null],
  ])('sends %s headers has answered too much', async (_what, headers) => {
    const at = await rawReceiver((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const more = () => {
        if (!socket.destroyed && socket.write(headers ?? 'a: b\r\n')) setImmediate(more);
      };
      socket.on('drain', more);
      socket.once('data', more);
    });
    expect(await post(at)).toMatchObject({ statusCode: null, error: 'response-too-large' });
  });

  it('answers with anything but text has a harmless excerpt', async () => {
    const answers = [
      Buffer.from('a\u0000b\u001b[31mred\u0007\u009b\r\n\tc\u202e'),
      Buffer.from([0x61, 0xff, 0xfe, 0xc3]),
      Buffer.from('\u0000'.repeat(2000) + '\u{1f9f5}'.repeat(400)),
    ];
    const at = await receiver((_req, res) => void res.end(answers.shift()));
    expect((await post(at)).excerpt).toBe('ab\ufffd[31mred\ufffd\ufffd\n\tc\ufffd');
    expect((await post(at)).excerpt).toBe('a\ufffd\ufffd\ufffd');
    expect((await post(at)).excerpt).toBe('\u{1f9f5}'.repeat(256));
  });

  it('does not listen has failed to connect', async () => {
    const at = await receiver(() => {});
    await at.close();
    expect(await post(at)).toMatchObject({ statusCode: null, error: 'connect-failed', excerpt: null });
  });
});

describe('the client', () => {
  it('ends an attempt when the caller wants it to, and sends nothing when it is too late', async () => {
    const at = await receiver(() => {});
    const stop = new AbortController();
    const posted = client().post(`http://127.0.0.1:${at.port}/`, {}, BODY, stop.signal);
    setTimeout(() => stop.abort(new Error('shutting down')), 100);
    await expect(posted).rejects.toThrow('shutting down');
    const again = client().post(`http://127.0.0.1:${at.port}/`, {}, BODY, stop.signal);
    await expect(again).rejects.toThrow('shutting down');
    expect(at.connections).toBe(1);
  });

  it('ends all attempts when it is closed, and takes no more', async () => {
    const at = await receiver(() => {});
    const posts = client();
    const posted = [1, 2].map(() => posts.post(`http://127.0.0.1:${at.port}/`, {}, BODY));
    const ended = Promise.allSettled(posted);
    while (at.connections < 2) await sleep(10);
    await posts.close();
    for (const each of await ended)
      expect(each).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } });
    await expect(posts.post(`http://127.0.0.1:${at.port}/`, {}, BODY)).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(at.connections).toBe(2);
  });
});
