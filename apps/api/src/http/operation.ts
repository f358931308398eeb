import type { ErrorCode } from '@heddle/contracts';
import type { z } from 'zod';

/** What the OpenAPI document says of a route beyond its method, path and scopes. Routes carry it in their configuration. */
export interface Operation {
  /** In lowerCamel; clients name their methods by it. */
  id: string;
  tag:
    | 'Jobs'
    | 'Batches'
    | 'Evaluations'
    | 'Models'
    | 'Files'
    | 'Webhooks'
    | 'Account'
    | 'Operation'
    | 'OpenAI'
    | 'Replicate'
    | 'Cohere'
    | 'TEI'
    | 'Hugging Face'
    | 'Open Inference'
    | 'Documents';
  summary: string;
  description?: string;
  /** Patterns of path parameters by name; any text without. */
  path?: Record<string, RegExp>;
  /** The validator of the query. */
  query?: z.ZodObject;
  /** Headers of the request that mean something to the route. */
  headers?: readonly RequestHeader[];
  body?: RequestBody;
  /** By status code. */
  answers: Record<number, Answer>;
  /** Errors beside those that the form of the route brings with it (openapi/errors.ts). */
  errors?: readonly ErrorCode[];
  /** Body of every error, where that is no problem document. */
  envelope?: z.ZodType;
}

export type RequestHeader =
  | 'Idempotency-Key'
  | 'Prefer'
  | 'If-Match'
  | 'If-Range'
  | 'Last-Event-ID'
  | 'Range'
  | 'traceparent';

export interface RequestBody {
  /** The validator of the body; a list: of one of these forms. */
  schema: z.ZodType;
  /** `multipart/form-data` with a part `file` besides the schema's fields. */
  multipart?: boolean;
  /** No body is as good as an empty object. */
  optional?: boolean;
  /** Requests that work, by name. */
  examples?: Record<string, unknown>;
}

export interface Answer {
  description: string;
  /** Of the JSON body. Without one, and without a type, there is no body. */
  schema?: z.ZodType;
  /** Of a body that is not JSON. */
  type?:
    | 'text/event-stream'
    | 'application/octet-stream'
    | 'text/plain'
    | 'text/html'
    | 'text/css'
    | 'text/javascript';
  headers?: readonly AnswerHeader[];
}

export type AnswerHeader =
  | 'Location'
  | 'Idempotency-Replayed'
  | 'Preference-Applied'
  | 'Server-Timing'
  | 'Link'
  | 'ETag'
  | 'Content-Range'
  | 'Content-Disposition'
  | 'Set-Cookie';

declare module 'fastify' {
  interface FastifyContextConfig {
    operation?: Operation;
  }
}
