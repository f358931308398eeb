/** What the parts of the platform bench share: load by clients, and figures of it. */
import { Agent, request } from 'node:http';
import { round } from '../engine/compare.mjs';

/** `clients` callers of `once`, each with one call under way, for `seconds`. Returns ended calls a second. */
export async function keepBusy(clients, seconds, once) {
  const started = performance.now();
  let done = 0;
  const client = async () => {
    while (performance.now() - started < seconds * 1000) {
      await once();
      done++;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return (done * 1000) / (performance.now() - started);
}

/** Throws unless every item of the job has an output. */
export function assertSucceeded(job) {
  if (job.status === 'succeeded' && job.counts.failed === 0) return;
  throw new Error(`job ${job.id}: ${job.status}, ${job.counts.failed} failed items`);
}

/** Of values in any order, `share` in [0, 1). */
export function percentile(values, share) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)];
}

/** Median, lowest and highest. */
export function spreadOf(values, digits = 1) {
  const [median, min, max] = [percentile(values, 0.5), Math.min(...values), Math.max(...values)];
  return { median: round(median, digits), min: round(min, digits), max: round(max, digits) };
}

/** `contenders` by name, each measured once a round, there and back; the first round warms up. Lists by name. */
export async function inRounds(rounds, contenders) {
  const names = Object.keys(contenders);
  const lists = Object.fromEntries(names.map((name) => [name, []]));
  for (let turn = 0; turn <= rounds; turn++) {
    for (const name of turn % 2 ? names.toReversed() : names) {
      const measured = await contenders[name]();
      if (turn > 0) lists[name].push(measured);
    }
  }
  return lists;
}

/**
 * Runs a job to its end, as many at a time as are asked for. By Node's own HTTP client: `fetch` takes three times as
 * much of the machine, which is to go to what is measured.
 */
export function jobRunner({ url, key }) {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    prefer: 'wait=60',
  };
  const run = (body) =>
    new Promise((resolve, reject) => {
      const json = JSON.stringify(body);
      const length = { 'content-length': Buffer.byteLength(json) };
      const sent = request(`${url}/v1/jobs`, { agent, method: 'POST', headers: { ...headers, ...length } });
      sent.on('error', reject);
      sent.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('error', reject);
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => {
          if (response.statusCode === 201) resolve(JSON.parse(text));
          else reject(new Error(`a job was answered with ${response.statusCode}: ${text}`));
        });
      });
      sent.end(json);
    });
  return { run, close: () => agent.destroy() };
}
