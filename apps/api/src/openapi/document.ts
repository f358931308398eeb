import { problem } from '@heddle/contracts';
import type { Answer, RequestBody } from '../http/operation.js';
import type { DescribedRoute } from '../http/route-table.js';
import { SESSION_COOKIE, takesSession } from '../http/session-cookie.js';
import { codesOf, errorResponses } from './errors.js';
import { answerHeaders, parametersOf, STREAM_TOKEN } from './parameters.js';
import { type JsonSchema, Schemas } from './schemas.js';

const TAGS = {
  Jobs: 'Texts in, answers out.',
  Batches: 'Files of lines that run as jobs.',
  Evaluations: 'How well versions answer data sets.',
  Models: 'Models, their versions and the aliases that point to these.',
  Files: 'What versions are imported from, the lines of batches, and data sets.',
  Webhooks: 'Who is told of what, and how telling it went.',
  Account: 'The caller, its limits and its tenant’s keys.',
  Operation: 'Tenants, workers, pools, queues, metrics, and who changed what.',
  OpenAI: 'For OpenAI’s clients: their base URL is `/openai/v1`.',
  Replicate: 'For Replicate’s clients: their base URL is `/replicate/v1`, in Python `/replicate`.',
  Cohere: 'For Cohere’s clients: their base URL is `/cohere`; `/jina/v1` is for those of Jina.',
  TEI: 'As text-embeddings-inference has it: the address of its server is `/tei/{model}`.',
  'Hugging Face': 'For the inference clients of Hugging Face: their endpoint is `/hf/{model}`.',
  'Open Inference': 'Open Inference Protocol v2, also for Triton’s clients: their URL is `host/oip`.',
  Documents: 'No key is asked for.',
};
const DESCRIPTION = `Serves DeBERTa models from a durable job queue.

A **job** is one model version, one task, and 1 to 1000 items; its results are per item, each an output or an error. Send
\`Authorization: Bearer hdl_…\`. Requests with unknown fields are refused; clients ignore unknown fields of answers. Every
error is a problem document (RFC 9457) with a stable \`code\`.`;

const SECURITY_SCHEMES = {
  bearerAuth: { type: 'http', scheme: 'bearer', bearerFormat: 'hdl_…' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
    description:
      'In place of a key, from `POST /v1/session`; by TLS its name begins with `__Host-`. What is no GET needs `X-CSRF-Token` beside it.',
  },
  streamToken: {
    type: 'apiKey',
    in: 'query',
    name: STREAM_TOKEN,
    description:
      'In place of a key: from `urls.events` of a job that was asked for with `include=stream_token`. It is good for that job and ten minutes.',
  },
};

/** The OpenAPI 3.1 document of these routes, whose validators say what they take and answer. */
export function openApiDocument(routes: readonly DescribedRoute[], version: string): JsonSchema {
  const schemas = new Schemas();
  schemas.ofAnswer(problem);
  const paths: Record<string, JsonSchema> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:([^/]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describe(route, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Heddle',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: SECURITY_SCHEMES,
      schemas: schemas.components,
    },
  };
}

function describe(route: DescribedRoute, schemas: Schemas): JsonSchema {
  const { operation, scopes, path, streamToken } = route;
  const scopeNote = scopes?.length ? `Scope: ${scopes.map((scope) => `\`${scope}\``).join(' or ')}.` : '';
  const parameters = parametersOf(operation, path, schemas);
  const description = [operation.description, scopeNote].filter(Boolean).join('\n\n');
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(description ? { description } : {}),
    security: [
      ...(scopes ? [{ bearerAuth: [] }] : []),
      ...(scopes && takesSession(path) ? [{ session: [] }] : []),
      ...(streamToken ? [{ streamToken: [] }] : []),
    ],
    ...(scopes ? { 'x-scopes': scopes } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(operation.body ? { requestBody: bodyOf(operation.body, schemas) } : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(operation.answers).map(([status, answer]) => [status, answerOf(answer, schemas)]),
      ),
      ...(operation.envelope
        ? { default: answerOf({ description: 'Any error.', schema: operation.envelope }, schemas) }
        : errorResponses(codesOf(route))),
    },
  };
}

function bodyOf({ schema, multipart, optional, examples }: RequestBody, schemas: Schemas): JsonSchema {
  if (multipart) {
    // What is read of the fields' texts.
    const { properties, required, ...rest } = schemas.ofQuery(schema) as {
      properties: Record<string, JsonSchema>;
      required?: string[];
    };
    const file = { type: 'string', format: 'binary' };
    const form = { ...rest, properties: { file, ...properties }, required: ['file', ...(required ?? [])] };
    // As JSON, numbers are numbers; as plain texts they are taken too.
    const encoding = Object.fromEntries(
      Object.entries(properties)
        .filter(([, { type }]) => type !== 'string')
        .map(([name]) => [name, { contentType: 'application/json' }]),
    );
    return { required: true, content: { 'multipart/form-data': { schema: form, encoding } } };
  }
  const named = Object.entries(examples ?? {}).map(([name, value]) => [name, { value }]);
  return {
    required: !optional,
    content: {
      'application/json': {
        schema: schemas.ofRequest(schema),
        ...(named.length > 0 ? { examples: Object.fromEntries(named) } : {}),
      },
    },
  };
}

function answerOf({ description, schema, type, headers }: Answer, schemas: Schemas): JsonSchema {
  const content = schema
    ? { 'application/json': { schema: schemas.ofAnswer(schema) } }
    : type && { [type]: {} };
  return { description, headers: answerHeaders(headers), ...(content ? { content } : {}) };
}
