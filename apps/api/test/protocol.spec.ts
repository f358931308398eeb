import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { ERRORS, type Job, LIMITS, newUuid, toPublicId } from '@heddle/contracts';
import { waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
let api: TestApi;
beforeAll(async () => {
  api = await startApi({ HEDDLE_COMMIT: COMMIT });
});
afterAll(() => api.stop());

const job = { model: 'm', inputs: ['x'] };
const submit = async () => (await api.call('POST', '/v1/jobs', { body: job })).body as Job;

describe('paths and methods', () => {
  it.each(['/v1', '/v2/jobs', '/v1/jobs/a/b', '/v1/jobs/', '/%zz', '/v1/models/a/b', '/..%2f..%2fetc'])(
    'nothing is at %s',
    async (path) => {
      const answer = await api.call('GET', path);
      expect([answer.status, problemIn(answer).code]).toEqual([404, 'not-found']);
    },
  );

  it.each([
    ['PUT', '/v1/jobs', 'GET, HEAD, POST'],
    ['DELETE', `/v1/jobs/${toPublicId('job', newUuid())}`, 'GET, HEAD'],
    ['GET', `/v1/jobs/${toPublicId('job', newUuid())}/cancel`, 'POST'],
    ['POST', '/healthz', 'GET, HEAD'],
    // No webhook is called so.
    ['DELETE', '/v1/webhooks/default?x=1', 'GET, HEAD'],
  ])('%s %s is not allowed', async (method, path, allow) => {
    const answer = await api.call(method, path);
    expect([answer.status, problemIn(answer).code, answer.headers.get('allow')]).toEqual([
      405,
      'method-not-allowed',
      allow,
    ]);
  });

  it('HEAD works where GET does', async () => {
    const answer = await api.call('HEAD', '/v1/models');
    expect([answer.status, answer.text]).toEqual([200, '']);
  });

  it('every problem has a page', async () => {
    for (const code of Object.keys(ERRORS)) {
      const answer = await api.call('GET', `/problems/${code}`, { key: null });
      expect([answer.status, answer.body]).toEqual([200, { code, ...ERRORS[code as keyof typeof ERRORS] }]);
    }
    expect((await api.call('GET', '/problems/toString')).status).toBe(404);
  });

  it('is where its type says', async () => {
    const { type } = problemIn(await api.call('GET', '/v1/nothing'));
    expect(type).toBe(`${api.url}/problems/not-found`);
    expect(await (await fetch(type)).json()).toMatchObject({ code: 'not-found', status: 404 });
  });
});

describe('keys', () => {
  it('are asked for before anything of the body is looked at', async () => {
    const answer = await api.call('POST', '/v1/jobs', { key: null, raw: '{"broken' });
    expect([answer.status, problemIn(answer).code]).toEqual([401, 'unauthorized']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="api"');
  });

  it.each(['x', 'hdl_short', `hdl_${'a'.repeat(36)}`, 'hdl_\u00e9'])(
    'that are wrong are refused: %s',
    async (key) => {
      const answer = await api.call('GET', '/v1/jobs', { key: encodeURIComponent(key) });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="api", error="invalid_token"');
    },
  );

  it('of another scheme are refused', async () => {
    const answer = await api.call('GET', '/v1/jobs', { key: null, headers: { authorization: 'Basic eDp5' } });
    expect(answer.status).toBe(401);
  });

  it('open what their scopes say', async () => {
    const reader = await api.keyWith(['read']);
    const answer = await api.call('POST', '/v1/jobs', { key: reader, raw: '{"broken' });
    expect([answer.status, problemIn(answer)]).toMatchObject([
      403,
      { code: 'forbidden', required_scope: 'infer' },
    ]);
    expect((await api.call('GET', '/v1/jobs', { key: reader })).status).toBe(200);
    const manager = await api.keyWith(['manage']);
    expect((await api.call('GET', '/v1/models', { key: manager })).status).toBe(200);
  });

  it('stop working within a second of their end', async () => {
    const secret = await api.store.keys.create(api.tenantId, 'short-lived', ['read']);
    expect((await api.call('GET', '/v1/jobs', { key: secret })).status).toBe(200);
    await api.store.keys.revoke(api.tenantId, 'short-lived');
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    expect((await api.call('GET', '/v1/jobs', { key: secret })).status).toBe(401);
  });

  it('stop working when they expire', async () => {
    const secret = await api.store.keys.create(api.tenantId, 'expiring', ['read']);
    const expireIn = (seconds: number) =>
      api.database.query(
        `UPDATE api_keys SET expires_at = now() + make_interval(secs => ${seconds}) WHERE name = 'expiring'`,
      );
    await expireIn(60);
    expect((await api.call('GET', '/v1/jobs', { key: secret })).status).toBe(200);
    await expireIn(0);
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    const answer = await api.call('GET', '/v1/jobs', { key: secret });
    expect([answer.status, problemIn(answer).code]).toEqual([401, 'unauthorized']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="api", error="invalid_token"');
  });

  it('and texts never reach the logs', async () => {
    await api.call('POST', '/v1/jobs', { body: { model: 'm', inputs: ['a very secret text'] } });
    await waitFor(() => api.logs().includes('"route":"/v1/jobs"'));
    expect(api.logs()).not.toContain('a very secret text');
    expect(api.logs()).not.toContain(api.key);
  });
});

describe('tenants', () => {
  it('cannot tell a stranger’s job from one that does not exist', async () => {
    const { id } = await submit();
    const missing = toPublicId('job', newUuid());
    for (const [method, suffix] of [
      ['GET', ''],
      ['POST', '/cancel'],
    ] as const) {
      const shown = await Promise.all(
        [id, missing, 'job_!'].map(async (path) => {
          const answer = await api.call(method, `/v1/jobs/${path}${suffix}`, { key: api.strangerKey });
          const { request_id: _, instance: __, ...rest } = problemIn(answer);
          return rest;
        }),
      );
      expect(shown[0]).toMatchObject({ status: 404, code: 'not-found' });
      expect(shown[1]).toEqual(shown[0]);
      expect(shown[2]).toEqual(shown[0]);
    }
    expect((await api.call('GET', `/v1/jobs/${id}`)).body).toMatchObject({ status: 'queued' });
    const list = await api.call('GET', '/v1/jobs', { key: api.strangerKey });
    expect(list.body).toEqual({ data: [], next_cursor: null });
  });
});

describe('the health of the process', () => {
  it('names its version and its commit', async () => {
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
    const { body } = await api.call('GET', '/healthz', { key: null });
    expect(body).toEqual({ status: 'ok', version, commit: COMMIT });
  });
});

describe('headers', () => {
  it('are on every answer', async () => {
    for (const path of ['/healthz', '/v1/jobs', '/nothing', '/v1/jobs?x=1']) {
      const { headers } = await api.call('GET', path);
      expect(headers.get('x-request-id')).toMatch(/^req_[0-9a-z]{26}$/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  it('keep a plain request id and replace an odd one', async () => {
    const own = await api.call('GET', '/nothing', { headers: { 'x-request-id': 'abc-1.2_3' } });
    expect(own.headers.get('x-request-id')).toBe('abc-1.2_3');
    expect(problemIn(own).request_id).toBe('abc-1.2_3');
    const odd = await api.call('GET', '/healthz', { headers: { 'x-request-id': '<script>' } });
    expect(odd.headers.get('x-request-id')).toMatch(/^req_/);
  });
});

describe('what is hardly HTTP', () => {
  const send = (bytes: string, waitMs = 5_000): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(api.url);
      const socket = connect(Number(port), hostname, () => socket.write(bytes));
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk.toString();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(answer));
      setTimeout(() => socket.destroy(), waitMs);
    });

  it.each([
    ['nonsense', 'hello\r\n\r\n'],
    ['two lengths', 'POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}'],
  ])('%s gets 400', async (_, bytes) => {
    const answer = await send(bytes);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('application/problem+json');
    expect((await api.call('GET', '/healthz')).status).toBe(200);
  });

  it('a header without end gets 431', async () => {
    const answer = await send(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 431 Request Header Fields Too Large\r\n/);
    expect(answer).toContain('application/problem+json');
    expect(answer).toContain('"status":431');
    expect(answer).toContain('"code":"headers-too-large"');
  });

  it.each([
    ['no Host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n'],
    [
      'an expectation of its own',
      'GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nConnection: close\r\n\r\n',
    ],
    [
      'an expectation about its body',
      'POST /v1/jobs HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
    ],
  ])('%s gets 400, as a problem', async (_, bytes) => {
    const answer = await send(bytes);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toMatch(/^content-type: application\/problem\+json/im);
    expect(answer).toMatch(/^x-request-id: req_/im);
    expect(answer).toContain('"code":"malformed-request"');
  });

  it.each([
    ['an old client without Host', 'GET /healthz HTTP/1.0\r\n\r\n'],
    [
      'a client that asks before it sends',
      'GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nConnection: close\r\n\r\n',
    ],
  ])('%s is served', async (_, bytes) => {
    expect(await send(bytes)).toMatch(/^HTTP\/1.1 (100 Continue\r\n\r\nHTTP\/1.1 )?200 /);
  });

  it('a body in chunks that grows too large gets 413', async () => {
    const { hostname, port } = new URL(api.url);
    const socket = connect({ host: hostname, port: Number(port) });
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    // The server hangs up while we still send.
    socket.on('error', () => undefined);
    socket.write(
      `POST /v1/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    for (let i = 0; i * 0x10000 <= LIMITS.maxBodyBytes && socket.writable; i++) {
      if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    }
    await waitFor(() => answer.includes('payload-too-large') || socket.destroyed);
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    socket.destroy();
  });

  it('is cut off although the other side never hangs up', async () => {
    const { hostname, port } = new URL(api.url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    socket.resume().write('hello\r\n\r\n');
    await once(socket, 'end');
    const path = [Number(port), socket.localPort!].map((n) => n.toString(16).toUpperCase().padStart(4, '0'));
    // The owner of a connection is its tenth field; what was cut has none (Linux).
    const isOwned = async () => {
      const connections = (await readFile('/proc/net/tcp', 'utf8'))
        .split('\n')
        .map((line) => line.trim().split(/ +/));
      const found = connections.find(
        ([, local, remote]) => local?.endsWith(`:${path[0]}`) && remote?.endsWith(`:${path[1]}`),
      );
      return found !== undefined && found[9] !== '0';
    };
    expect(await isOwned()).toBe(true);
    await waitFor(async () => !(await isOwned()), { timeoutMs: 5_000 });
    socket.destroy();
  });

  it('a body that dawdles gets 408', { timeout: 60_000 }, async () => {
    const head = `POST /v1/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.key}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`;
    const answer = await send(head, 45_000);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('"code":"request-timeout"');
  });
});
