/** HTTP as the clients of the soak speak it. `fetch` would take three times as much of the machine. */
import { once } from 'node:events';
import { Agent, request } from 'node:http';

const TIMEOUT_MS = 120_000;

export class SoakClient {
  #agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

  constructor(url) {
    this.url = url;
  }

  /** The answer with `status`, `headers` and its body as text; `body` as an object, or as the bytes of the request. */
  async call(key, method, path, { body, headers = {} } = {}) {
    const response = await this.#send(key, method, path, { body, headers });
    let text = '';
    response.setEncoding('utf8');
    for await (const chunk of response) text += chunk;
    return { status: response.statusCode, headers: response.headers, text };
  }

  /** Reads a stream to its end, or hangs up after `chunks` of it. Returns status and what was read. */
  async stream(key, path, { headers = {}, chunks = Number.POSITIVE_INFINITY } = {}) {
    const all = { accept: 'text/event-stream', ...headers };
    const response = await this.#send(key, 'GET', path, { headers: all });
    let text = '';
    let left = chunks;
    response.setEncoding('utf8');
    for await (const chunk of response) {
      text += chunk;
      // Ends the loop, which destroys the connection.
      if (--left <= 0) break;
    }
    return { status: response.statusCode, text };
  }

  /** Sends a request and hangs up `ms` later, whatever has come. */
  async hangUp(key, method, path, { body, headers = {}, ms }) {
    const sent = this.#request(key, method, path, { body, headers });
    sent.on('error', () => undefined);
    sent.on('response', (response) => response.resume());
    const closed = new Promise((resolve) => sent.once('close', resolve));
    const timer = setTimeout(() => sent.destroy(), ms);
    await closed;
    clearTimeout(timer);
  }

  close() {
    this.#agent.destroy();
  }

  async #send(key, method, path, options) {
    const [response] = await once(this.#request(key, method, path, options), 'response');
    return response;
  }

  #request(key, method, path, { body, headers }) {
    const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const sent = request(this.url + path, {
      agent: this.#agent,
      method,
      timeout: TIMEOUT_MS,
      headers: {
        ...(key ? { authorization: `Bearer ${key}` } : {}),
        ...(bytes ? { 'content-type': 'application/json', 'content-length': bytes.length } : {}),
        ...headers,
      },
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    sent.end(bytes);
    return sent;
  }
}
