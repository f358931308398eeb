import { isIPv6 } from 'node:net';
import { KEY_PREFIX_LENGTH } from '@heddle/contracts';
import { RateLimiter } from '../http/rate-limit.js';

/** Failed attempts a minute: of one address, and with keys of one beginning, from wherever they come. Each process counts for itself. */
const MAX_FAILURES_OF_ADDRESS = 10;
const MAX_FAILURES_OF_PREFIX = 20;

const refusal = () => 'Too many attempts to sign in have failed.';

/** Bounds how often keys may be guessed. An attempt counts before it is made, so that many at a time are no way around it. */
export class SignInLimits {
  private readonly addresses = new RateLimiter(refusal);
  private readonly prefixes = new RateLimiter(refusal);

  /** Counts an attempt; what comes back takes that back, for one that succeeds. Throws `rate-limited`. */
  take(address: string, key: string): () => void {
    const network = networkOf(address);
    const prefix = key.slice(0, KEY_PREFIX_LENGTH);
    const ofAddress = this.addresses.take(network, MAX_FAILURES_OF_ADDRESS).exceeded;
    if (ofAddress) throw ofAddress;
    const ofPrefix = this.prefixes.take(prefix, MAX_FAILURES_OF_PREFIX).exceeded;
    if (ofPrefix) throw ofPrefix;
    return () => {
      this.addresses.giveBack(network);
      this.prefixes.giveBack(prefix);
    };
  }
}

/** Of IPv6, the 64 bits that a household or a machine has to itself; IPv4 as it is, in whichever form. */
function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('%')[0]!.split('::');
  const groups = head.split(':').filter(Boolean);
  const rest = (tail ?? '').split(':').filter(Boolean);
  const zeros = tail === undefined ? 0 : 8 - groups.length - rest.length;
  const all = [...groups, ...Array<string>(Math.max(0, zeros)).fill('0'), ...rest];
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
