import { createGunzip } from 'node:zlib';
import { checkForm, checkValues, HeddleError } from '@heddle/contracts';
import type { FastifyInstance, RequestPayload } from 'fastify';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * JSON bodies and nothing else: gzip is inflated (and counted inflated), encoding, depth and numbers are checked
 * before anything looks at the values. An empty body is no body.
 */
export function acceptJson(fastify: FastifyInstance, maxBytes: number): void {
  fastify.removeAllContentTypeParsers();
  fastify.addHook('preParsing', (request, _reply, payload, done) => {
    // Before the type of the body is looked at. Uploads have a limit of their own.
    if (!request.routeOptions.config.multipart && Number(request.headers['content-length'] ?? 0) > maxBytes)
      return done(new HeddleError('payload-too-large', 'The body is larger than this server accepts.'));
    const encoding = request.headers['content-encoding']?.trim().toLowerCase();
    if (encoding === undefined || encoding === 'identity') done(null, payload);
    else if (encoding === 'gzip') done(null, inflated(payload));
    else done(new HeddleError('unsupported-media-type', 'Content-Encoding may be gzip or identity.'));
  });
  fastify.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: maxBytes },
    (request, body, done) => {
      try {
        assertUtf8(request.headers['content-type']);
        done(null, parseJson(body as Buffer));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

/** Fastify compares what it reads with its limit, and `receivedEncodedLength` with Content-Length. */
function inflated(payload: RequestPayload): RequestPayload {
  const gunzip = createGunzip() as ReturnType<typeof createGunzip> & RequestPayload;
  gunzip.receivedEncodedLength = 0;
  payload.on('data', (chunk: Buffer) => {
    gunzip.receivedEncodedLength = (gunzip.receivedEncodedLength ?? 0) + chunk.length;
  });
  payload.on('error', (error) => gunzip.destroy(error));
  return payload.pipe(gunzip);
}

function assertUtf8(contentType: string | undefined): void {
  const charset = /charset=["']?([^\s;"']+)/i.exec(contentType ?? '')?.[1];
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8') {
    throw new HeddleError('unsupported-media-type', 'JSON is UTF-8.');
  }
}

/** The value of a body; undefined of an empty one. Errors: `malformed-json`, `invalid-text` and those of `checkForm`. */
export function parseJson(body: Buffer, maxNestedElements?: number): unknown {
  if (body.length === 0) return undefined;
  let value: unknown;
  try {
    const text = UTF8.decode(body);
    checkForm(text);
    value = JSON.parse(text);
  } catch (cause) {
    if (cause instanceof HeddleError) throw cause;
    throw new HeddleError('malformed-json', 'The body is not valid JSON in UTF-8.', { cause });
  }
  checkValues(value, maxNestedElements);
  return value;
}
