export const DIALECTS = ['native', 'replicate', 'openai', 'cohere', 'tei', 'hf', 'oip'] as const;
export type Dialect = (typeof DIALECTS)[number];
type Body = Record<string, unknown>;

/** A route that asks a model. */
export interface Route {
  dialect: Dialect;
  /** What a model must be for it. */
  kind: 'classifier' | 'embedder' | 'reranker';
  name: string;
  path(model: string): string;
  body(model: string, texts: string[]): Body;
  /** A field with a value that it cannot have. */
  wrong: Body;
  /** Texts that one request has at the most. */
  most: number;
  /** What keeps it from cutting texts that are too long; null where it always does. */
  uncut: Body | null;
  /** More of a body that asks for what the model does not do; without, it is a model of another kind that does not. */
  foreign?: Body;
}

const MOST_OF_A_JOB = 1_000;
const MOST_OF_OPENAI = 2_048;
const MOST_OF_COHERE = 96;
const MOST_OF_TEI = 32;

const tensor = (name: string, data: string[]) => ({ name, datatype: 'BYTES', shape: [data.length], data });

function replicate(path: (model: string) => string, more: (model: string) => Body = () => ({})): Route {
  return {
    dialect: 'replicate',
    kind: 'classifier',
    name: path('{model}'),
    path,
    body: (model, texts) => ({
      ...more(model),
      input: { inputs: texts.length === 1 ? texts[0] : texts, task: 'text-classification' },
    }),
    wrong: { input: 7 },
    most: MOST_OF_A_JOB,
    uncut: {},
  };
}

function openai(name: string, kind: Route['kind'], most: number): Route {
  return {
    dialect: 'openai',
    kind,
    name,
    path: () => `/openai/v1/${name}`,
    body: (model, input) => ({ model, input }),
    wrong: { input: 7 },
    most,
    uncut: {},
  };
}

function ranking(path: string): Route {
  return {
    dialect: 'cohere',
    kind: 'reranker',
    name: path,
    path: () => path,
    body: (model, documents) => ({ model, query: 'q', documents }),
    wrong: { top_n: 0 },
    most: MOST_OF_A_JOB,
    uncut: null,
  };
}

function tei(
  name: string,
  kind: Route['kind'],
  body: (texts: string[]) => Body,
  more: Partial<Route> = {},
): Route {
  return {
    dialect: 'tei',
    kind,
    name: `/tei/{model}${name}`,
    path: (model) => `/tei/${model}${name}`,
    body: (_, texts) => body(texts),
    wrong: { truncate: 'no' },
    most: MOST_OF_TEI,
    uncut: { truncate: false },
    ...more,
  };
}

function huggingface(
  name: string,
  kind: Route['kind'],
  inputs: (texts: string[]) => unknown,
  more: Partial<Route> = {},
): Route {
  return {
    dialect: 'hf',
    kind,
    name: `/hf/{model}${name}`,
    path: (model) => `/hf/${model}${name}`,
    body: (_, texts) => ({ inputs: inputs(texts) }),
    wrong: { inputs: 7 },
    most: MOST_OF_A_JOB,
    uncut: { parameters: { truncate: false } },
    ...more,
  };
}

function oip(path: (model: string) => string): Route {
  return {
    dialect: 'oip',
    kind: 'classifier',
    name: path('{model}'),
    path,
    body: (_, texts) => ({ inputs: [tensor('text', texts)] }),
    wrong: { inputs: [{ ...tensor('text', ['x']), shape: [2] }] },
    most: MOST_OF_A_JOB,
    uncut: {},
    foreign: { parameters: { task: 'embed' } },
  };
}

const sentences = (texts: string[]) => ({ source_sentence: 'x', sentences: texts });

/** Every route of every dialect that waits for what a model answers, and that of the native API. */
export const ROUTES: readonly Route[] = [
  {
    dialect: 'native',
    kind: 'classifier',
    name: '/v1/jobs',
    path: () => '/v1/jobs',
    body: (model, inputs) => ({ model, inputs, task: 'text-classification' }),
    wrong: { priority: 'none' },
    most: MOST_OF_A_JOB,
    uncut: {},
  },
  replicate(
    () => '/replicate/v1/predictions',
    (model) => ({ version: `library/${model}` }),
  ),
  replicate((model) => `/replicate/v1/models/library/${model}/predictions`),
  replicate((model) => `/replicate/v1/deployments/library/${model}@production/predictions`),
  openai('embeddings', 'embedder', MOST_OF_OPENAI),
  openai('moderations', 'classifier', MOST_OF_A_JOB),
  openai('classifications', 'classifier', MOST_OF_A_JOB),
  {
    dialect: 'cohere',
    kind: 'classifier',
    name: '/cohere/v1/classify',
    path: () => '/cohere/v1/classify',
    body: (model, inputs) => ({ model, inputs }),
    wrong: { inputs: 7 },
    most: MOST_OF_COHERE,
    uncut: { truncate: 'NONE' },
  },
  {
    dialect: 'cohere',
    kind: 'embedder',
    name: '/cohere/v2/embed',
    path: () => '/cohere/v2/embed',
    body: (model, texts) => ({ model, texts }),
    wrong: { texts: 7 },
    most: MOST_OF_COHERE,
    uncut: { truncate: 'NONE' },
  },
  ranking('/cohere/v2/rerank'),
  ranking('/cohere/v1/rerank'),
  ranking('/jina/v1/rerank'),
  tei('/predict', 'classifier', (texts) => ({ inputs: texts.map((text) => [text]) })),
  tei('', 'classifier', (texts) => ({ inputs: texts.map((text) => [text]) })),
  tei('/embed', 'embedder', (inputs) => ({ inputs })),
  tei('/embed_all', 'embedder', (inputs) => ({ inputs })),
  tei('/rerank', 'reranker', (texts) => ({ query: 'q', texts })),
  tei('/similarity', 'embedder', (texts) => ({ inputs: sentences(texts) }), {
    most: MOST_OF_TEI - 1,
    wrong: { inputs: 7 },
    uncut: { parameters: { truncate: false } },
  }),
  tei('/embeddings', 'embedder', (input) => ({ input }), { wrong: { input: 7 }, uncut: null }),
  tei('/v1/embeddings', 'embedder', (input) => ({ input }), { wrong: { input: 7 }, uncut: null }),
  huggingface('', 'classifier', (texts) => texts, {
    foreign: { inputs: { question: 'q', context: 'c' } },
  }),
  huggingface('/pipeline/text-classification', 'classifier', (texts) => texts),
  huggingface('/pipeline/feature-extraction', 'embedder', (texts) => texts),
  huggingface('/pipeline/sentence-similarity', 'embedder', sentences, { most: MOST_OF_A_JOB - 1 }),
  huggingface('/pipeline/text-ranking', 'reranker', (texts) => ({ query: 'q', texts })),
  oip((model) => `/oip/v2/models/${model}/infer`),
  oip((model) => `/oip/v2/models/${model}/versions/1/infer`),
];
