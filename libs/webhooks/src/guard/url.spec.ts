import { HeddleError } from '@heddle/contracts';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, type NameServer, type Question, startNameServer } from '../../test/name-server.js';
import type { UrlPolicy } from './policy.js';
import { checkWebhookUrl, parseWebhookUrl } from './url.js';

const PUBLIC_ONLY: UrlPolicy = { allowHttp: false, allowPrivate: false, allowCidrs: [] };
const HTTP: UrlPolicy = { ...PUBLIC_ONLY, allowHttp: true };
const PRIVATE: UrlPolicy = { ...HTTP, allowPrivate: true };

/** Why a URL is refused; null when it is not. */
function refusal(text: string, policy: UrlPolicy = PUBLIC_ONLY): string | null {
  try {
    parseWebhookUrl(text, policy);
    return null;
  } catch (error) {
    if (error instanceof HeddleError && error.code === 'webhook-url-invalid') return error.message;
    throw error;
  }
}

describe('a URL', () => {
  it.each([
    ['https://hooks.example.com', 'https://hooks.example.com/'],
    ['HTTPS://Hooks.Example.COM:443/a?b=c', 'https://hooks.example.com/a?b=c'],
    ['https://hooks.example.com.:8443/', 'https://hooks.example.com:8443/'],
    ['https://bücher.example/ä', 'https://xn--bcher-kva.example/%C3%A4'],
    ['https://134744072/', 'https://8.8.8.8/'],
    ['https:example.com/@1', 'https://example.com/@1'],
    ['https:/%65xample.com./?a@b', 'https://example.com/?a@b'],
    ['https://ｅｘａｍｐｌｅ.com:443/', 'https://example.com/'],
    ['https://[2606:4700:0::1111]:1024/', 'https://[2606:4700::1111]:1024/'],
  ])('%s is %s', (text, normal) => {
    expect(parseWebhookUrl(text, PUBLIC_ONLY).href).toBe(normal);
  });

  it.each([
    ['', 'is no URL'],
    ['hooks.example.com/x', 'is no URL'],
    ['/x', 'is no URL'],
    ['https://', 'is no URL'],
    ['https://1.2.3.4.5/', 'is no URL'],
    ['https://[fe80::1%25eth0]/', 'is no URL'],
    ['https://exa mple.com/', 'white space'],
    ['https://example.com/\r\nX-Injected: 1', 'white space'],
    ['https://example.com\\@127.0.0.1/', 'backslash'],
    ['https://example.com/\u0000', 'control character'],
    [
      'http://example.com/',
      'begins with http:, but only https: is allowed (http: with HEDDLE_WEBHOOK_ALLOW_HTTP',
    ],
    ['ftp://example.com/', 'begins with ftp:'],
    ['file:///etc/passwd', 'begins with file:'],
    ['https://user@example.com/', 'user name or password'],
    ['https://:secret@example.com/', 'user name or password'],
    ['https://@example.com/', 'user name or password'],
    ['https:@example.com/', 'user name or password'],
    ['https://:@example.com/', 'user name or password'],
    ['https://example.com/#', 'fragment'],
    ['https://example.com/#x', 'fragment'],
    ['https://example.com:80/', 'names port 80'],
    ['https://example.com:22/', 'names port 22'],
    ['https://example.com:0/', 'names port 0'],
    ['https://example.com:1023/', 'names port 1023'],
    ['https://example.com:5432/', 'names port 5432'],
    ['https://example.com:6379/', 'names port 6379'],
    ['https://example.com:70000/', 'is no URL'],
    [`https://example.com/${'x'.repeat(2048)}`, 'has 2068 characters'],
    [`https://example.com/${'ä'.repeat(1000)}`, 'in normal form'],
    ['https://example..com/', 'is no name'],
    ['https://example.com../', 'is no name'],
    ['https://./', 'is no name'],
    [`https://${'a'.repeat(64)}.com/`, 'is no name'],
    [`https://${'a.'.repeat(127)}com/`, 'is no name'],
    ['https://localhost/', 'not public'],
    ['https://LOCALHOST./', 'not public'],
    ['https://ｌｏｃａｌｈｏｓｔ/', 'not public'],
    ['https://local\u00adhost/', 'not public'],
    ['https://api.localhost:8443/', 'not public'],
  ])('%j is refused: %s', (text, why) => {
    expect(refusal(text)).toContain(why);
  });

  it('may have http and its port where that is allowed', () => {
    expect(parseWebhookUrl('http://example.com:80/x', HTTP).href).toBe('http://example.com/x');
    expect(refusal('http://example.com:443/', HTTP)).toContain('names port 443');
    expect(refusal('ftp://example.com/', HTTP)).toContain('only https: and http: are allowed');
  });

  it('may lead to this machine where that is allowed', () => {
    expect(refusal('http://localhost:8080/', HTTP)).toContain('not public');
    expect(refusal('http://localhost:8080/', PRIVATE)).toBeNull();
    expect(refusal('http://localhost:8080/', { ...HTTP, allowCidrs: ['127.0.0.0/8'] })).toBeNull();
    expect(refusal('http://localhost:6379/', PRIVATE)).toContain('names port 6379');
  });
});

const byte = fc.integer({ min: 0, max: 255 });
const bytes = (...first: fc.Arbitrary<number>[]) =>
  fc.tuple(...first, ...Array.from({ length: 4 - first.length }, () => byte)) as fc.Arbitrary<number[]>;
const one = (value: number) => fc.constant(value);
const PRIVATE_IPV4 = fc.oneof(
  bytes(one(0)),
  bytes(one(10)),
  bytes(one(127)),
  bytes(one(100), fc.integer({ min: 64, max: 127 })),
  bytes(one(169), one(254)),
  bytes(one(172), fc.integer({ min: 16, max: 31 })),
  bytes(one(192), one(168)),
  bytes(one(198), fc.integer({ min: 18, max: 19 })),
  bytes(fc.integer({ min: 224, max: 255 })),
);
const PUBLIC_IPV4 = bytes(fc.constantFrom(8, 23, 52, 93, 151, 210));

const NUMBERS = [
  (value: number) => String(value),
  (value: number) => `0x${value.toString(16)}`,
  (value: number) => `0X${value.toString(16).toUpperCase().padStart(10, '0')}`,
  (value: number) => `0${value.toString(8)}`,
  (value: number) => `0000${value.toString(8)}`,
];
const SPELLINGS = [
  (text: string) => text,
  (text: string) => text.replace(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
  (text: string) => text.replace(/\d/g, (digit) => String.fromCodePoint(0x1d7ce + Number(digit))),
  (text: string) => text.replace(/\d/g, (digit) => `%3${digit}`),
  (text: string) => text.replaceAll('.', '\u3002'),
  (text: string) => text.replaceAll('.', '%2e'),
  (text: string) => `${text}.`,
];

/** An IPv4 address as some parser of URLs reads it: 1 to 4 numbers, each in some base, in some characters. */
const spelled = (address: fc.Arbitrary<number[]>) =>
  fc
    .tuple(
      address,
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.constantFrom(...NUMBERS), { minLength: 4, maxLength: 4 }),
      fc.constantFrom(...SPELLINGS),
    )
    .map(([octets, count, write, spell]) => {
      const last = octets.slice(count - 1).reduce((value, octet) => value * 256 + octet, 0);
      return spell([...octets.slice(0, count - 1), last].map((value, n) => write[n]!(value)).join('.'));
    });

const hex = (high: number, low: number) => (high * 256 + low).toString(16);
const EMBEDDINGS = [
  ([a, b, c, d]: number[]) => `::ffff:${a}.${b}.${c}.${d}`,
  ([a, b, c, d]: number[]) => `0:0:0:0:0:FFFF:${hex(a!, b!)}:${hex(c!, d!)}`,
  ([a, b, c, d]: number[]) => `::${a}.${b}.${c}.${d}`,
  ([a, b, c, d]: number[]) => `::ffff:0:${a}.${b}.${c}.${d}`,
  ([a, b, c, d]: number[]) => `64:ff9b::${a}.${b}.${c}.${d}`,
  ([a, b, c, d]: number[]) => `64:ff9b:1::${a}.${b}.${c}.${d}`,
  ([a, b, c, d]: number[]) => `2002:${hex(a!, b!)}:${hex(c!, d!)}::1`,
  ([a, b, c, d]: number[]) => `2001:0:808:808:0:0:${hex(255 - a!, 255 - b!)}:${hex(255 - c!, 255 - d!)}`,
];
const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
const PRIVATE_IPV6 = fc
  .tuple(
    fc.constantFrom('fc00', 'fdab', 'fe80', 'FEBF', 'fec0', 'ff02', '100', '4000', '5f00', '9000', '1000'),
    fc.array(group, { minLength: 7, maxLength: 7 }),
  )
  .map(([first, rest]) => [first, ...rest].join(':'));

describe('a non-public address', () => {
  const isRefused = (host: string) => refusal(`https://${host}/`) !== null;

  it('of IPv4 is refused in every notation', () => {
    fc.assert(
      fc.property(spelled(PRIVATE_IPV4), (host) => isRefused(host)),
      { numRuns: 3000 },
    );
  });

  it('is what is refused: a public one is taken in every notation', () => {
    fc.assert(
      fc.property(spelled(PUBLIC_IPV4), (host) => !isRefused(host)),
      { numRuns: 3000 },
    );
  });

  it('is refused inside one of IPv6', () => {
    fc.assert(
      fc.property(PRIVATE_IPV4, fc.constantFrom(...EMBEDDINGS), (octets, write) =>
        isRefused(`[${write(octets)}]`),
      ),
      { numRuns: 2000 },
    );
  });

  it('of IPv6 is refused', () => {
    fc.assert(
      fc.property(PRIVATE_IPV6, (address) => isRefused(`[${address}]`)),
      { numRuns: 1000 },
    );
  });
});

describe('the addresses of a name', () => {
  let names: NameServer;
  afterEach(() => names.close());

  const check = async (host: string, answer: (question: Question) => Answer, policy = PUBLIC_ONLY) => {
    names = await startNameServer(answer);
    return checkWebhookUrl(`https://${host}/x`, policy, { dnsServers: [names.address] });
  };
  const only = (type: string, addresses: string[]) => (question: Question) =>
    question.type === type ? addresses : [];

  it('are asked for, in IPv4 and IPv6', async () => {
    const url = await check('hooks.example.com', only('A', ['8.8.8.8']));
    expect(url.href).toBe('https://hooks.example.com/x');
    expect(names.questions.map(({ type }) => type).sort()).toEqual(['A', 'AAAA']);
  });

  it.each([
    ['private', only('A', ['10.0.0.1'])],
    ['private in IPv6', only('AAAA', ['fd00::1'])],
    ['where clouds keep credentials', only('A', ['169.254.169.254'])],
    ['mapped', only('AAAA', ['::ffff:127.0.0.1'])],
    ['public and private', only('A', ['8.8.8.8', '192.168.0.1'])],
    ['public in IPv4 and private in IPv6', ({ type }) => (type === 'A' ? ['8.8.8.8'] : ['fe80::1'])],
  ] satisfies [string, (question: Question) => string[]][])('are refused: %s', async (_what, answer) => {
    await expect(check('hooks.example.com', answer)).rejects.toMatchObject({
      code: 'webhook-url-invalid',
      // What DNS says inside is nothing to tell a tenant.
      message: expect.not.stringMatching(/10\.0|fd00|169|127|192|fe80/),
    });
  });

  it('may come later', async () => {
    await expect(check('hooks.example.com', () => null)).resolves.toBeInstanceOf(URL);
    expect(names.questions).toHaveLength(2);
  });

  it('are not waited for where nobody tells them', async () => {
    const before = performance.now();
    await expect(check('hooks.example.com', () => 'silence')).resolves.toBeInstanceOf(URL);
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  it('are those of the policy', async () => {
    const policy = { ...PUBLIC_ONLY, allowCidrs: ['10.0.0.0/8'] };
    await expect(check('hooks.internal', only('A', ['10.0.0.1']), policy)).resolves.toBeInstanceOf(URL);
  });
});
