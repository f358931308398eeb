import { ERRORS, type ErrorCode } from './errors.js';

const OF_REQUESTS = {
  'malformed-request': 'It is not HTTP as the RFCs have it.',
  'malformed-json':
    'The body is not JSON in UTF-8, nests deeper than 64, is broken off, or holds a number too large.',
  'malformed-multipart': 'The upload is broken off, or not multipart.',
  'invalid-query':
    'A query parameter is unknown, there twice, or has a wrong value; `errors` names it (`?limit`).',
  'invalid-cursor': 'The cursor is not one of this list with these filters.',
  'invalid-idempotency-key': 'The header is not 1 to 255 visible ASCII characters.',
  unauthorized: 'There is no key, or it is unknown, revoked or expired.',
  forbidden:
    'The key lacks `required_scope`; or `detail` says why: the tenant is suspended, or the model is one for every tenant.',
  'not-found': 'There is no such path or thing, or it is another tenant’s.',
  'method-not-allowed': '`Allow` says what the path takes.',
  'not-acceptable': '`Accept` excludes what the route has: events are `text/event-stream`.',
  'request-timeout': 'The headers or the body came too slowly.',
  'no-default-version':
    'The model has no alias `production`, and not exactly one version is ready: name one.',
  'version-not-ready': 'The version is being imported, or its import failed.',
  'version-archived': 'The version takes no new jobs.',
  'already-exists':
    'A tenant of that name, or a model, the tenant’s or one for every tenant; of an import: the model has that version already.',
  'in-use': 'An alias, or a job, batch, evaluation or import that has not ended, needs it.',
  'promotion-blocked':
    'Gates hold for the alias, and no evaluation shows that the version meets them; `failed_gates` lists those.',
  'not-terminal':
    'The job, or its batch or evaluation, has not ended, so its data cannot be purged: cancel it first.',
  'idempotency-in-progress': 'A request with this key is under way.',
  'precondition-failed': 'The alias is not what `If-Match` says any more.',
  'payload-too-large': 'The body or the file has more bytes than the server takes.',
  'unsupported-media-type': 'The body is not `application/json` (an upload: not `multipart/form-data`).',
  validation: 'A field is missing, unknown or wrong; `errors` points to each.',
  'invalid-input': 'No items, or an empty text. Of an item: the model has no answer to it.',
  'invalid-text': 'A text holds U+0000 or half a surrogate pair.',
  'text-too-long': 'A text, or all of a job, has too many characters.',
  'too-many-inputs': 'A job has too many items.',
  'output-too-large':
    'The answer would be larger than 64 MiB: ask for less of it. Of items; of lines of a batch also where its outputs together are more than it may have.',
  'webhook-disabled': 'Nothing is sent to the endpoint until it is enabled again.',
  'task-not-supported': 'The version does not answer that task; `supported` lists those it does.',
  'idempotency-key-reused': 'The key came with another body before.',
  'webhook-url-invalid': 'The URL may not be called; `detail` says why, and what may.',
  'rate-limited': 'The key has made as many requests as it may for now; `Retry-After`.',
  'quota-exceeded': 'The tenant has as many items queued or running as it may; `Retry-After`.',
  'headers-too-large': 'The headers have more than 16 KiB.',
  internal: 'A bug; the log has more under the `request_id`.',
  overloaded:
    'The backlog is full, the database does not answer, or (`/readyz`) a process is missing; `Retry-After`.',
  'call-timeout':
    'Of dialects: the job of a call that waits for its answer did not end in time, and was canceled.',
  'storage-full': 'The disk is full.',
  'wrong-schema': 'No answer of HTTP: a process that cannot start says so.',
  'redis-evicts-keys':
    'No answer of HTTP: a process does not start with a Redis that may drop what it holds.',
  'artifacts-unavailable':
    'No answer of HTTP: the bucket of `HEDDLE_ARTIFACTS` does not exist or refuses the keys of the settings, or the folder cannot be written. Of an import: the store could not be used for too long.',
  'provider-unavailable':
    'No answer of HTTP: a worker that cannot use its `HEDDLE_PROVIDER` says what is missing.',
} as const;

const OF_IMPORTS = {
  'not-a-checkpoint': 'No configuration or no weights where they should be.',
  'invalid-config': 'The configuration, or its labels, are wrong.',
  'unsupported-architecture': 'Not a DeBERTa that can be compiled.',
  'invalid-weights': 'The weights are damaged.',
  'unsupported-weights': 'The weights are of a format or type that is not read.',
  'unsafe-pickle': 'A `.bin` would run code.',
  'unsafe-path': 'A file names one outside its folder.',
  'unsafe-archive': 'An archive is damaged, or would write where it must not.',
  'archive-limits': 'An archive has too many entries, or unpacks to too much.',
  'missing-tensors': 'Weights are missing or have another shape; each is named.',
  'model-nonfinite': 'Weights or answers are not finite.',
  'unsupported-tokenizer': 'The tokenizer is missing, damaged, or does not fit the model.',
  'import-limits': 'It took too much time or memory.',
  'quality-loss':
    'The compiled model does not compute what the source weights say, or its fp16 or int8 variant does not answer as float32 does.',
  'artifact-corrupt': 'A stored file is not what it was when it came.',
} as const;

const OF_ITEMS = {
  'input-too-long': 'More tokens (`actual`) than the version takes (`max`); `truncate` cuts.',
  'no-mask-token': 'The text says no `[MASK]`.',
  'tokenizer-error': 'The tokenizer cannot read the text.',
  'non-finite-output': 'The model answered with what is no number.',
} as const;

const OF_BATCHES = {
  'empty-file': 'The file has no line that is not blank.',
  'not-utf8': 'The file holds bytes that are not UTF-8.',
  'too-many-lines': 'The file has more than 50,000 lines; a data set more than 200,000 examples.',
  'duplicate-custom-id': 'A line before has the same `custom_id`.',
  'invalid-url': 'Of OpenAI’s form: the line goes to another endpoint than its batch.',
  'line-too-long': 'The line has more than 1 MiB.',
  canceled: 'The line had not run when the batch, or its job, was canceled.',
  'batch-expired': 'The line had not run when `window_s` had passed.',
} as const;

const OF_JOBS = {
  'all-items-failed': 'Every item has an error; `results` has them. Of evaluations: no example was answered.',
  'attempts-exhausted': 'The job lost its worker too often.',
  'worker-crashed': 'The process that ran it, alone, died again and again; also of imports.',
  'inference-timeout': 'A forward pass took too long.',
  'model-unavailable': 'No worker can load the version.',
  'deadline-exceeded': '`deadline_s` passed; the job is `expired`.',
} as const;

const SECTIONS = {
  'Of requests': OF_REQUESTS,
  'Of imports: `error` of a version that is `failed`': OF_IMPORTS,
  'Of items: `error` in `results`': OF_ITEMS,
  'Of batches: their `errors`, and `error` of lines; with `malformed-json`, `validation`, and those of items and jobs':
    OF_BATCHES,
  'Of jobs: `error` of one that is `failed` or `expired`': OF_JOBS,
};
/** Every code means something; the compiler sees to it. */
const MEANINGS = { ...OF_REQUESTS, ...OF_IMPORTS, ...OF_ITEMS, ...OF_BATCHES, ...OF_JOBS } satisfies Record<
  ErrorCode,
  string
>;

/** The tables of errors in docs/http-api.md. */
export function errorsAsMarkdown(): string {
  return Object.entries(SECTIONS)
    .map(([title, codes]) => [`### ${title}`, '', ...table(Object.keys(codes) as ErrorCode[])].join('\n'))
    .join('\n\n');
}

function table(codes: ErrorCode[]): string[] {
  const rows = codes.map((code) => {
    const { status, retryable } = ERRORS[code];
    return `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${MEANINGS[code]} |`;
  });
  return ['| code | status | retry | meaning |', '|---|---|---|---|', ...rows];
}
