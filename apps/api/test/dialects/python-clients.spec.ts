import { pythonWith } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

  it('cohere has its classes of errors, and its address from the environment', async () => {
    const { secret } = await world.client.request<{ secret: string }>('POST', '/v1/keys', {
      name: 'reads',
      scopes: ['read'],
    });
    const answer = await run(
      // Which is looked at when the client is imported.
      `os.environ["CO_API_URL"] = B + "/cohere"${COHERE}`,
      `
def name(call):
    try:
        call()
    except Exception as error:
        return [type(error).__name__, error.status_code]
def rank(c, **body):
    return lambda: c.rerank(**{"model": "reranker", "query": "q", "documents": ["a"], **body})
env = cohere.ClientV2(api_key=KEY)
m = v1.classify(model="toxicity", inputs=["you fool"]).classifications[0]
print(json.dumps([len(rank(env)().results), name(rank(cohere.ClientV2(api_key="hdl_no"))), name(rank(cohere.ClientV2(api_key="${secret}"))),
  name(rank(env, documents=[])), name(rank(env, model="no")), name(rank(env, model="sentiment")),
  m.classification_type, len(m.predictions) == len(m.confidences), len(m.labels)]))
`,
    );
    expect(answer).toEqual([
      1,
      ['UnauthorizedError', 401],
      ['ForbiddenError', 403],
      ['UnprocessableEntityError', 422],
      ['NotFoundError', 404],
      ['UnprocessableEntityError', 422],
      'multi-label',
      true,
      4,
    ]);
  });

  it('huggingface_hub answers questions, fills masks and takes parameters', async () => {
    const answer = await run(
      HUGGINGFACE,
      `
ask = dict(question="Who wrote it?", context="It was written by Ada in London.")
q = at("qa").question_answering(**ask)
q2 = at("qa").question_answering(**ask, top_k=2, max_question_len=64, handle_impossible_answer=False)
m = at("mlm").fill_mask("Paris is the [MASK] of France.", top_k=2, targets=["city", "capital", "river"])
n = at("ner").token_classification("Angela Merkel spoke in Paris", aggregation_strategy="none", ignore_labels=[])
t = at("toxicity").text_classification("you fool", function_to_apply="sigmoid", top_k=2)
z = at("nli").zero_shot_classification("x", ["sport", "politics"], multi_label=True, hypothesis_template="It is about {}.")
f = at("embedder").feature_extraction(["a", "word " * 3000], truncate=True, truncation_direction="left", dimensions=3, normalize=True)
b = InferenceClient(base_url=B + "/hf/sentiment", api_key=KEY).text_classification("I loved it")
print(json.dumps([q.answer == ask["context"][q.start:q.end], len(q2), q2[0].answer == q.answer, len(m), len(m[0].token_str) > 0,
  [x.index for x in n][:2], all(x.entity and not x.entity_group for x in n), len(t), sorted(x.label for x in z), f.shape, b[0].label]))
`,
    );
    const shape = [2, 3];
    const candidates = ['politics', 'sport'];
    expect(answer).toEqual([true, 2, true, 2, true, [1, 2], true, 2, candidates, shape, 'positive']);
  });

  it('huggingface_hub hears of errors', async () => {
    const answer = await run(
      HUGGINGFACE,
      `
from huggingface_hub.errors import HfHubHTTPError
def status(call):
    try:
        call()
    except HfHubHTTPError as error:
        return error.response.status_code
print(json.dumps([status(lambda: at("no").text_classification("x")), status(lambda: at("mlm").fill_mask("no mask")),
  status(lambda: at("sentiment").question_answering("q", "c")),
  status(lambda: InferenceClient(model=B + "/hf/sentiment", token="hdl_no").text_classification("x"))]))
`,
    );
    expect(answer).toEqual([404, 422, 422, 401]);
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
for name, values in (("input_ids", [r + [0] * (width - len(r)) for r in rows]), ("attention_mask", [[1] * len(r) + [0] * (width - len(r)) for r in rows]), ("token_type_ids", [[0] * width for r in rows])):
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

  it('tritonclient has entities, answers, labels and scores of every kind', async () => {
    const answer = await run(
      TRITON,
      `
def infer(model, *tensors, **more):
    return c.infer(model, list(tensors), headers=dict(H), **more)
n = infer("ner", texts("text", ["Angela Merkel spoke in Paris", "Paris"]))
q = infer("qa", texts("text", ["Who wrote it?"]), texts("text_pair", ["It was written by Ada."]))
o = infer("ner", texts("text", ["Paris"]), outputs=[httpclient.InferRequestedOutput("output_json")])
t = infer("toxicity", texts("text", ["you fool"]))
s = infer("stsb", texts("text", ["a cat"]), texts("text_pair", ["a feline"]))
w = infer("reranker", texts("text", ["q"]), texts("text_pair", ["a"]), parameters={"task": "score"})
m = infer("mlm", texts("text", ["a [MASK]"]), parameters={"top_k": 2})
sig = 1 / (1 + np.exp(-t.as_numpy("logits").max()))
print(json.dumps([n.as_numpy("logits").ndim, n.as_numpy("logits").shape[0], n.as_numpy("logits").shape[2], len(n.as_numpy("output_json")),
  q.as_numpy("logits").shape[2], "answers" in json.loads(q.as_numpy("output_json")[0]), o.as_numpy("logits") is None,
  near([float(t.as_numpy("score")[0])], [float(sig)]), near(s.as_numpy("score").tolist(), s.as_numpy("logits")[0].tolist()),
  w.as_numpy("score").shape, len(json.loads(m.as_numpy("output_json")[0])["masks"][0])]))
`,
    );
    expect(answer).toEqual([3, 2, 13, 2, 2, true, true, true, true, [1], 2]);
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
