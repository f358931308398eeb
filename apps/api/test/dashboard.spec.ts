import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { createTestFolder } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemIn, startApi, type TestApi } from './api.js';

const PAGE =
  '<!doctype html><title>Heddle</title><script type="module" src="/assets/index-B3xy.js"></script>';
const SCRIPT = `console.log(${JSON.stringify('x'.repeat(2_000))});`;
const ASSET = '/assets/index-B3xy.js';
const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

let api: TestApi;
let folder: string;
beforeAll(async () => {
  folder = await createTestFolder('heddle-test-dashboard-');
  await mkdir(join(folder, 'dist/assets'), { recursive: true });
  const write = (name: string, bytes: string | Buffer) => writeFile(join(folder, name), bytes);
  await write('secret.txt', 'not for the dashboard');
  await write('dist/index.html', PAGE);
  await write('dist/favicon.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await write(`dist${ASSET}`, SCRIPT);
  await write(`dist${ASSET}.gz`, gzipSync(SCRIPT));
  await write(`dist${ASSET}.br`, brotliCompressSync(SCRIPT));
  await write('dist/assets/index-Qw12.css', 'body{}');
  await symlink(join(folder, 'secret.txt'), join(folder, 'dist/link.txt'));
  api = await startApi({ HEDDLE_DASHBOARD_DIR: join(folder, 'dist') });
});
afterAll(async () => {
  await api.stop();
  await rm(folder, { recursive: true });
});

interface Raw {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  bytes: Buffer;
}
/** As it is on the wire: no decompression, and paths as they are written. */
function raw(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Raw> {
  const { hostname, port } = new URL(api.url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, bytes: Buffer.concat(chunks) }),
      );
    })
      .on('error', reject)
      .end();
  });
}

describe('the page', () => {
  it.each(['/', '/index.html', '/jobs', '/jobs/job_01k?tab=events', '/models/deberta-v3.base/versions/1'])(
    'is at %s',
    async (path) => {
      const { status, headers, bytes } = await raw(path, HTML);
      expect([status, bytes.toString()]).toEqual([200, PAGE]);
      expect(headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'same-origin',
      });
      expect(headers['permissions-policy']).toContain('camera=()');
      expect(headers.etag).toMatch(/^"[\w-]{43}"$/);
    },
  );

  it('may load and ask this server alone, and is in no frame', async () => {
    const { headers } = await raw('/', HTML);
    const policy = Object.fromEntries(
      String(headers['content-security-policy'])
        .split('; ')
        .map((one) => one.split(/ (.*)/s, 2)),
    );
    expect(policy).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': "'self'",
      'img-src': "'self' data:",
      'connect-src': "'self'",
      'font-src': "'self'",
      'manifest-src': "'self'",
      'base-uri': "'none'",
      'form-action': "'self'",
      'frame-ancestors': "'none'",
    });
  });

  it('is not sent again to who has it', async () => {
    const { headers } = await raw('/', HTML);
    const again = await raw('/', { ...HTML, 'if-none-match': `"other", W/${headers.etag}` });
    expect([again.status, again.bytes.length, again.headers.etag]).toEqual([304, 0, headers.etag]);
    expect((await raw('/', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('has no body for HEAD, and takes nothing', async () => {
    const head = await raw('/', HTML, 'HEAD');
    expect([head.status, head.bytes.length, head.headers['content-length']]).toEqual([
      200,
      0,
      String(PAGE.length),
    ]);
    expect((await raw('/', HTML, 'POST')).status).toBe(404);
  });
});

describe('files of the build', () => {
  it('whose names change with their contents are kept for ever', async () => {
    const script = await raw(ASSET);
    expect([script.status, script.bytes.toString()]).toEqual([200, SCRIPT]);
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
    });
    expect((await raw('/assets/index-Qw12.css')).headers['content-type']).toBe('text/css; charset=utf-8');
    const icon = await raw('/favicon.svg');
    expect(icon.headers).toMatchObject({ 'content-type': 'image/svg+xml', 'cache-control': 'no-cache' });
  });

  it('come packed where the build packed them and the client takes it', async () => {
    const br = await raw(ASSET, { 'accept-encoding': 'gzip, deflate, br' });
    expect([br.headers['content-encoding'], brotliDecompressSync(br.bytes).toString()]).toEqual([
      'br',
      SCRIPT,
    ]);
    const gzip = await raw(ASSET, { 'accept-encoding': 'br;q=0, gzip;q=0.5' });
    expect([gzip.headers['content-encoding'], gunzipSync(gzip.bytes).toString()]).toEqual(['gzip', SCRIPT]);
    const plain = await raw(ASSET, { 'accept-encoding': 'identity' });
    expect([plain.headers['content-encoding'], plain.bytes.toString()]).toEqual([undefined, SCRIPT]);
    expect(new Set([br, gzip, plain].map(({ headers }) => headers.etag)).size).toBe(3);
  });

  it.each([
    '/assets/missing-A1.js',
    `${ASSET}.br`,
    '/link.txt',
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/assets/',
  ])('are all there is: %s is not', async (path) => {
    const { status, headers, bytes } = await raw(path, {});
    expect(status).toBe(404);
    expect(headers['content-type']).toContain('application/problem+json');
    expect(bytes.toString()).not.toContain('not for the dashboard');
    expect((await raw('/assets/missing-A1.js', HTML)).status).toBe(404);
  });
});

describe('the API beside it', () => {
  it.each([
    '/v1/nothing',
    '/v1',
    '/v1/jobs/a/b',
    '/openai/v1/nothing',
    '/hf',
    '/docs/nothing',
    '/metrics/x',
    '/problems',
  ])('has nothing at %s, for browsers too', async (path) => {
    const answer = await api.call('GET', path, { headers: HTML });
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toContain('json');
    expect(answer.text).not.toContain('<title>');
  });

  it('has nothing elsewhere for who wants no page', async () => {
    expect(problemIn(await api.call('GET', '/jobs', { headers: { accept: 'application/json' } })).code).toBe(
      'not-found',
    );
  });

  it('answers as without it', async () => {
    expect((await api.call('GET', '/v1/me')).status).toBe(200);
    expect((await api.call('GET', '/docs', { headers: HTML })).text).toContain('swagger-ui');
    expect((await api.call('DELETE', '/v1/jobs')).status).toBe(405);
    await raw('/', HTML);
    const metrics = await api.call('GET', '/metrics');
    expect(metrics.text).toContain('heddle_http_requests_total{route="dashboard",method="GET",status="200"}');
  });
});

it('a page with places for a nonce gets another one each time, which its style sheets are allowed by', async () => {
  const other = await createTestFolder('heddle-test-dashboard-');
  await writeFile(
    join(other, 'index.html'),
    '<meta property="csp-nonce" nonce="__CSP_NONCE__"><style nonce="__CSP_NONCE__"></style>',
  );
  const nonced = await startApi({ HEDDLE_DASHBOARD_DIR: other });
  const nonces = new Set<string>();
  for (let i = 0; i < 3; i++) {
    const answer = await fetch(nonced.url);
    const nonce = /style-src 'self' 'nonce-([^']+)'/.exec(
      answer.headers.get('content-security-policy')!,
    )![1]!;
    expect(await answer.text()).toBe(
      `<meta property="csp-nonce" nonce="${nonce}"><style nonce="${nonce}"></style>`,
    );
    expect([answer.headers.get('etag'), answer.headers.get('cache-control')]).toEqual([null, 'no-cache']);
    nonces.add(nonce);
  }
  expect(nonces.size).toBe(3);
  await nonced.stop();
  await rm(other, { recursive: true });
});

it('one that is not built says how to build it, and the API goes on', async () => {
  const without = await startApi({ HEDDLE_DASHBOARD_DIR: join(folder, 'nowhere') });
  const answer = await fetch(without.url, { headers: HTML });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'text/plain; charset=utf-8']);
  expect(await answer.text()).toContain('npm run build');
  expect((await without.call('GET', '/v1/me')).status).toBe(200);
  expect(problemIn(await without.call('GET', '/jobs', { headers: HTML })).code).toBe('not-found');
  await without.stop();
});
