import { LIMITS } from '@heddle/contracts';
import type { AnswerHeader, Operation, RequestHeader } from '../http/operation.js';
import type { JsonSchema, Schemas } from './schemas.js';

const REQUEST_HEADERS: Record<RequestHeader, { description: string; schema: JsonSchema; example?: string }> =
  {
    'Idempotency-Key': {
      description: `The same key with the same body answers with what the first request made. 1 to ${LIMITS.maxIdempotencyKeyChars} visible ASCII characters, in quotes or not.`,
      schema: {
        type: 'string',
        pattern: `^([!#-~][!-~]{0,${LIMITS.maxIdempotencyKeyChars - 1}}|"([!#-\\[\\]-~]|\\\\["\\\\]){1,${LIMITS.maxIdempotencyKeyChars}}")$`,
      },
    },
    Prefer: {
      description: `\`wait=N\`: hold the answer until it has ended, N seconds at most, and ${LIMITS.maxWaitS}. Anything else is ignored.`,
      schema: { type: 'string' },
      example: 'wait=1',
    },
    'If-Match': {
      description: 'Only where it is still what one of these `ETag`s says; `*`: where there is one.',
      schema: { type: 'string' },
      example: '*',
    },
    'If-Range': {
      description: 'An `ETag`: the range only where the bytes are those, else all of them.',
      schema: { type: 'string' },
    },
    'Last-Event-ID': {
      description: 'The `id` of the last event that came. One that is none of the job’s is ignored.',
      schema: { type: 'string' },
      example: '1',
    },
    Range: {
      description: 'One range of bytes. Anything else is ignored.',
      schema: { type: 'string' },
      example: 'bytes=0-99',
    },
    traceparent: {
      description:
        'The trace of the request (W3C): the job shows it, its webhooks carry it on. One that is not valid is ignored.',
      schema: { type: 'string' },
      example: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    },
  };

const ANSWER_HEADERS: Record<AnswerHeader, string> = {
  Location: 'Path of what was made.',
  'Idempotency-Replayed': '`true` where an earlier request with the same key made it.',
  'Preference-Applied': 'The wait that was granted.',
  'Server-Timing': 'Milliseconds in the queue, of tokenising, and of inference.',
  Link: 'The next page, `rel="next"`; absent on the last one.',
  ETag: 'What it is now.',
  'Content-Range': 'Which bytes these are.',
  'Content-Disposition': 'The name of the file.',
  'Set-Cookie': 'The cookie of the session.',
};
/** Headers without which the answer would be useless. */
const ALWAYS: readonly AnswerHeader[] = [
  'Location',
  'ETag',
  'Content-Range',
  'Content-Disposition',
  'Set-Cookie',
];

/** A parameter of the query that is a security scheme, and so none of the operation. */
export const STREAM_TOKEN = 'token';

/** Parameters of an operation at that path: those of the path, the query and the headers. */
export function parametersOf(operation: Operation, path: string, schemas: Schemas): JsonSchema[] {
  const ofPath = [...path.matchAll(/:([^/]+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', ...patternOf(operation.path?.[name!]) },
  }));
  const query = Object.entries(operation.query?.shape ?? {}).filter(([name]) => name !== STREAM_TOKEN);
  const ofQuery = query.map(([name, parameter]) => {
    const { description, ...schema } = schemas.ofQuery(parameter as never);
    return {
      name,
      in: 'query',
      ...(description ? { description } : {}),
      // Names of members stand in brackets.
      ...(schema.type === 'object' ? { style: 'deepObject', explode: true } : {}),
      schema,
    };
  });
  const ofHeaders = (operation.headers ?? []).map((name) => ({
    name,
    in: 'header',
    ...REQUEST_HEADERS[name],
  }));
  return [...ofPath, ...ofQuery, ...ofHeaders];
}

/** Headers of an answer, besides those of every answer. */
export function answerHeaders(names: readonly AnswerHeader[] = []): Record<string, JsonSchema> {
  const own = names.map((name) => [
    name,
    { description: ANSWER_HEADERS[name], required: ALWAYS.includes(name), schema: { type: 'string' } },
  ]);
  return {
    'X-Request-Id': { description: 'Yours, or a new one.', required: true, schema: { type: 'string' } },
    ...(Object.fromEntries(own) as Record<string, JsonSchema>),
  };
}

function patternOf(pattern: RegExp | undefined): JsonSchema {
  return pattern ? { pattern: pattern.source } : {};
}
