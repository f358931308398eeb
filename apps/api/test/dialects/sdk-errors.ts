import { InferenceClient } from '@huggingface/inference';
import { CohereClientV2 } from 'cohere-ai';
import OpenAI from 'openai';
import Replicate from 'replicate';

/** What a client throws: its class, and the status that it tells. */
type Thrown = [name: string, status: number | undefined];

/** Calls of the clients of other APIs, once each as far as they let themselves be told. */
const CALLS: Record<string, (url: string, key: string) => Promise<unknown>> = {
  openai: (url, apiKey) =>
    new OpenAI({ apiKey, baseURL: `${url}/openai/v1`, maxRetries: 0 }).embeddings.create({
      model: 'embedder',
      input: 'x',
    }),
  cohere: (url, token) =>
    new CohereClientV2({ token, environment: `${url}/cohere` }).rerank(
      { model: 'reranker', query: 'q', documents: ['x'] },
      { maxRetries: 0 },
    ),
  hf: (url, token) =>
    new InferenceClient(token).textClassification(
      { endpointUrl: `${url}/hf/m`, inputs: 'x' },
      { retry_on_error: false },
    ),
  replicate: (url, auth) =>
    new Replicate({ auth, baseUrl: `${url}/replicate/v1` }).predictions.create({
      model: 'library/m',
      input: { text: 'x' },
    }),
};

/** What each of these clients throws, by its dialect. */
export async function thrownBy(
  dialects: readonly string[],
  url: string,
  key: string,
): Promise<Record<string, Thrown | null>> {
  const thrown = dialects.map(async (dialect) => {
    const error = await CALLS[dialect]!(url, key).then(
      () => null,
      (failure: unknown) => failure,
    );
    return [dialect, error && [(error as Error).constructor.name, statusIn(error)]] as const;
  });
  return Object.fromEntries(await Promise.all(thrown)) as Record<string, Thrown | null>;
}

function statusIn(error: unknown): number | undefined {
  const { status, statusCode, httpResponse, response } = error as {
    status?: number;
    statusCode?: number;
    httpResponse?: { status: number };
    response?: { status: number };
  };
  return status ?? statusCode ?? httpResponse?.status ?? response?.status;
}
