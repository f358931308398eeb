/** Clients that take turns at a steady rate, and count what came of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '@heddle/testing';
import { SoakClient } from './client.mjs';
import { TURNS } from './turns.mjs';

const CLIENTS = 16;
/** Surprises that are kept word for word; the rest is counted. */
const KEPT = 20;
const LOT = Object.entries(TURNS).flatMap(([name, { weight }]) => Array(weight).fill(name));

export class SoakLoad {
  /** Turns by name. */
  turns = {};
  surprises = { count: 0, first: [] };
  #client;
  #keys;
  #running = [];
  #stopping = false;

  /** Its clients speak for these keys in turn, each of a tenant. */
  constructor(url, keys) {
    this.#client = new SoakClient(url);
    this.#keys = keys;
  }

  get taken() {
    return Object.values(this.turns).reduce((sum, count) => sum + count, 0);
  }

  /** Begins; `rate` turns a second of all clients together, as many as they manage where it is infinite. */
  start(rate) {
    this.#stopping = false;
    const periodMs = (CLIENTS * 1000) / rate;
    this.#running = Array.from({ length: CLIENTS }, (_, i) => this.#run(i, periodMs));
  }

  /** Returns when the last turn is over. */
  async stop() {
    this.#stopping = true;
    await Promise.all(this.#running);
  }

  close() {
    this.#client.close();
  }

  async #run(number, periodMs) {
    const random = new Random(number + 1);
    await sleep((random.below(1000) * periodMs) / 1000);
    while (!this.#stopping) {
      const started = performance.now();
      const name = random.pick(LOT);
      const key = this.#keys[number % this.#keys.length];
      await TURNS[name]
        .run({ client: this.#client, key, random })
        .catch((error) => this.#wonder(name, error));
      this.turns[name] = (this.turns[name] ?? 0) + 1;
      // What was missed while a turn took long is not made up for: a backlog would not be a steady load.
      await sleep(Math.max(0, started + periodMs - performance.now()));
    }
  }

  #wonder(name, error) {
    this.surprises.count++;
    if (this.surprises.first.length < KEPT) this.surprises.first.push(`${name}: ${error.message}`);
  }
}
