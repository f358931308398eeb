import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { isAllowed, normalised } from './addresses.js';
import type { UrlPolicy } from './policy.js';

export interface ResolveOptions {
  /** Name servers to ask instead of the system's, such as `127.0.0.1:5353`. */
  dnsServers?: readonly string[];
  /** Names of this machine; `/etc/hosts`. */
  hostsFile?: string;
}

/** A host has an address that the policy does not allow. The message is for logs: it tells what DNS said. */
export class BlockedAddressError extends Error {
  constructor(host: string, address: string) {
    super(`${host} is ${address}, which may not be called`);
    this.name = 'BlockedAddressError';
  }
}

/** No address of a host was found: the cause has the code of `node:dns`, or of the file system. */
export class DnsError extends Error {
  constructor(host: string, cause: unknown) {
    super(`no address of ${host}`, { cause });
    this.name = 'DnsError';
  }
}

export const LOOPBACK = ['127.0.0.1', '::1'];

/**
 * All addresses of a host, IPv4 first, each allowed by the policy; else BlockedAddressError. Throws DnsError when there
 * are none, and the reason of `signal` when that aborts.
 *
 * Not `dns.lookup`: that waits in one of the process's few threads, which names of a dead server would fill.
 */
export async function addressesOf(
  host: string,
  policy: UrlPolicy,
  signal: AbortSignal,
  options: ResolveOptions = {},
): Promise<string[]> {
  if (isLocalhost(host)) {
    const allowed = LOOPBACK.filter((address) => isAllowed(address, policy));
    if (allowed.length === 0) throw new BlockedAddressError(host, LOOPBACK[0]!);
    return allowed;
  }
  const found = isIP(host)
    ? [host]
    : ((await inHostsFile(host, options)) ?? (await inDns(host, signal, options)));
  const addresses = [...new Set(found.map(normalised))];
  const blocked = addresses.find((address) => !isAllowed(address, policy));
  if (blocked !== undefined) throw new BlockedAddressError(host, blocked);
  return addresses.sort((a, b) => isIP(a) - isIP(b));
}

/** RFC 6761: such names are this machine, whatever DNS says. */
export function isLocalhost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

/** Two tries of each family end well before the exchange does, so that the cause is known. */
const DNS_TIMEOUT_MS = 2500;
const DNS_TRIES = 2;

async function inDns(host: string, signal: AbortSignal, { dnsServers }: ResolveOptions): Promise<string[]> {
  signal.throwIfAborted();
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES });
  if (dnsServers) resolver.setServers(dnsServers);
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (addresses.length > 0) return addresses;
    signal.throwIfAborted();
    throw new DnsError(host, answers.find((answer) => answer.status === 'rejected')?.reason);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** Names of the machine's own file, which a resolver of DNS does not read; null when it is not there. */
async function inHostsFile(host: string, { hostsFile }: ResolveOptions): Promise<string[] | null> {
  const text = await readFile(hostsFile ?? '/etc/hosts', 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    // Too many open files, for one: DNS must not be asked for a name that the file may have.
    throw new DnsError(host, error);
  });
  const found = text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter(([address = '', ...names]) => isIP(address) && names.some((name) => name.toLowerCase() === host))
    .map(([address]) => address!);
  return found.length > 0 ? found : null;
}
