import { isIP } from 'node:net';
import { HeddleError } from '@heddle/contracts';
import { isAllowed } from './addresses.js';
import type { UrlPolicy } from './policy.js';
import { isAllowedPort, PORTS_HELP } from './ports.js';
import {
  addressesOf,
  BlockedAddressError,
  DnsError,
  isLocalhost,
  LOOPBACK,
  type ResolveOptions,
} from './resolve.js';

const MAX_LENGTH = 2048;
const MAX_NAME = 253;
const LABEL = /^[^.]{1,63}$/;
/** Parsers of URLs disagree about these, or drop them. */
const CONFUSING = /[\s\p{Cc}\\]/u;
/** A name server that is silent may keep a request waiting for no longer: each attempt looks again. */
const CHECK_TIMEOUT_MS = 800;
/** Also before nothing: `https://@example.com`. */
const USER = /^[^:/?#]*:\/*[^/?#]*@/;

/**
 * The URL of a webhook in normal form, checked as far as its text says: scheme, parts, length, port, and the address if
 * it names one in any notation. No DNS. Throws `webhook-url-invalid` that says what is wrong and what is allowed.
 */
export function parseWebhookUrl(text: string, policy: UrlPolicy): URL {
  if (text.length > MAX_LENGTH)
    throw refused(`has ${text.length} characters, but at most ${MAX_LENGTH} are allowed`);
  if (CONFUSING.test(text))
    throw refused('has white space, a control character or a backslash: write them as %20 and so on');
  const url = URL.canParse(text) ? new URL(text) : null;
  const schemes = policy.allowHttp ? ['https:', 'http:'] : ['https:'];
  if (!url) throw refused(`is no URL: it has to be like ${schemes[0]}//hooks.example.com/path`);
  if (!schemes.includes(url.protocol))
    throw refused(`begins with ${url.protocol}, but only ${schemes.join(' and ')} ${allowedNow(policy)}`);
  if (url.username || url.password || USER.test(text))
    throw refused('has a user name or password: it may have none');
  if (text.includes('#')) throw refused('has a fragment (#): it may have none');
  withoutTrailingDot(url);
  if (url.port && !isAllowedPort(Number(url.port)))
    throw refused(`names port ${url.port}: it may name ${PORTS_HELP}`);
  if (!mayBeCalled(hostOf(url), policy)) throw notPublic();
  if (url.href.length > MAX_LENGTH)
    throw refused(`has ${url.href.length} characters in normal form, but at most ${MAX_LENGTH} are allowed`);
  return url;
}

/**
 * The same, and every address that the name has now. DNS that fails, or says nothing within 0.8 s, is no error here, for the host may come later; an
 * address that is not allowed is, also beside others that are.
 */
export async function checkWebhookUrl(
  text: string,
  policy: UrlPolicy,
  options: ResolveOptions = {},
): Promise<URL> {
  const url = parseWebhookUrl(text, policy);
  const deadline = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  try {
    await addressesOf(hostOf(url), policy, deadline, options);
  } catch (error) {
    if (error instanceof BlockedAddressError) throw notPublic();
    if (!(error instanceof DnsError) && error !== deadline.reason) throw error;
  }
  return url;
}

/** Name or address of a URL, without the brackets of IPv6. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function mayBeCalled(host: string, policy: UrlPolicy): boolean {
  if (isIP(host)) return isAllowed(host, policy);
  return !isLocalhost(host) || LOOPBACK.some((address) => isAllowed(address, policy));
}

/** `example.com.` is `example.com`, but no certificate says so. */
function withoutTrailingDot(url: URL): void {
  if (url.hostname.endsWith('.')) url.hostname = url.hostname.slice(0, -1);
  const labels = hostOf(url).split('.');
  if (url.hostname.length > MAX_NAME || !labels.every((label) => LABEL.test(label)))
    throw refused('has a host that is no name: parts of 1 to 63 characters, 253 in all');
}

function allowedNow(policy: UrlPolicy): string {
  return policy.allowHttp ? 'are allowed' : 'is allowed (http: with HEDDLE_WEBHOOK_ALLOW_HTTP=true)';
}

function notPublic(): HeddleError {
  return refused(
    'leads to an address that is not public: every address of its host must be, or be allowed by HEDDLE_WEBHOOK_ALLOW_CIDRS',
  );
}

function refused(why: string): HeddleError {
  return new HeddleError('webhook-url-invalid', `The URL ${why}.`);
}
