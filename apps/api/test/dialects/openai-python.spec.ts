import { pythonWith } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DialectWorld, startDialectWorld, WORLD_TIMEOUT_MS } from './world.js';

const python = await pythonWith('openai==3.54.0');

/** As people write it; the client comes from the environment. */
const HEAD = `
import json, time
from openai import OpenAI
import openai
o = OpenAI(max_retries=0)
`;

describe.skipIf(!python)('OpenAI’s client for Python', () => {
  let world: DialectWorld;
  beforeAll(async () => {
    world = await startDialectWorld();
    process.env.OPENAI_BASE_URL = `${world.heddle.url}/openai/v1`;
    process.env.OPENAI_API_KEY = world.heddle.key;
  }, WORLD_TIMEOUT_MS);
  afterAll(() => world.stop());

  const run = async (program: string) => JSON.parse(await python!.run(HEAD + program)) as unknown;

  it('embeds', async () => {
    const answer = await run(`
e = o.embeddings.create(model="embedder", input=["a", "b"], dimensions=4)
f = o.embeddings.create(model="embedder", input="a", dimensions=4, encoding_format="float")
near = all(abs(x - y) < 1e-4 for x, y in zip(e.data[0].embedding, f.data[0].embedding))
print(json.dumps([len(e.data), len(e.data[0].embedding), near, e.usage.total_tokens > 0]))
`);
    expect(answer).toEqual([2, 4, true, true]);
  });

  it('moderates, and lists models', async () => {
    const answer = await run(`
m = o.moderations.create(model="sentiment", input="I loved it")
print(json.dumps([m.results[0].flagged, "embedder" in [x.id for x in o.models.list()], o.models.retrieve("library/sentiment").id]))
`);
    expect(answer).toEqual([true, true, 'library/sentiment']);
  });

  it('runs batches', async () => {
    const answer = await run(`
line = {"custom_id": "a", "method": "POST", "url": "/v1/embeddings", "body": {"model": "embedder", "input": "x"}}
f = o.files.create(purpose="batch", file=("in.jsonl", json.dumps(line).encode()))
b = o.batches.create(input_file_id=f.id, endpoint="/v1/embeddings", completion_window="24h")
while b.status not in ("completed", "failed"):
    time.sleep(0.2)
    b = o.batches.retrieve(b.id)
out = json.loads(o.files.content(b.output_file_id).text)
listed = [x.id for x in o.batches.list(limit=1)]
deleted = o.files.delete(f.id).deleted
print(json.dumps([b.status, b.request_counts.completed, out["response"]["body"]["object"], b.id in listed, deleted]))
`);
    expect(answer).toEqual(['completed', 1, 'list', true, true]);
  });

  it('raises the errors that it has classes for', async () => {
    const answer = await run(`
seen = []
for body in ({"model": "no", "input": "x"}, {"model": "embedder", "input": []}, {"model": "embedder", "input": "word " * 3000}):
    try:
        o.embeddings.create(**body)
    except openai.APIStatusError as error:
        seen.append([type(error).__name__, error.code, error.param, error.request_id is not None])
try:
    OpenAI(api_key="hdl_no", max_retries=0).models.list()
except openai.AuthenticationError as error:
    seen.append(error.code)
print(json.dumps(seen))
`);
    expect(answer).toEqual([
      ['NotFoundError', 'model_not_found', 'model', true],
      ['BadRequestError', 'invalid_value', 'input', true],
      ['BadRequestError', 'context_length_exceeded', 'input[0]', true],
      'invalid_api_key',
    ]);
  });
});
