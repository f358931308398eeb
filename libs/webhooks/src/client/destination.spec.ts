import { afterEach, describe, expect, it } from 'vitest';
import { type Certificate, selfSigned } from '../../test/certificate.js';
import { type Answer, type NameServer, type Question, startNameServer } from '../../test/name-server.js';
import { type Receiver, startRawReceiver, startReceiver } from '../../test/receivers.js';
import type { Exchange } from '../exchange.js';
import type { UrlPolicy } from '../guard/policy.js';
import { checkWebhookUrl } from '../guard/url.js';
import { type ClientOptions, WebhookClient } from './client.js';

const PUBLIC_ONLY: UrlPolicy = { allowHttp: true, allowPrivate: false, allowCidrs: [] };
const PRIVATE: UrlPolicy = { ...PUBLIC_ONLY, allowPrivate: true };
const ONE: UrlPolicy = { ...PUBLIC_ONLY, allowCidrs: ['127.0.0.2/32'] };

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function receiver(options: { host?: string; tls?: Certificate } = {}, text = 'ok'): Promise<Receiver> {
  const started = await startReceiver((req, res) => {
    req.resume();
    res.end(`${text} for ${req.headers.host}`);
  }, options);
  open.push(started);
  return started;
}
async function nameServer(answer: (question: Question) => Answer): Promise<NameServer> {
  const started = await startNameServer(answer);
  open.push(started);
  return started;
}
const ipv4 =
  (...addresses: string[]) =>
  ({ type }: Question) =>
    type === 'A' ? addresses : [];
async function post(url: string, policy: UrlPolicy, options: ClientOptions = {}): Promise<Exchange> {
  const client = new WebhookClient(policy, options);
  open.push(client);
  return client.post(url, {}, '{}');
}

describe('an attempt at an address', () => {
  it.each([
    (port: number) => `http://127.0.0.1:${port}/`,
    (port: number) => `http://0x7f.1:${port}/`,
    (port: number) => `http://[::ffff:127.0.0.1]:${port}/`,
    (port: number) => `http://localhost:${port}/`,
  ])('that is not public is blocked: %s', async (urlOf) => {
    const at = await receiver();
    expect(await post(urlOf(at.port), PUBLIC_ONLY)).toMatchObject({
      statusCode: null,
      error: 'blocked-address',
      excerpt: null,
    });
    expect((await post(urlOf(at.port), PRIVATE)).error).toBeNull();
    expect(at.connections).toBe(1);
  });

  it('is made to the one of localhost that is allowed', async () => {
    const at = await receiver();
    const policy = { ...PUBLIC_ONLY, allowCidrs: ['127.0.0.0/8'] };
    expect(await post(`http://localhost:${at.port}/`, policy)).toMatchObject({
      error: null,
      excerpt: `ok for localhost:${at.port}`,
    });
  });

  it('whose URL the policy refuses by now is blocked', async () => {
    const policy = { ...PRIVATE, allowHttp: false };
    expect(await post('http://127.0.0.1:9999/', policy)).toMatchObject({ error: 'blocked-address' });
  });
});

describe('an attempt at a name', () => {
  it('that was public when it was checked and is private now is blocked', async () => {
    const at = await receiver();
    const names = await nameServer(({ type, nth }) => {
      if (type === 'AAAA') return [];
      return nth === 1 ? ['8.8.8.8'] : ['127.0.0.1'];
    });
    const dns = { dnsServers: [names.address] };
    const url = `http://rebinding.example:${at.port}/`;
    await expect(checkWebhookUrl(url, PUBLIC_ONLY, dns)).resolves.toBeInstanceOf(URL);
    expect(await post(url, PUBLIC_ONLY, dns)).toMatchObject({ error: 'blocked-address', statusCode: null });
    expect(at.connections).toBe(0);
  });

  it('connects to the address that was checked, whatever the name is a moment later', async () => {
    const allowed = await receiver({ host: '127.0.0.2' }, 'allowed');
    const names = await nameServer(({ type, nth }) => {
      if (type === 'AAAA') return [];
      return nth === 1 ? ['127.0.0.2'] : ['127.0.0.1'];
    });
    const url = `http://rebinding.example:${allowed.port}/`;
    const dns = { dnsServers: [names.address] };
    expect(await post(url, ONE, dns)).toMatchObject({
      error: null,
      excerpt: `allowed for rebinding.example:${allowed.port}`,
    });
    expect(names.questions.map(({ type }) => type).sort()).toEqual(['A', 'AAAA']);
    expect(await post(url, ONE, dns)).toMatchObject({ error: 'blocked-address' });
    expect(allowed.connections).toBe(1);
  });

  it.each([
    ['IPv4', ipv4('127.0.0.2', '127.0.0.1')],
    ['IPv6', ({ type }: Question) => (type === 'A' ? ['127.0.0.2'] : ['fd00::1'])],
    ['IPv4 in IPv6', ({ type }: Question) => (type === 'A' ? ['127.0.0.2'] : ['::ffff:10.0.0.1'])],
  ])('with one allowed address and one that is not, in %s, is blocked', async (_what, answer) => {
    const at = await receiver({ host: '127.0.0.2' });
    const names = await nameServer(answer);
    const exchange = await post(`http://mixed.example:${at.port}/`, ONE, { dnsServers: [names.address] });
    expect(exchange).toMatchObject({ error: 'blocked-address' });
    expect(at.connections).toBe(0);
  });

  it('goes on to the next address where one does not answer', async () => {
    const at = await receiver({ host: '127.0.0.2' });
    const names = await nameServer(ipv4('127.0.0.3', '127.0.0.2'));
    const exchange = await post(`http://two.example:${at.port}/`, PRIVATE, { dnsServers: [names.address] });
    expect(exchange).toMatchObject({ statusCode: 200, error: null });
  });

  it('that is not found, or has no address, or whose server does not answer, is told apart', async () => {
    const names = await nameServer(({ name }) => {
      if (name === 'missing.example') return null;
      return name === 'empty.example' ? [] : 'silence';
    });
    const dns = { dnsServers: [names.address] };
    expect(await post('http://missing.example:9999/', PRIVATE, dns)).toMatchObject({ error: 'dns-failed' });
    expect(await post('http://empty.example:9999/', PRIVATE, dns)).toMatchObject({ error: 'dns-failed' });
    const unreadable = { ...dns, hostsFile: import.meta.dirname };
    expect(await post('http://127.0.0.1.example:9999/', PRIVATE, unreadable)).toMatchObject({
      error: 'dns-failed',
      statusCode: null,
    });
    expect(names.questions.map(({ name }) => name)).not.toContain('127.0.0.1.example');
    const slow = await post('http://slow.example:9999/', PRIVATE, { ...dns, timeoutMs: 300 });
    expect(slow).toMatchObject({ error: 'timeout', statusCode: null });
    expect(slow.durationMs).toBeLessThan(2000);
    const silent = await post('http://slow.example:9999/', PRIVATE, dns);
    expect(silent).toMatchObject({ error: 'dns-failed', statusCode: null });
    expect(silent.durationMs).toBeLessThan(14_000);
  });
});

describe('an attempt over TLS', () => {
  const over = async (subject: string, url: string, options: { trusted?: boolean; until?: Date } = {}) => {
    const tls = selfSigned(subject, options.until);
    const at = await receiver({ tls });
    const names = await nameServer(ipv4('127.0.0.1'));
    return post(url.replace('PORT', String(at.port)), PRIVATE, {
      dnsServers: [names.address],
      ...(options.trusted === false ? {} : { ca: tls.cert }),
    });
  };

  it('is made where the certificate is good for the name', async () => {
    const exchange = await over('hooks.example.com', 'https://hooks.example.com:PORT/');
    expect(exchange).toMatchObject({ statusCode: 200, error: null });
    expect(exchange.excerpt).toMatch(/^ok for hooks\.example\.com:\d+$/);
  });

  it('names the server, and not the address', async () => {
    const tls = selfSigned('hooks.example.com');
    const at = await receiver({ tls });
    const names = await nameServer(ipv4('127.0.0.1'));
    const asked = new Promise((resolve) => at.server.on('secureConnection', (s) => resolve(s.servername)));
    await post(`https://hooks.example.com.:${at.port}/`, PRIVATE, {
      dnsServers: [names.address],
      ca: tls.cert,
    });
    expect(await asked).toBe('hooks.example.com');
  });

  it('is made where the certificate is good for the address', async () => {
    expect(await over('127.0.0.1', 'https://127.0.0.1:PORT/')).toMatchObject({
      statusCode: 200,
      error: null,
    });
  });

  it.each([
    ['by itself', 'hooks.example.com', { trusted: false }],
    ['for another name', 'other.example.com', {}],
    ['for an address', '127.0.0.1', {}],
    ['for a time that is over', 'hooks.example.com', { until: new Date(Date.now() - 60_000) }],
  ])('is refused where the certificate is signed %s', async (_what, subject, options) => {
    const exchange = await over(subject, 'https://hooks.example.com:PORT/', options);
    expect(exchange).toMatchObject({ statusCode: null, error: 'tls-error', excerpt: null });
  });

  it('is refused whatever the environment says of certificates', async () => {
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      const exchange = await over('hooks.example.com', 'https://hooks.example.com:PORT/', { trusted: false });
      expect(exchange).toMatchObject({ error: 'tls-error' });
    } finally {
      delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    }
  });

  it('is refused where the receiver speaks none', async () => {
    const at = await receiver();
    expect(await post(`https://127.0.0.1:${at.port}/`, PRIVATE)).toMatchObject({ error: 'tls-error' });
  });

  it('has failed to connect, or is too late, where the receiver leaves or is silent during the handshake', async () => {
    const leaves = await startRawReceiver((socket) => socket.once('data', () => socket.destroy()));
    const silent = await startRawReceiver(() => {});
    open.push(leaves, silent);
    expect(await post(`https://127.0.0.1:${leaves.port}/`, PRIVATE)).toMatchObject({
      error: 'connect-failed',
    });
    const late = await post(`https://127.0.0.1:${silent.port}/`, PRIVATE, { timeoutMs: 300 });
    expect(late).toMatchObject({ error: 'timeout', statusCode: null });
  });
});
