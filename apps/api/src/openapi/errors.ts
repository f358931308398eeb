import { ERRORS, type ErrorCode } from '@heddle/contracts';
import type { DescribedRoute } from '../http/route-table.js';
import type { JsonSchema } from './schemas.js';

/** Errors of every request, whatever it asks for. */
const OF_ALL: ErrorCode[] = [
  'malformed-request',
  'method-not-allowed',
  'request-timeout',
  'headers-too-large',
];
const OF_SERVERS: ErrorCode[] = ['internal', 'overloaded'];
const OF_KEYS: ErrorCode[] = ['unauthorized', 'forbidden', 'rate-limited'];
const OF_BODIES: ErrorCode[] = [
  'malformed-json',
  'payload-too-large',
  'unsupported-media-type',
  'validation',
  'invalid-text',
];
const OF_IDEMPOTENCY: ErrorCode[] = [
  'invalid-idempotency-key',
  'idempotency-in-progress',
  'idempotency-key-reused',
];
/** Headers that go with a status. */
const HEADERS: Record<number, string> = {
  401: 'WWW-Authenticate',
  405: 'Allow',
  429: 'Retry-After',
  503: 'Retry-After',
};

/** The codes that a route may answer with: those that its form brings with it, and its own. */
export function codesOf({ path, method, scopes, operation }: DescribedRoute): ErrorCode[] {
  const takesBody = method !== 'GET';
  return [
    ...OF_ALL,
    ...OF_SERVERS,
    ...(scopes ? OF_KEYS : []),
    ...(path.includes(':') ? (['not-found'] as const) : []),
    ...(operation.query || takesBody ? (['invalid-query'] as const) : []),
    ...(operation.query && 'cursor' in operation.query.shape ? (['invalid-cursor'] as const) : []),
    ...(takesBody ? OF_BODIES : []),
    ...(operation.headers?.includes('Idempotency-Key') ? OF_IDEMPOTENCY : []),
    ...(operation.errors ?? []),
  ];
}

/** Responses of these errors by status: problem documents with one of the codes of that status. */
export function errorResponses(codes: readonly ErrorCode[]): Record<string, JsonSchema> {
  const statuses = [...new Set(codes.map((code) => ERRORS[code].status))].sort();
  return Object.fromEntries(
    statuses.map((status) => {
      const same = [...new Set(codes)].filter((code) => ERRORS[code].status === status);
      return [status, responseOf(status, same)];
    }),
  );
}

function responseOf(status: number, codes: ErrorCode[]): JsonSchema {
  const header = HEADERS[status];
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    ...(header ? { headers: { [header]: { required: true, schema: { type: 'string' } } } } : {}),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [{ $ref: '#/components/schemas/Problem' }],
          properties: { code: { enum: codes }, status: { const: status } },
        },
      },
    },
  };
}
