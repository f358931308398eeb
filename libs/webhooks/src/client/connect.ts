import { once } from 'node:events';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { isAllowed, normalised } from '../guard/addresses.js';
import type { UrlPolicy } from '../guard/policy.js';
import { BlockedAddressError } from '../guard/resolve.js';
import { AttemptFailure } from './failure.js';

/** How long one address of several is tried alone; Node's 250 ms are less than a far host takes. */
const NEXT_ADDRESS_AFTER_MS = 2000;

/**
 * A TCP connection to one of `addresses`, which were checked, whatever DNS says by now. The address that answers is
 * checked again. Throws AttemptFailure when none answers or `signal` aborts, BlockedAddressError when another one does.
 */
export async function connectTo(
  host: string,
  port: number,
  addresses: readonly string[],
  policy: UrlPolicy,
  signal: AbortSignal,
): Promise<Socket> {
  const pinned: LookupFunction = (_host, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: isIP(address) })),
    );
  const socket = connect({
    host,
    port,
    lookup: pinned,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER_MS,
    noDelay: true,
  });
  // Errors between two waits are seen by the next one; without a listener they would end the process.
  socket.on('error', () => {});
  try {
    await once(socket, 'connect', { signal });
    const peer = socket.remoteAddress === undefined ? null : normalised(socket.remoteAddress);
    if (peer === null) throw new Error('the connection was gone at once');
    if (!addresses.includes(peer) || !isAllowed(peer, policy)) throw new BlockedAddressError(host, peer);
    return socket;
  } catch (error) {
    socket.destroy();
    if (error instanceof BlockedAddressError) throw error;
    throw new AttemptFailure('connect-failed', error);
  }
}

/**
 * TLS over a connection: the certificate has to be the host's, by an authority that is trusted. Throws AttemptFailure.
 */
export async function secure(
  socket: Socket,
  host: string,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  const secured = connectTls({
    socket,
    host,
    // An address is no server name (RFC 6066).
    ...(isIP(host) ? {} : { servername: host }),
    ...(ca === undefined ? {} : { ca }),
    ALPNProtocols: ['http/1.1'],
    // Also where the environment says otherwise (NODE_TLS_REJECT_UNAUTHORIZED).
    rejectUnauthorized: true,
  });
  secured.on('error', () => {});
  try {
    await once(secured, 'secureConnect', { signal });
    return secured;
  } catch (error) {
    secured.destroy();
    throw new AttemptFailure(isBroken(error) ? 'connect-failed' : 'tls-error', error);
  }
}

/** Whether a connection ended, rather than the two ends not agreeing on TLS. */
function isBroken(error: unknown): boolean {
  return BROKEN.has((error as NodeJS.ErrnoException).code ?? '');
}
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']);
