/** A receiver of webhooks that notes down what it was sent. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { verify } from '@heddle/webhooks';

/**
 * Starts one and subscribes it to the ends of the jobs of `client`'s tenant. `answer(response, request, attempt)` answers the
 * attempt of that number at an event; `received` has all attempts by `webhook-id`.
 */
export async function subscribeReceiver(client, answer = (response) => response.writeHead(204).end()) {
  const received = new Map();
  const secrets = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const id = request.headers['webhook-id'];
      const attempts = received.get(id) ?? [];
      const body = Buffer.concat(chunks);
      const at = Date.now();
      const signedBy = secrets.flatMap((secret, i) => (isGood(body, request.headers, secret) ? [i] : []));
      const timestamp = Number(request.headers['webhook-timestamp']);
      attempts.push({ body: body.toString(), at, timestamp, signedBy });
      received.set(id, attempts);
      answer(response, request, attempts.length);
    });
    request.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${server.address().port}/`;
  const events = ['job.succeeded', 'job.failed', 'job.canceled', 'job.expired'];
  const { id, secret } = await client.request('POST', '/v1/webhooks', { url, events });
  secrets.push(secret);
  return {
    id,
    url,
    received,
    secrets,
    since: new Date(),
    isSigned: ({ signedBy }) => signedBy.length > 0,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function isGood(body, headers, secret) {
  try {
    verify(body, headers, secret);
    return true;
  } catch {
    return false;
  }
}
