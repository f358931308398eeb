import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
  request as sendRequest,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ClientOptions } from '@heddle/client';

/**
 * What a request meets on its way: the connection is cut before it arrives (`cut`) or after it was answered (`lose`), nothing
 * is answered (`hang`), no wait is granted (`no-wait`), the answer ends after so many bytes of its body, or something between answers by itself.
 */
export type Fault =
  | 'cut'
  | 'lose'
  | 'hang'
  | 'no-wait'
  | { bytes: number }
  | { status: number; headers?: Record<string, string>; body?: string };

interface SeenRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
}

export interface Wire {
  url: string;
  /** Every request so far, those that met a fault too. */
  seen: SeenRequest[];
  /** What the next requests meet, one each; those after them pass. */
  faults: Fault[];
  /** Requests whose answers have not ended. */
  open(): number;
  close(): void;
}

/** A way to a server that can fail. */
export async function openWire(target: string): Promise<Wire> {
  const seen: SeenRequest[] = [];
  const faults: Fault[] = [];
  let open = 0;
  const server = createServer((near, response) => {
    open++;
    response.on('close', () => open--);
    seen.push({ method: near.method!, path: near.url!, headers: near.headers });
    pass(target, near, response, faults.shift()).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    faults,
    open: () => open,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function pass(
  target: string,
  near: IncomingMessage,
  response: ServerResponse,
  fault: Fault | undefined,
): Promise<void> {
  if (fault === 'hang') return;
  if (fault === 'cut') return void near.destroy();
  if (typeof fault === 'object' && 'status' in fault) {
    near.resume();
    response.writeHead(fault.status, fault.headers).end(fault.body);
    return;
  }
  const { method, headers } = near;
  const far = sendRequest(new URL(near.url!, target), {
    method: method!,
    headers: { ...headers, connection: 'close', ...(fault === 'no-wait' ? { prefer: '' } : {}) },
  });
  response.on('close', () => far.destroy());
  near.pipe(far);
  const [answer] = (await once(far, 'response')) as [IncomingMessage];
  if (fault === 'lose') {
    for await (const _ of answer);
    return void response.destroy();
  }
  response.writeHead(answer.statusCode!, answer.headers);
  let left = typeof fault === 'object' ? fault.bytes : Number.POSITIVE_INFINITY;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    response.write(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) {
      // What was written gets out first.
      response.write('', () => response.destroy());
      return;
    }
  }
  response.end();
}

/** Options of a client of that api. */
export function clientOptions(api: { url: string; key: string }, url = api.url): ClientOptions {
  return { baseUrl: url, apiKey: api.key };
}
