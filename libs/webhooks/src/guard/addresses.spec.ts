import { describe, expect, it } from 'vitest';
import { isAllowed, normalised } from './addresses.js';
import type { UrlPolicy } from './policy.js';

const PUBLIC_ONLY: UrlPolicy = { allowHttp: false, allowPrivate: false, allowCidrs: [] };
const allowed = (address: string, policy: Partial<UrlPolicy> = {}) =>
  isAllowed(address, { ...PUBLIC_ONLY, ...policy });

/** IANA's registries of special-purpose addresses, first and last of each, and what is not given out. */
const SPECIAL = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.31.196.0', '192.31.196.255'],
  ['192.52.193.0', '192.52.193.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['192.175.48.0', '192.175.48.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '255.255.255.255'],
  ['::', '::ffff:ffff'],
  ['::1:0:0:0', '64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ['100::', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['2620:4f:8000::', '2620:4f:8000:ffff:ffff:ffff:ffff:ffff'],
  ['3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['4000::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
];

const CLOUDS = ['169.254.169.254', '168.63.129.16', '100.100.100.200', 'fd00:ec2::254', 'fd20:ce::254'];

const PUBLIC = [
  ...[
    '1.0.0.0',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
  ],
  ...['169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.0.1.0', '192.167.255.255'],
  ...['192.169.0.0', '198.17.255.255', '198.20.0.0', '223.255.255.255'],
  ...['2000::', '2001:200::', '2001:4860:4860::8888', '2003::', '2606:4700::1111', '3ffe::1'],
];

describe('addresses', () => {
  it.each(SPECIAL)('from %s to %s are not public', (first, last) => {
    expect([allowed(first!), allowed(last!)]).toEqual([false, false]);
  });

  it.each(PUBLIC)('%s is public', (address) => {
    expect(allowed(address)).toBe(true);
  });

  it.each(CLOUDS)('%s, where a cloud keeps credentials, is opened by its network alone', (address) => {
    expect(allowed(address, { allowPrivate: true })).toBe(false);
    expect(allowed(address, { allowCidrs: [`${address}/${address.includes(':') ? 128 : 32}`] })).toBe(true);
  });

  it('in IPv6 are those of IPv4 they lead to', () => {
    expect(normalised('::ffff:127.0.0.1')).toBe('127.0.0.1');
    for (const prefix of ['::ffff:', '64:ff9b::']) {
      expect(allowed(`${prefix}10.0.0.1`)).toBe(false);
      expect(allowed(`${prefix}8.8.8.8`)).toBe(true);
      expect(allowed(`${prefix}10.0.0.1`, { allowCidrs: ['10.0.0.0/8'] })).toBe(true);
    }
    for (const tunnel of ['2002:808:808::1', '2001:0:808:808::f7f7:f7f7', '::8.8.8.8', '64:ff9b:1::808:808'])
      expect(allowed(tunnel)).toBe(false);
  });

  it('are allowed by networks, and no others then', () => {
    const policy = { allowCidrs: ['10.20.0.0/16', '169.254.7.7/32', 'fd00:20::/32'] };
    for (const address of ['10.20.0.0', '10.20.255.255', '169.254.7.7', 'fd00:20::1', '8.8.8.8'])
      expect(allowed(address, policy)).toBe(true);
    for (const address of ['10.21.0.0', '169.254.7.8', 'fd00:21::1', '127.0.0.1', '::1'])
      expect(allowed(address, policy)).toBe(false);
  });

  it('are allowed for development, but not where credentials or everybody are', () => {
    for (const address of [
      '127.0.0.1',
      '::1',
      '10.1.2.3',
      '172.16.0.1',
      '192.168.1.1',
      '100.64.0.1',
      'fd12::1',
    ])
      expect(allowed(address, { allowPrivate: true })).toBe(true);
    const never = [
      '169.254.169.254',
      '168.63.129.16',
      '100.100.100.200',
      'fd00:ec2::254',
      'fe80::1',
      '0.0.0.0',
    ];
    for (const address of [...never, '::', '224.0.0.1', 'ff02::1', '255.255.255.255', '192.0.2.1'])
      expect(allowed(address, { allowPrivate: true })).toBe(false);
    expect(allowed('168.63.129.16')).toBe(false);
  });
});
