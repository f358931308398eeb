import ipaddr from 'ipaddr.js';
import type { UrlPolicy } from './policy.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Whether an IP address may be called: public unicast ones, those of `allowCidrs`, and with `allowPrivate` the private
 * ones. Link-local, multicast and reserved addresses, and those where clouds keep credentials, only by `allowCidrs`.
 *
 * @param text as `socket.remoteAddress`, DNS and `URL` write it: no octal or short forms
 */
export function isAllowed(text: string, policy: UrlPolicy): boolean {
  const address = parse(text);
  const networks = policy.allowCidrs.map((cidr) => ipaddr.parseCIDR(cidr));
  const translated = behindNat64(address);
  const allowed = (each: Address | null) =>
    each !== null && networks.some((network) => isInside(each, network));
  return allowed(address) || allowed(translated) || isOpen(translated ?? address, policy.allowPrivate);
}

/** In one form: IPv4-mapped addresses as the IPv4 address that is connected to, IPv6 ones shortened. */
export function normalised(address: string): string {
  return parse(address).toString();
}

/** ipaddr.js takes the IPv4-compatible `::8.8.8.8` for the mapped `::ffff:8.8.8.8`, but not when it begins with a 0. */
function parse(text: string): Address {
  return ipaddr.process(/^::\d+\./.test(text) ? `0${text}` : text);
}

/** Ranges of ipaddr.js that `allowPrivate` opens. */
const PRIVATE: ReadonlySet<string> = new Set(['loopback', 'private', 'uniqueLocal', 'carrierGradeNat']);

/** Where clouds answer machines about themselves, with addresses that are public or private by their range. */
const METADATA = ['168.63.129.16/32', '100.100.100.200/32', 'fd00:ec2::/32', 'fd20:ce::/32'].map((cidr) =>
  ipaddr.parseCIDR(cidr),
);

/** All that is given to anybody in IPv6; what lies beside it is special or not given out. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');
/** A host without IPv4 gets the addresses of those without IPv6 in this prefix, the IPv4 address last (RFC 6052). */
const NAT64 = ipaddr.parseCIDR('64:ff9b::/96');

function isOpen(address: Address, allowPrivate: boolean): boolean {
  if (METADATA.some((network) => isInside(address, network))) return false;
  const range = address.range();
  if (PRIVATE.has(range)) return allowPrivate;
  return range === 'unicast' && (address.kind() === 'ipv4' || isInside(address, GLOBAL_UNICAST));
}

function behindNat64(address: Address): Address | null {
  return isInside(address, NAT64) ? ipaddr.fromByteArray(address.toByteArray().slice(-4)) : null;
}

function isInside(address: Address, [network, bits]: [Address, number]): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}
