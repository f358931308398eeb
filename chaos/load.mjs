/** Clients that submit, wait, cancel and pry, and write down what they are told. */
import { setTimeout as sleep } from 'node:timers/promises';

const MODEL = 'sentiment';
/** Longest that a client waits for an answer before the request counts as unanswered. */
const PATIENCE_MS = 20_000;
/** Between two tries of what was refused or not answered. */
const RETRY_MS = 100;
/** Longest pause of a client between two jobs: 64 of them make some tens of jobs a second, far below saturation. */
const PAUSE_MS = 2_000;
const PRIORITIES = ['high', 'normal', 'low'];
/** One of so many jobs is canceled; one of so many is waited for; one of so many is asked for by a stranger. */
const CANCELED = 16;
const WAITED = 4;
const PRIED = 32;

export class Load {
  #stopping = false;
  #clients = [];
  #number = 0;

  /** `texts` are what is submitted, with one of the `priorities`; `stranger` is a key of another tenant. */
  constructor({ url, key, stranger, ledger, random, texts, prefix, priorities = PRIORITIES }) {
    Object.assign(this, { url, key, stranger, ledger, random, texts, prefix, priorities });
  }

  start(clients) {
    for (let i = 0; i < clients; i++) this.#clients.push(this.#client());
  }

  /** Returns when every client has its last answer. */
  async stop() {
    this.#stopping = true;
    await Promise.all(this.#clients);
  }

  /** `count` jobs from `clients` at once, none of them waited for; fewer when the load ends before. */
  async submitMany(count, clients = 16) {
    let left = count;
    await this.submitWhile(() => left-- > 0, clients);
  }

  /** Submits jobs as long as they are wanted. */
  async submitWhile(isWanted, clients = 16) {
    const client = async () => {
      while (!this.#stopping && isWanted()) await this.#submitSurely({});
    };
    await Promise.all(Array.from({ length: clients }, client));
  }

  /** One request: its status, body and headers, or null where no answer came. */
  async call(method, path, { body, headers = {}, key = this.key } = {}) {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    try {
      const response = await fetch(this.url + path, {
        method,
        headers: { authorization: `Bearer ${key}`, ...type, ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      // Ahead of the body: an error page that is no JSON is an answer too.
      this.ledger.answered(response.status, response.headers, `${method} ${path.split('?')[0]}`);
      return { status: response.status, json: await response.json(), headers: response.headers };
    } catch {
      // Refused, reset, cut in the middle, or too slow: all a client knows is that it does not know.
      return null;
    }
  }

  /** Whether a job that is submitted now is answered within seconds. */
  async isServing() {
    const body = { model: MODEL, inputs: ['is anybody there?'], priority: 'high' };
    const answer = await this.call('POST', '/v1/jobs', { body, headers: { prefer: 'wait=5' } });
    return answer?.json.status === 'succeeded';
  }

  async #client() {
    while (!this.#stopping) {
      const waits = this.random.chance(WAITED);
      const job = await this.#submitSurely(waits ? { prefer: 'wait=5' } : {});
      if (!job) continue;
      if (this.random.chance(CANCELED)) {
        this.ledger.canceled.add(job.id);
        await this.call('POST', `/v1/jobs/${job.id}/cancel`, { body: {} });
      }
      if (this.random.chance(PRIED)) await this.#pry(job.id);
      await sleep(this.random.below(PAUSE_MS));
    }
  }

  /** The same job under one key until it is accepted: what a careful client does. Null when the load ends before. */
  async #submitSurely(headers) {
    const key = `${this.prefix}-${this.#number++}`;
    const text = this.random.below(this.texts.length);
    const request = {
      body: {
        model: MODEL,
        inputs: [this.texts[text]],
        priority: this.random.pick(this.priorities),
      },
      headers: { ...headers, 'idempotency-key': key },
    };
    for (;;) {
      const answer = await this.call('POST', '/v1/jobs', request);
      // A lost answer to a COMMIT is a 503 too.
      if (answer === null || answer.status === 503) this.ledger.ambiguous.add(key);
      else if (answer.status === 201 || answer.status === 202) {
        this.ledger.accept(key, text, answer.json.id);
        return answer.json;
      } else if (answer.status < 500 && answer.status !== 429 && answer.status !== 409) {
        this.ledger.violations.push(
          `a good job was refused: ${answer.status} ${JSON.stringify(answer.json)}`,
        );
        return null;
      }
      if (this.#stopping) return null;
      const asked = answer?.status === 429 ? 1_000 * Number(answer.headers.get('retry-after')) : 0;
      // Who is sent away together does not come back together.
      await sleep(Math.max(RETRY_MS, asked + this.random.below(asked + 1)));
    }
  }

  /** Another tenant must see nothing of the job, and change nothing. */
  async #pry(id) {
    for (const [method, path, body] of [
      ['GET', `/v1/jobs/${id}`],
      ['POST', `/v1/jobs/${id}/cancel`, {}],
    ]) {
      const answer = await this.call(method, path, { key: this.stranger, body });
      if (answer && answer.status !== 404 && answer.status !== 503) {
        this.ledger.violations.push(`I5: a stranger's ${method} ${path} was answered ${answer.status}`);
      }
    }
  }
}
