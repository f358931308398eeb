import { HeddleError } from '@heddle/contracts';
import type { FastifyInstance } from 'fastify';
import { parseJson } from './json-body.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes JSON with the bytes of tensors behind it; its body is a `TensorBody`. */
    tensors?: boolean;
  }
}

/** Of a route that takes tensors. */
export interface TensorBody {
  json: unknown;
  binary: Buffer;
}

/** Bytes of a body that are JSON, where others follow. */
export const HEADER_LENGTH = 'inference-header-content-length';
const TYPE = 'application/octet-stream';
/** Elements of one tensor in JSON: a thousand texts of a thousand tokens, which is as much as any body has values. */
const MAX_ELEMENTS = 1_000_000;

/** Bodies of JSON with bytes behind it, on routes that want them. Must be called after `acceptJson`. */
export function acceptTensors(fastify: FastifyInstance, maxBytes: number): void {
  // Clients of these routes send no type, or JSON's also where bytes follow.
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (request.routeOptions.config.tensors) request.headers['content-type'] = TYPE;
    done();
  });
  fastify.addContentTypeParser(TYPE, { parseAs: 'buffer', bodyLimit: maxBytes }, (request, body, done) => {
    try {
      if (!request.routeOptions.config.tensors)
        throw new HeddleError('unsupported-media-type', 'The body must be application/json.');
      done(null, split(body as Buffer, request.headers[HEADER_LENGTH]));
    } catch (error) {
      done(error as Error);
    }
  });
}

function split(body: Buffer, header: string | string[] | undefined): TensorBody {
  if (header === undefined) return { json: parseJson(body, MAX_ELEMENTS), binary: Buffer.alloc(0) };
  const length = typeof header === 'string' && /^\d{1,10}$/.test(header) ? Number(header) : Number.NaN;
  if (!(length <= body.length))
    throw new HeddleError('malformed-json', `${HEADER_LENGTH} must be a number of bytes of the body.`);
  return { json: parseJson(body.subarray(0, length), MAX_ELEMENTS), binary: body.subarray(length) };
}
