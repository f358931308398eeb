import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import multipart, { type Multipart, type MultipartFile } from '@fastify/multipart';
import { type FieldError, HeddleError, LIMITS } from '@heddle/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes multipart/form-data and nothing else. */
    multipart?: boolean;
  }
}

/** Parts beside the file, and bytes of one: names and numbers. */
const MAX_FIELDS = 8;
const MAX_FIELD_BYTES = 1_024;
/** Bytes of the part that is JSON: as much metadata as anything has. */
const MAX_JSON_BYTES = 16 * 1024;
/** Boundaries, headers and fields around the file. */
const MAX_OVERHEAD_BYTES = 64 * 1024;

export interface Upload {
  /** Fields beside the file, as they were sent. */
  fields: Record<string, string>;
  /** The part of the form that is JSON, parsed; undefined without. */
  json: unknown;
  filename: string;
  /** Media type as it was sent, without parameters; `application/octet-stream` without. */
  contentType: string;
  bytes: number;
  sha256: string;
}

/** multipart/form-data on routes that want it, and on no other. Must be called after `acceptJson`. */
export function acceptUploads(fastify: FastifyInstance): void {
  void fastify.register(multipart, {
    limits: {
      fieldNameSize: MAX_FIELD_BYTES,
      fieldSize: MAX_JSON_BYTES,
      fields: MAX_FIELDS,
      // One more than allowed, so that the second is named in the refusal.
      files: 2,
      parts: MAX_FIELDS + 2,
      // Counted here: the limit depends on what the file is for.
      fileSize: Number.POSITIVE_INFINITY,
    },
    throwFileSizeLimit: false,
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    const type = (request.headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
    const wanted = request.routeOptions.config.multipart === true;
    if (wanted && (type !== 'multipart/form-data' || request.headers['content-encoding'] !== undefined)) {
      done(new HeddleError('unsupported-media-type', 'An upload is multipart/form-data, not compressed.'));
    } else if (!wanted && type === 'multipart/form-data' && request.method !== 'GET') {
      done(new HeddleError('unsupported-media-type', 'The body must be application/json.'));
    } else done();
  });
}

/** What the parts of an upload are called. */
export interface UploadForm {
  /** The part that is the file. */
  file: string;
  /** Parts that nothing is done with, whether files or fields. */
  ignored?: readonly string[];
  /** A part that is JSON, whether a file or a field. */
  json?: string;
}

const NATIVE_FORM: UploadForm = { file: 'file' };

interface Target {
  path: string;
  form?: UploadForm;
  /** What the file may have, by the fields that have come so far: those after the file count as well. */
  limit: (fields: Record<string, string>) => SizeLimit;
  /** Told of what the request promises, and of bytes of the file that are about to be written; may refuse them. */
  room: { promise(bytes: number): void; add(bytes: number): void };
}

export interface SizeLimit {
  bytes: number;
  /** What is thrown beyond. */
  error: () => HeddleError;
}

/**
 * Writes the file of the form to `path` while it comes, counted and hashed.
 * Errors: those of the limit and of the room, `malformed-multipart` (broken off, or not what it says), `validation` (parts that
 * cannot be), `storage-full`.
 */
export async function receiveUpload(
  request: FastifyRequest,
  { path, form = NATIVE_FORM, limit, room }: Target,
): Promise<Upload> {
  const most = limit({});
  const promised = Number(request.headers['content-length'] ?? 0);
  if (promised > most.bytes + MAX_OVERHEAD_BYTES) throw most.error();
  room.promise(promised);
  const fields = new Map<string, string>();
  let json: unknown;
  let file: Omit<Upload, 'fields' | 'json'> | undefined;
  try {
    for await (const part of request.parts()) {
      if (form.json !== undefined && part.fieldname === form.json) {
        json = await jsonOf(part);
      } else if (form.ignored?.includes(part.fieldname)) {
        if (part.type === 'file') part.file.resume();
      } else if (part.type === 'file') {
        if (part.fieldname !== form.file) throw wrong(part.fieldname, 'unknown-field', 'no such field');
        if (file) throw wrong(form.file, 'too-many', 'one file at a time');
        file = await receiveFile(part, path, limit(Object.fromEntries(fields)), room);
      } else {
        if (fields.has(part.fieldname)) throw wrong(part.fieldname, 'too-many', 'given twice');
        if (part.valueTruncated || Buffer.byteLength(String(part.value)) > MAX_FIELD_BYTES)
          throw wrong(part.fieldname, 'too-long', 'too long');
        fields.set(part.fieldname, textOf(part));
      }
    }
  } catch (error) {
    throw translate(error);
  }
  if (!file) throw wrong(form.file, 'required', 'must be a file');
  const all = Object.fromEntries(fields);
  const allowed = limit(all);
  if (file.bytes > allowed.bytes) throw allowed.error();
  return { ...file, fields: all, json };
}

/** The text of a field; of one that calls itself JSON, which is parsed already, a text or a number. */
function textOf({ fieldname, value }: { fieldname: string; value: unknown }): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw wrong(fieldname, 'type', 'must be a text or a number');
}

/** Type and subtype of a media type, as RFC 6838 has them. */
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/i;

/** A part that is JSON: a file, a field that says so, which is parsed already, or a text. */
async function jsonOf(part: Multipart): Promise<unknown> {
  if (part.type === 'file') {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of part.file as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_JSON_BYTES) throw wrong(part.fieldname, 'too-long', `at most ${MAX_JSON_BYTES} bytes`);
      chunks.push(chunk);
    }
    return shallow(part.fieldname, parsed(part.fieldname, Buffer.concat(chunks).toString('utf8')));
  }
  if (part.valueTruncated) throw wrong(part.fieldname, 'too-long', `at most ${MAX_JSON_BYTES} bytes`);
  const { fieldname, value } = part;
  return shallow(fieldname, typeof value === 'string' ? parsed(fieldname, value) : value);
}

function parsed(field: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong(field, 'type', 'must be JSON');
  }
}

/** The same value, unless its objects and lists are nested deeper than those of a body may be. */
function shallow(field: string, json: unknown): unknown {
  let level = [json];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > LIMITS.maxJsonDepth)
      throw wrong(field, 'value', `is nested deeper than ${LIMITS.maxJsonDepth}`);
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
  }
  return json;
}

async function receiveFile(
  part: MultipartFile,
  path: string,
  limit: SizeLimit,
  room: Target['room'],
): Promise<Omit<Upload, 'fields' | 'json'>> {
  const hash = createHash('sha256');
  let bytes = 0;
  const meter = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length;
      if (bytes > limit.bytes) return done(limit.error());
      try {
        room.add(chunk.length);
      } catch (error) {
        return done(error as Error);
      }
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(part.file, meter, createWriteStream(path));
  const contentType = MEDIA_TYPE.test(part.mimetype) ? part.mimetype : 'application/octet-stream';
  return { filename: part.filename, contentType, bytes, sha256: hash.digest('hex') };
}

/** The parser's errors carry a code of the plugin, or a message of the parser beneath it and no code. */
const TOO_MANY_PARTS = new Set(['FST_PARTS_LIMIT', 'FST_FILES_LIMIT', 'FST_FIELDS_LIMIT']);
const BROKEN = /multipart|boundary|terminated early|unexpected end|malformed|premature|content.type|aborted/i;

function translate(error: unknown): unknown {
  if (error instanceof HeddleError) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new HeddleError('storage-full', 'The disk for uploads is full.', { cause: error });
  }
  if (typeof code === 'string' && TOO_MANY_PARTS.has(code)) {
    return new HeddleError('validation', `An upload is one file and at most ${MAX_FIELDS} fields.`, {
      cause: error,
    });
  }
  if (code === 'FST_PROTO_VIOLATION' || code === 'FST_INVALID_JSON_FIELD_ERROR') {
    return new HeddleError('validation', 'The upload holds a field that cannot exist.', { cause: error });
  }
  const broken =
    code === 'FST_MP_PREMATURE_CLOSE' || code === 'ECONNRESET' || BROKEN.test(String(message ?? ''));
  if (!broken) return error;
  return new HeddleError('malformed-multipart', 'The upload is broken off or damaged.', { cause: error });
}

function wrong(field: string, code: string, message: string): HeddleError {
  const errors: FieldError[] = [{ pointer: `/${field.toWellFormed()}`, code, message }];
  return new HeddleError('validation', 'One field is wrong; see errors.', { errors });
}
