import { expect, it } from 'vitest';
import { describeRedis, parseRedisUrl } from './redis-url.js';

it.each([
  ['redis://localhost:6379', { kind: 'server', url: 'redis://localhost:6379' }],
  ['rediss://u:p@h/2', { kind: 'server', url: 'rediss://u:p@h/2' }],
  [
    'redis+sentinel://a:26379,b/mymaster',
    {
      kind: 'sentinel',
      nodes: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 26_379 },
      ],
      tls: false,
      login: {},
      sentinelLogin: {},
      master: 'mymaster',
      db: 0,
    },
  ],
  [
    'rediss+sentinel://me:a%40b@[::1]:1/m/3?sentinel_password=x%26y',
    {
      kind: 'sentinel',
      nodes: [{ host: '::1', port: 1 }],
      tls: true,
      login: { username: 'me', password: 'a@b' },
      sentinelLogin: { password: 'x&y' },
      master: 'm',
      db: 3,
    },
  ],
  [
    'redis+cluster://:secret@n1:7000,n2:7001,n3/',
    {
      kind: 'cluster',
      nodes: [
        { host: 'n1', port: 7_000 },
        { host: 'n2', port: 7_001 },
        { host: 'n3', port: 6_379 },
      ],
      tls: false,
      login: { password: 'secret' },
    },
  ],
])('reads %s', (url, address) => {
  expect(parseRedisUrl(url)).toEqual(address);
});

it.each([
  'localhost:6379',
  'http://localhost',
  'redis+sentinel://a:26379',
  'redis+sentinel:///m',
  'redis+sentinel://a,,b/m',
  'redis+sentinel://a/m?password=x',
  'redis+sentinel://a/m/x',
  'redis+cluster://a/1',
  'redis+cluster://a?b=c',
  'redis+cluster://a:0',
  'redis+cluster://a:70000',
  'redis+cluster://a b',
  'redis+cluster://%:x@a',
  'redis+other://a',
])('refuses %s', (url) => {
  expect(parseRedisUrl(url)).toBeNull();
});

it('names no password', () => {
  for (const url of ['redis://:s3cret@h', 'redis+cluster://:s3cret@h', 'redis+sentinel://:s3cret@h/m']) {
    expect(describeRedis(parseRedisUrl(url)!)).toMatch(/h/);
    expect(describeRedis(parseRedisUrl(url)!)).not.toContain('s3cret');
  }
});
