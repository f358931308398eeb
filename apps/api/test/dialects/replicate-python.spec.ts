import { pythonWith } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DialectWorld, startDialectWorld, WORLD_TIMEOUT_MS } from './world.js';

const python = await pythonWith('replicate==1.0.7');

describe.skipIf(!python)('Replicate’s client for Python', () => {
  let world: DialectWorld;
  let version: string;
  beforeAll(async () => {
    world = await startDialectWorld();
    ({ id: version } = await world.client.request<{ id: string }>('GET', '/v1/models/sentiment/versions/1'));
  }, WORLD_TIMEOUT_MS);
  afterAll(() => world.stop());

  /** As people write it. */
  const run = async (program: string) => {
    const { url, key } = world.heddle;
    const head = `
import io, json, os, sys, time
import replicate
from replicate.exceptions import ModelError, ReplicateError
base, key, slug, version = sys.argv[1:]
c = replicate.Client(api_token=key, base_url=base)
`;
    const printed = await python!.run(head + program, `${url}/replicate`, key, world.slug, version);
    return JSON.parse(printed) as unknown;
  };

  it('runs models and versions', async () => {
    const answer = await run(`
a = c.run(f"{slug}/sentiment", input={"text": "I loved it"}, use_file_output=False)
b = c.run(f"{slug}/sentiment:{version}", input={"text": "I loved it"}, use_file_output=False)
d = c.run(f"{slug}/sentiment", input={"inputs": ["I loved it", "meh"]}, use_file_output=False, wait=False)
print(json.dumps([a["labels"][0]["label"], b["labels"][0]["label"], len(d)]))
`);
    expect(answer).toEqual(['positive', 'positive', 2]);
  });

  it('has its address from the environment, and no answer of a wait too late', async () => {
    await world.client.request('POST', `/v1/queues/${version}/pause`, {});
    try {
      const answer = await run(`
os.environ["REPLICATE_BASE_URL"] = base
d = replicate.Client(api_token=key)
p = d.predictions.create(version=version, input={"text": "x"}, wait=1)
first = p.status
p.cancel()
print(json.dumps([first, p.status]))
`);
      expect(answer).toEqual(['starting', 'canceled']);
    } finally {
      await world.client.request('POST', `/v1/queues/${version}/resume`, {});
    }
  });

  it('raises what has failed', async () => {
    const answer = await run(`
seen = []
try:
    c.run(f"{slug}/sentiment", input={"text": "word " * 3000})
except ModelError as error:
    seen.append(error.prediction.status)
try:
    c.predictions.create(version="ver_nothing", input={"text": "x"})
except ReplicateError as error:
    seen.append([error.status, error.title, error.instance])
print(json.dumps(seen))
`);
    expect(answer).toEqual(['failed', [404, 'Not found', '/replicate/v1/predictions']]);
  });

  it('makes, waits for, lists, reloads and cancels predictions', async () => {
    const answer = await run(`
p = c.predictions.create(version=version, input={"inputs": ["a"]})
first = p.status
p.wait()
q = c.predictions.create(version=version, input={"text": "x"})
q.cancel()
q.reload()
d = c.deployments.predictions.create(f"{slug}/sentiment@production", input={"text": "x"})
listed = [x.id for x in c.predictions.list().results]
print(json.dumps([first, p.status, len(p.output), q.status in ("canceled", "succeeded"), d.version == version, p.id in listed]))
`);
    expect(answer).toEqual(['starting', 'succeeded', 1, true, true, true]);
  });

  it('streams', async () => {
    const answer = await run(`
print(json.dumps([[e.event.value, json.loads(e.data)] for e in c.stream(f"{slug}/sentiment", input={"text": "I loved it"}, use_file_output=False)]))
`);
    expect(answer).toEqual([
      ['output', { labels: expect.any(Array) }],
      ['done', {}],
    ]);
  });

  it('reads models, versions, deployments, the account and the secret', async () => {
    const answer = await run(`
m = c.models.get("library/sentiment")
secret = c.webhooks.default.secret()
print(json.dumps([
  m.latest_version.id == version,
  [v.id for v in m.versions.list().results] == [version],
  m.versions.get(version).cog_version,
  "sentiment" in [x.name for x in c.models.list().results],
  c.deployments.get(f"{slug}/sentiment").current_release.version == version,
  "sentiment@production" in [x.name for x in c.deployments.list().results],
  c.accounts.current().username == slug,
  len(c.hardware.list()),
  secret.key.startswith("whsec_"),
]))
`);
    expect(answer).toEqual([true, true, '0.16.0', true, true, true, true, 1, true]);
  });

  it('keeps files', async () => {
    const answer = await run(`
f = c.files.create(io.BytesIO(b"hello"), filename="a.txt", metadata={"a": 1})
listed = [x.id for x in c.files.list()]
found = c.files.get(f.id)
c.files.delete(f.id)
print(json.dumps([f.name, f.size, f.id in listed, found.etag == f.etag, len(c.files.list())]))
`);
    expect(answer).toEqual(['a.txt', 5, true, true, 0]);
  });

  it('verifies webhooks with the secret', async () => {
    const answer = await run(`
import base64, hashlib, hmac
from replicate.webhook import Webhooks
secret = c.webhooks.default.secret()
now = str(int(time.time()))
signed = base64.b64encode(hmac.new(base64.b64decode(secret.key.split("_")[1]), f"evt_1.{now}.body".encode(), hashlib.sha256).digest()).decode()
Webhooks.validate(headers={"webhook-id": "evt_1", "webhook-timestamp": now, "webhook-signature": "v1," + signed}, body="body", secret=secret)
print("true")
`);
    expect(answer).toBe(true);
  });
});
