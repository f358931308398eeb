import { pythonWith } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importReranker } from './reranker.js';
import { type DialectWorld, startDialectWorld, WORLD_TIMEOUT_MS } from './world.js';

const python = await pythonWith('cohere==7.3.1', 'huggingface_hub==2.4.0', 'tritonclient[http]==2.73.0');

const HEAD = `
import json, os
B, KEY = os.environ["HEDDLE_URL"], os.environ["HEDDLE_API_KEY"]
near = lambda xs, ys: len(xs) == len(ys) and all(abs(x - y) < 1e-4 for x, y in zip(xs, ys))
`;
const COHERE = `
import cohere
v2 = cohere.ClientV2(api_key=KEY, base_url=B + "/cohere")
v1 = cohere.Client(api_key=KEY, base_url=B + "/cohere")
`;
const HUGGINGFACE = `
from huggingface_hub import InferenceClient
at = lambda model: InferenceClient(model=B + "/hf/" + model, token=KEY)
`;
const TRITON = `
import numpy as np
import tritonclient.http as httpclient
from tritonclient.utils import InferenceServerException
c = httpclient.InferenceServerClient(url=B.removeprefix("http://") + "/oip")
# The client writes into them.
H = {"Authorization": f"Bearer {KEY}"}
def texts(name, values, binary=True):
    tensor = httpclient.InferInput(name, [len(values)], "BYTES")
    tensor.set_data_from_numpy(np.array(values, dtype=object), binary_data=binary)
    return tensor
def fails(call):
    try:
        call()
    except InferenceServerException as error:
        return [error.status(), len(error.message()) > 0]
`;

describe.skipIf(!python)('clients for Python', () => {
  let world: DialectWorld;
  beforeAll(async () => {
    world = await startDialectWorld();
    await importReranker(world.client);
    Object.assign(process.env, { HEDDLE_URL: world.heddle.url, HEDDLE_API_KEY: world.heddle.key });
  }, WORLD_TIMEOUT_MS);
  afterAll(() => world.stop());

  const run = async (head: string, program: string) =>
    JSON.parse(await python!.run(HEAD + head + program)) as unknown;

  it('cohere ranks, classifies and embeds', async () => {
    const answer = await run(
      COHERE,
      `
r = v2.rerank(model="reranker", query="q", documents=["a", "b"], top_n=1)
old = v1.rerank(model="reranker", query="q", documents=["a", "b"], return_documents=True)
c = v1.classify(model="sentiment", inputs=["I loved it"])
e = v2.embed(model="embedder", texts=["a"], input_type="search_document", embedding_types=["float"])
try:
    v2.rerank(model="no", query="q", documents=["a"])
except cohere.NotFoundError as error:
    missing = error.status_code
print(json.dumps([len(r.results), near([r.results[0].relevance_score], [old.results[0].relevance_score]),
  old.results[0].document.text in "ab", c.classifications[0].prediction, len(e.embeddings.float_[0]), missing]))
`,
    );
    expect(answer).toEqual([1, true, true, 'positive', 256, 404]);
  });

  it('huggingface_hub does its tasks', async () => {
    const answer = await run(
      HUGGINGFACE,
      `
t = at("sentiment").text_classification("I loved it", top_k=1)
n = at("ner").token_classification("Angela Merkel spoke in Paris")
z = at("nli").zero_shot_classification("The match ended 2-1", ["sport", "politics"])
f = at("embedder").feature_extraction("a station", normalize=True)
s = at("embedder").sentence_similarity("a station", other_sentences=["a train"])
w = InferenceClient(model=B + "/hf/sentiment", token=KEY, provider="hf-inference")
print(json.dumps([t[0].label, [x.word for x in n if x.entity_group], z[0].label in ("sport", "politics"),
  f.shape, len(s), w.health_check(), w.get_endpoint_info()["model_id"]]))
`,
    );
    expect(answer).toEqual(['positive', expect.any(Array), true, [1, 256], 1, true, 'sentiment']);
  });

  it('tritonclient asks what there is', async () => {
    const answer = await run(
      TRITON,
      `
m = c.get_model_metadata("sentiment", headers=dict(H))
print(json.dumps([c.is_server_live(), c.is_server_ready(), c.is_model_ready("sentiment", headers=dict(H)),
  c.is_model_ready("sentiment", "1", headers=dict(H)), c.is_model_ready("no", headers=dict(H)), c.get_server_metadata()["name"],
  m["versions"], m["platform"], [x["name"] for x in m["inputs"]], [x["name"] for x in m["outputs"]],
  c.get_model_config("sentiment", headers=dict(H))["name"],
  [x["version"] for x in c.get_model_repository_index(headers=dict(H)) if x["name"] == "sentiment"]]))
`,
    );
    expect(answer).toEqual([
      true,
      true,
      true,
      true,
      false,
      'heddle',
      ['1'],
      'onnx_onnxv1',
      ['text', 'text_pair', 'input_ids', 'attention_mask', 'token_type_ids'],
      ['label', 'score', 'logits'],
      'sentiment',
      ['1'],
    ]);
  });

  it('tritonclient infers with bytes behind the JSON, or without', async () => {
    const answer = await run(
      TRITON,
      `
good = ["I loved it", "Two hours I will never get back", "Zoë 👋"]
r = c.infer("sentiment", [texts("text", good)], headers=dict(H), request_id="seven")
p = c.infer("sentiment", [texts("text", good, False)], headers=dict(H), model_version="1",
  outputs=[httpclient.InferRequestedOutput("score", binary_data=False), httpclient.InferRequestedOutput("label")])
g = c.infer("sentiment", [texts("text", good)], headers=dict(H), request_compression_algorithm="gzip")
e = np.exp(r.as_numpy("logits")); soft = (e / e.sum(axis=1, keepdims=True)).max(axis=1)
print(json.dumps([near(r.as_numpy("score").tolist(), p.as_numpy("score").tolist()), near(soft.tolist(), r.as_numpy("score").tolist()),
  near(g.as_numpy("score").tolist(), p.as_numpy("score").tolist()),
  [x.decode() for x in r.as_numpy("label")] == [x.decode() for x in p.as_numpy("label")], r.as_numpy("logits").shape,
  r.get_response()["id"], [o["name"] for o in p.get_response()["outputs"]], p.as_numpy("logits") is None]))
`,
    );
    expect(answer).toEqual([true, true, true, true, [3, 2], 'seven', ['score', 'label'], true]);
  });

  it('tritonclient sends token ids, pairs and candidates', async () => {
    const ids = await world.client.request<{ data: { tokens: { id: number }[] }[] }>('POST', '/v1/tokenize', {
      model: 'sentiment',
      inputs: ['I loved it', 'x'],
    });
    const rows = ids.data.map(({ tokens }) => tokens.map(({ id }) => id));
    const answer = await run(
      TRITON,
      `
rows = ${JSON.stringify(rows)}
width = max(map(len, rows))
tensors = []
for name, values in (("input_ids", [r + [0] * (width - len(r)) for r in rows]), ("attention_mask", [[1] * len(r) + [0] * (width - len(r)) for r in rows])):
    tensors.append(httpclient.InferInput(name, [2, width], "INT64"))
    tensors[-1].set_data_from_numpy(np.array(values, dtype=np.int64))
i = c.infer("sentiment", tensors, headers=dict(H)).as_numpy("score")
t = c.infer("sentiment", [texts("text", ["I loved it", "x"])], headers=dict(H)).as_numpy("score")
p = c.infer("reranker", [texts("text", ["q"]), texts("text_pair", ["a"])], headers=dict(H)).as_numpy("score")
e = c.infer("embedder", [texts("text", ["a", "b"])], headers=dict(H)).as_numpy("embedding")
n = c.infer("ner", [texts("text", ["Angela Merkel"])], headers=dict(H)).as_numpy("output_json")
z = c.infer("nli", [texts("text", ["x"])], headers=dict(H), parameters={"candidate_labels": "sport, politics"})
print(json.dumps([near(i.tolist(), t.tolist()), p.shape, e.shape, "entities" in json.loads(n[0]),
  sorted(x.decode() for x in z.as_numpy("labels")[0]), abs(float(z.as_numpy("scores").sum()) - 1) < 1e-4]))
`,
    );
    expect(answer).toEqual([true, [1], [2, 256], true, ['politics', 'sport'], true]);
  });

  it('tritonclient hears of errors', async () => {
    const answer = await run(
      TRITON,
      `
one = lambda name="text": [texts(name, ["x"])]
out = lambda name: [httpclient.InferRequestedOutput(name)]
print(json.dumps([fails(lambda: c.infer("no", one(), headers=dict(H))), fails(lambda: c.infer("sentiment", one())),
  fails(lambda: c.infer("sentiment", one("words"), headers=dict(H))), fails(lambda: c.infer("sentiment", one(), headers=dict(H), outputs=out("no"))),
  fails(lambda: c.infer("sentiment", [texts("text", ["word " * 3000])], headers=dict(H))),
  fails(lambda: c.infer("sentiment", one(), headers=dict(H), model_version="99"))]))
`,
    );
    const failing = (status: number) => [String(status), true];
    expect(answer).toEqual([
      failing(404),
      failing(401),
      failing(400),
      failing(400),
      failing(400),
      failing(404),
    ]);
  });
});
