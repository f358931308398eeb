/** What a client of the soak does in one turn, all of it what clients do every day, good and bad. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Inputs and results of every job are erased a minute after its end, so that erasing is part of the soak. */
const RESULT_TTL_S = 60;
const WORDS =
  'the film was good bad long and short Paris moved with Zoë to a new house it did not say why'.split(' ');
const MODELS = ['sentiment', 'topic', 'ner', 'nli'];
const MOST_WORDS = 120;
const MOST_INPUTS = 6;

/** By name, with how often it comes. Each takes `{client, key, random}` and throws at an answer that is not as it must be. */
export const TURNS = {
  'submit and wait': { weight: 40, run: submitAndWait },
  'submit, look later': { weight: 20, run: submitAndLook },
  'stream of events': { weight: 6, run: stream },
  'stream, hung up': { weight: 2, run: hangUpStream },
  'wait, hung up': { weight: 2, run: hangUpWait },
  cancel: { weight: 5, run: cancel },
  'submit twice under one key': { weight: 4, run: replay },
  'lists of jobs': { weight: 5, run: list },
  tokenize: { weight: 8, run: tokenize },
  'small objects': { weight: 4, run: smallObjects },
  'keys made and taken back': { weight: 1, run: keys },
  'bad requests': { weight: 10, run: bad },
};

async function submitAndWait(turn) {
  const body = bodyOf(turn.random);
  const { job } = await submit(turn, body, { prefer: 'wait=60' });
  // A wait may run out where the machine is slow: the client looks again.
  await endOf(turn, job);
}

async function submitAndLook(turn) {
  const { job } = await submit(turn, bodyOf(turn.random));
  await sleep(turn.random.below(200));
  expect(await get(turn, `/v1/jobs/${job.id}?include=none`), 200);
  await endOf(turn, job);
}

async function stream(turn) {
  const { job } = await submit(turn, bodyOf(turn.random));
  if (turn.random.chance(2)) {
    const read = await turn.client.stream(turn.key, job.urls.events);
    if (!read.text.includes('event: done')) throw new Error(`a stream ended without "done": ${read.text}`);
    return;
  }
  const found = jsonOf(expect(await get(turn, `/v1/jobs/${job.id}?include=stream_token`), 200));
  const read = await turn.client.stream(null, found.urls.events);
  if (!read.text.includes('event: done'))
    throw new Error(`a stream by token ended without "done": ${read.text}`);
}

async function hangUpStream(turn) {
  const { job } = await submit(turn, bodyOf(turn.random));
  await turn.client.stream(turn.key, job.urls.events, { chunks: 1 });
}

async function hangUpWait({ client, key, random }) {
  const request = { body: bodyOf(random), headers: { prefer: 'wait=60' }, ms: random.below(10) };
  await client.hangUp(key, 'POST', '/v1/jobs', request);
}

async function cancel(turn) {
  const { job } = await submit(turn, { ...bodyOf(turn.random), priority: 'low' });
  expect(await turn.client.call(turn.key, 'POST', `/v1/jobs/${job.id}/cancel`), 200);
}

async function replay(turn) {
  const body = bodyOf(turn.random);
  const headers = { 'idempotency-key': `soak-${turn.random.below(2 ** 31)}-${performance.now()}` };
  const first = await submit(turn, body, headers);
  const second = await submit(turn, body, headers);
  if (first.job.id !== second.job.id) throw new Error('two jobs under one Idempotency-Key');
}

async function list(turn) {
  const filter = turn.random.pick(['', '&status=succeeded', '&model=ner', '&status=canceled&status=failed']);
  const page = jsonOf(expect(await get(turn, `/v1/jobs?limit=20${filter}`), 200));
  if (!page.next_cursor) return;
  expect(await get(turn, `/v1/jobs?limit=20${filter}&cursor=${encodeURIComponent(page.next_cursor)}`), 200);
}

async function tokenize({ client, key, random }) {
  const body = { model: random.pick(MODELS), inputs: textsOf(random) };
  expect(await client.call(key, 'POST', '/v1/tokenize', { body }), 200);
}

async function smallObjects(turn) {
  const paths = [
    '/v1/me',
    '/v1/limits',
    '/v1/models',
    '/v1/models/sentiment/versions',
    '/v1/queues',
    '/healthz',
  ];
  const path = turn.random.chance(20) ? '/openapi.json' : turn.random.pick(paths);
  expect(await get(turn, path), 200);
}

async function keys({ client, key }) {
  const body = { name: 'for a moment', scopes: ['infer'] };
  const made = jsonOf(expect(await client.call(key, 'POST', '/v1/keys', { body }), 201));
  expect(await client.call(made.secret, 'GET', '/v1/me'), 200);
  expect(await client.call(key, 'DELETE', `/v1/keys/${made.id}`), 204);
}

async function bad({ client, key, random }) {
  const post =
    (body, status, from = key) =>
    async () =>
      expect(await client.call(from, 'POST', '/v1/jobs', { body }), status);
  const good = bodyOf(random);
  const secret = `hdl_${Array.from({ length: 36 }, () => random.pick('abcdefgh01234567'.split(''))).join('')}`;
  await random.pick([
    post(Buffer.from('{"model": '), 400),
    post({ ...good, colour: 'blue' }, 422),
    post({ ...good, inputs: [] }, 422),
    post({ ...good, inputs: ['a\u0000b'] }, 422),
    post({ ...good, inputs: ['word '.repeat(45_000)] }, 422),
    post({ ...good, model: `no-such-${random.below(1_000_000)}` }, 404),
    post(good, 401, secret),
    async () => expect(await client.call(key, 'GET', `/v1/jobs/job_${'0'.repeat(26)}`), 404),
    async () => expect(await client.call(key, 'PUT', '/v1/jobs', { body: good }), 405),
    async () => expect(await client.call(key, 'GET', `/nowhere/${random.below(1_000_000)}`), 404),
    async () => expect(await client.call(key, 'GET', '/v1/jobs?cursor=made-up'), 400),
  ])();
}

async function submit({ client, key }, body, headers) {
  const answer = expect(await client.call(key, 'POST', '/v1/jobs', { body, headers }), 201, 202);
  return { job: jsonOf(answer) };
}

async function endOf({ client, key }, job) {
  let { status } = job;
  while (status === 'queued' || status === 'running') {
    const headers = { prefer: 'wait=60' };
    const answer = await client.call(key, 'GET', `/v1/jobs/${job.id}?include=output`, { headers });
    status = jsonOf(expect(answer, 200)).status;
  }
  if (status !== 'succeeded') throw new Error(`a good job ended ${status}`);
}

function get({ client, key }, path) {
  return client.call(key, 'GET', path);
}

function bodyOf(random) {
  const model = random.pick(MODELS);
  const body = { model, inputs: textsOf(random), result_ttl_s: RESULT_TTL_S };
  if (model !== 'nli') return body;
  const parameters = { candidate_labels: ['film', 'travel', 'house'].slice(0, 2 + random.below(2)) };
  return { ...body, task: 'zero-shot-classification', parameters };
}

function textsOf(random) {
  // Most are short, and one in eight is of any length.
  const words = random.chance(8) ? MOST_WORDS : 16;
  const text = () => Array.from({ length: 1 + random.below(words) }, () => random.pick(WORDS)).join(' ');
  return Array.from({ length: random.chance(4) ? 1 + random.below(MOST_INPUTS) : 1 }, text);
}

function expect(answer, ...statuses) {
  if (statuses.includes(answer.status)) return answer;
  throw new Error(`${answer.status} instead of ${statuses.join(' or ')}: ${answer.text.slice(0, 500)}`);
}

function jsonOf({ text }) {
  return JSON.parse(text);
}
