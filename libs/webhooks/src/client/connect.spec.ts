import { afterEach, describe, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../test/receivers.js';
import type { UrlPolicy } from '../guard/policy.js';
import { BlockedAddressError } from '../guard/resolve.js';
import { connectTo } from './connect.js';

const PRIVATE: UrlPolicy = { allowHttp: true, allowPrivate: true, allowCidrs: [] };

describe('a connection', () => {
  let at: Receiver;
  afterEach(() => at.close());

  const connect = async (host: string, addresses: string[], policy: UrlPolicy) => {
    at = await startReceiver((_req, res) => void res.end());
    const socket = await connectTo(host, at.port, addresses, policy, AbortSignal.timeout(5000));
    const peer = socket.remoteAddress;
    socket.destroy();
    return peer;
  };

  it('is made to the addresses given, not to those of the name', async () => {
    await expect(connect('hooks.example.com', ['127.0.0.1'], PRIVATE)).resolves.toBe('127.0.0.1');
  });

  it('is given up when what answers is not one of the addresses', async () => {
    // Node asks no lookup of a host that is an address.
    await expect(connect('127.0.0.1', ['127.0.0.2'], PRIVATE)).rejects.toThrow(BlockedAddressError);
  });

  it('is given up when what answers may not be called', async () => {
    const connected = connect('hooks.example.com', ['127.0.0.1'], { ...PRIVATE, allowPrivate: false });
    await expect(connected).rejects.toThrow(BlockedAddressError);
  });
});
