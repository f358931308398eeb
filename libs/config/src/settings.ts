import { LIMITS, parseRedisUrl, REDIS_URL_HELP } from '@heddle/contracts';
import { z } from 'zod';
import { ENGINE_SETTINGS } from './engine-settings.js';
import { FLEET_SETTINGS } from './fleet-settings.js';
import { setting } from './setting.js';
import {
  bucketUrl,
  count,
  defaultDataDir,
  flag,
  IMPORT_MEMORY_SHARE,
  milliseconds,
  networks,
  port,
  seconds,
  serverUrl,
  steps,
  usableMemoryMib,
} from './values.js';

/**
 * Every environment variable Heddle reads. docs/configuration.md is generated from this table. It is as long as there are settings:
 * those of the engine and of the fleet have files of their own, the others are read in this order.
 */
export const SETTINGS = {
  HEDDLE_HOST: setting(z.string().min(1), '127.0.0.1', 'Address the HTTP server listens on.'),
  HEDDLE_PORT: setting(port, '8080', 'Port of the HTTP server; 0 takes a free one.'),
  HEDDLE_DATA_DIR: setting(
    z.string().min(1),
    defaultDataDir(),
    'Folder of everything Heddle keeps: the embedded Postgres, model artefacts, locks.',
    '`/var/lib/heddle` as root, else `~/.local/share/heddle`',
  ),
  HEDDLE_DATABASE_URL: setting(
    serverUrl('postgres:', 'postgresql:').optional(),
    undefined,
    'Postgres server (13 or newer). Without it `npx heddle up` starts the embedded one; every other process needs it.',
  ),
  HEDDLE_REDIS_URL: setting(
    z
      .string()
      .refine((url) => parseRedisUrl(url) !== null, { message: REDIS_URL_HELP })
      .optional(),
    undefined,
    'Redis of the dispatch window, with `maxmemory-policy noeviction`: a server (`redis://host:6379`), one behind sentinels or a cluster ([Redis](redis.md)). Without it the window lives in Postgres.',
  ),
  HEDDLE_ARTIFACTS_DIR: setting(
    z.string().min(1).optional(),
    undefined,
    'Folder of the content-addressed files: those of models, and uploaded ones ([files](files.md#where-bytes-are)).',
    '`$HEDDLE_DATA_DIR/artifacts`',
  ),
  HEDDLE_ARTIFACTS: setting(
    bucketUrl.optional(),
    undefined,
    'A bucket in place of that folder, so that processes on many machines share the files: `s3://bucket` or `s3://bucket/prefix`, of Amazon S3 or of a server that speaks like it ([files](files.md#s3)).',
  ),
  HEDDLE_S3_ENDPOINT: setting(
    serverUrl('http:', 'https:').optional(),
    undefined,
    'Address of the server of the bucket, where it is not Amazon’s.',
  ),
  HEDDLE_S3_REGION: setting(z.string().min(1), 'us-east-1', 'Region of the bucket.'),
  HEDDLE_S3_ACCESS_KEY_ID: setting(
    z.string().min(1).optional(),
    undefined,
    'Key of the bucket.',
    'what the machine has: `AWS_…` variables, a profile, a role',
  ),
  HEDDLE_S3_SECRET_ACCESS_KEY: setting(
    z.string().min(1).optional(),
    undefined,
    'Secret of that key.',
    'likewise',
  ),
  HEDDLE_S3_FORCE_PATH_STYLE: setting(
    flag.optional(),
    undefined,
    'Whether the bucket is part of the path of addresses, not of the host name.',
    '`true` with HEDDLE_S3_ENDPOINT, else `false`',
  ),
  HEDDLE_CACHE_DIR: setting(
    z.string().min(1).optional(),
    undefined,
    'Folder where a worker lays out the model versions it serves.',
    '`$HEDDLE_DATA_DIR/cache`',
  ),
  HEDDLE_LOG_LEVEL: setting(
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']),
    'info',
    'Least severe level that is logged; `warn` where `npm start` or `npx heddle up` starts the process. Texts of users are never logged at any level.',
  ),
  HEDDLE_METRICS: setting(
    z.enum(['operate', 'open', 'off']),
    'operate',
    'Who may read `GET /metrics` of the api ([metrics](metrics.md)): keys with the scope `operate`, everybody (`open`), or nobody (`off`).',
  ),
  HEDDLE_DISPATCHER_METRICS_PORT: setting(
    port.optional(),
    undefined,
    'Port where a dispatcher serves `GET /metrics` on `HEDDLE_HOST`, to everybody. Without it, it serves none.',
  ),
  HEDDLE_WORKER_METRICS_PORT: setting(
    port.optional(),
    undefined,
    'Port where a worker serves `GET /metrics` on `HEDDLE_HOST`, to everybody. Without it, it serves none.',
  ),
  HEDDLE_DATABASE_POOL: setting(
    count.max(1000),
    '10',
    'Postgres connections of one process at most, for everything but the dispatch window; without Redis two more for signals.',
  ),
  HEDDLE_QUEUE_POOL: setting(
    z.coerce.number().int().min(2).max(1000),
    '8',
    'Without Redis: Postgres connections of one dispatcher or worker at most for the dispatch window, however many model versions are served.',
  ),
  HEDDLE_MAX_BODY_BYTES: setting(
    count,
    String(LIMITS.maxBodyBytes),
    'Bytes of a request body after decompression.',
  ),
  HEDDLE_MAX_QUEUED_ITEMS_PER_TENANT: setting(
    count,
    String(LIMITS.maxQueuedItemsPerTenant),
    'Items of one tenant that may be queued or running; beyond, 429 `quota-exceeded`.',
  ),
  HEDDLE_MAX_QUEUED_ITEMS: setting(
    count,
    String(LIMITS.maxQueuedItems),
    'Items of all tenants that may be queued or running; beyond, 503 `overloaded`.',
  ),
  HEDDLE_RATE_LIMIT_PER_MIN: setting(
    z.coerce.number().int().min(0).max(LIMITS.maxRateLimitPerMin),
    String(LIMITS.rateLimitPerMin),
    'Requests a minute of one key, where neither the key nor its tenant has a limit of its own; beyond, 429 `rate-limited`. 0 is no limit. Each api process counts for itself ([keys](keys.md)).',
  ),
  HEDDLE_DIALECT_TIMEOUT_MS: setting(
    milliseconds,
    '30000',
    'How long a call of a [dialect](dialects.md) that waits for its answer may take; then its job is canceled, and the call gets 504.',
  ),
  HEDDLE_TEI_MAX_BATCH: setting(
    z.coerce.number().int().min(1).max(LIMITS.maxInputsPerJob),
    '32',
    'Texts of one request to the routes of [text-embeddings-inference](dialects.md#text-embeddings-inference).',
  ),
  HEDDLE_SESSION_IDLE_S: setting(
    seconds,
    '28800',
    'How long somebody stays signed in to the [dashboard](dashboard.md) without a request.',
  ),
  HEDDLE_SESSION_MAX_S: setting(
    seconds,
    '604800',
    'How long somebody stays signed in to the dashboard at most.',
  ),
  HEDDLE_SECURE_COOKIES: setting(
    flag.optional(),
    undefined,
    'Whether browsers send the cookie of a session by TLS alone ([dashboard](dashboard.md#by-tls)).',
    'whether HEDDLE_PUBLIC_URL begins with `https:`, else what the proxy says in `X-Forwarded-Proto`',
  ),
  HEDDLE_DASHBOARD_DIR: setting(
    z.string().min(1).optional(),
    undefined,
    'Folder of the files of the dashboard.',
    'that of the installation',
  ),
  HEDDLE_PUBLIC_URL: setting(
    serverUrl('http:', 'https:')
      .transform((url) => url.replace(/\/+$/, ''))
      .optional(),
    undefined,
    'Where clients reach the api, such as `https://heddle.example.com`, for the absolute URLs of problems and of what the Replicate dialect answers with. Behind a proxy that ends TLS it is needed.',
    '`http://` and the `Host` of the request',
  ),
  HEDDLE_MAX_MODEL_BYTES: setting(
    count,
    String(LIMITS.maxModelBytes),
    'Bytes of one uploaded file of a model.',
  ),
  HEDDLE_MAX_FILE_BYTES: setting(
    count,
    String(LIMITS.maxFileBytes),
    'Bytes of one uploaded file of any other purpose.',
  ),
  HEDDLE_MAX_STORED_FILES_PER_TENANT: setting(
    count,
    String(LIMITS.maxStoredFilesPerTenant),
    'Files of one tenant that are kept at the same time; beyond, an upload gets 429 `quota-exceeded`.',
  ),
  HEDDLE_MAX_STORED_BYTES_PER_TENANT: setting(
    count,
    String(LIMITS.maxStoredBytesPerTenant),
    'Bytes of these files together; beyond, likewise.',
  ),
  HEDDLE_MAX_UPLOADING_BYTES_PER_TENANT: setting(
    count,
    String(LIMITS.maxUploadingBytesPerTenant),
    'Bytes of uploads of one tenant that an api process takes at the same time; beyond, an upload gets 429 `quota-exceeded`. One alone is taken whatever this says.',
  ),
  HEDDLE_MAX_UPLOADING_BYTES: setting(
    count,
    String(LIMITS.maxUploadingBytes),
    'Bytes of uploads of all tenants likewise; beyond, 503 `overloaded`. Where uploads lie there must be room for them.',
  ),
  HEDDLE_MAX_BATCH_OUTPUT_BYTES: setting(
    count,
    String(LIMITS.maxBatchOutputBytes),
    'Bytes of the outputs of one batch; lines that have not run by then fail with `output-too-large` ([batches](batches.md)).',
  ),
  HEDDLE_IMPORT_TIMEOUT_MS: setting(
    milliseconds,
    '1800000',
    'Longest a worker may compile and verify one model, and longest it waits for an artefact store that is away; then the import has failed.',
  ),
  HEDDLE_IMPORT_MEMORY_MIB: setting(
    count.max(16 * 1024 * 1024),
    String(Math.max(1, Math.floor(usableMemoryMib() * IMPORT_MEMORY_SHARE))),
    'Memory of the process that compiles a model; beyond it the import has failed.',
    'three quarters of the memory',
  ),
  ...ENGINE_SETTINGS,
  ...FLEET_SETTINGS,
  HEDDLE_WORKER_CONCURRENCY: setting(
    count.max(10_000),
    '256',
    "Jobs of one model version that a worker holds at a time; so many tenants' long jobs run side by side.",
  ),
  HEDDLE_LEASE_MS: setting(
    milliseconds.min(1000),
    '60000',
    'How long a claimed job stays with a worker that does not extend its lease, before it is queued again. One that has not been heard of for 30 s loses its jobs in any case.',
  ),
  HEDDLE_DRAIN_MS: setting(
    milliseconds,
    '25000',
    'How long a stopping worker may finish what it has claimed; the rest goes back to the queue.',
  ),
  HEDDLE_RECONCILE_INTERVAL_MS: setting(
    milliseconds,
    '5000',
    'How often the dispatcher repairs rows whose queue entry or worker was lost.',
  ),
  HEDDLE_RETENTION_INTERVAL_MS: setting(
    milliseconds,
    '10000',
    'How often the dispatcher looks for jobs whose inputs and results have expired, and for rows to remove.',
  ),
  HEDDLE_JOB_RETENTION_DAYS: setting(
    count.max(3650),
    '30',
    'How long the row of a job stays after its inputs and results were removed; then the job is not found any more, and its `Idempotency-Key` may be used again.',
  ),
  HEDDLE_BATCH_RETENTION_DAYS: setting(
    count.max(3650),
    '30',
    'How long the output and error files of a batch are kept; the batch itself is, `HEDDLE_JOB_RETENTION_DAYS` longer.',
  ),
  HEDDLE_ARTIFACT_SWEEP_INTERVAL_MS: setting(
    z.coerce.number().int().min(0).max(86_400_000),
    '0',
    'How often the dispatcher removes from the artefact store what no version and no file has any more; 0 is never. Only for a store that no other database uses: what others have there looks the same.',
  ),
  HEDDLE_ARTIFACT_GRACE_MS: setting(
    z.coerce.number().int().min(0).max(2_592_000_000),
    '86400000',
    'How long an artefact that nothing has stays in the store; 30 days at most.',
  ),
  HEDDLE_DISPATCH_POLL_MS: setting(
    milliseconds,
    '100',
    'How often the dispatcher looks for new jobs when no signal woke it; every 250 ms at most while nothing waits, and every second when nothing has waited for 5 s.',
  ),
  HEDDLE_WEBHOOK_ALLOW_HTTP: setting(
    flag,
    'false',
    'Whether URLs of webhooks may be `http:` beside `https:`. What is sent can then be read and changed on the way; the signature still tells of changes.',
  ),
  HEDDLE_WEBHOOK_ALLOW_CIDRS: setting(
    networks.optional(),
    undefined,
    'Networks that webhooks may call although they are not public, such as `10.20.0.0/16,fd00:20::/32`. Whoever may make a webhook can then reach every service there, on the ports that webhooks may name.',
    'none',
  ),
  HEDDLE_WEBHOOK_ALLOW_PRIVATE: setting(
    flag,
    'false',
    'Whether webhooks may call this machine and private networks. For development: whoever may make a webhook can reach what only your machines should.',
  ),
  HEDDLE_WEBHOOK_SCHEDULE: setting(
    steps.optional(),
    undefined,
    'Seconds before the second, third, … attempt to deliver an event, each ± 20 %, such as `1,1,2` for tests. When it is set, no wait is lengthened to 60 s after 429, 502, 503 and 504.',
    '`5,300,1800,7200,18000,36000,50400,72000,86400`',
  ),
  HEDDLE_COMMIT: setting(
    z
      .string()
      .regex(/^[0-9a-f]{7,64}$/, 'must be the hash of a commit')
      .optional(),
    undefined,
    'The commit that `GET /healthz` names, for images and packages.',
    'that of the checkout, where there is one',
  ),
  HEDDLE_PRETTY_LOGS: setting(flag, 'false', 'Logs for people instead of one JSON object a line.'),
} as const;

type Settings = typeof SETTINGS;
/** All settings by the name of their variable. */
export type Environment = { [Name in keyof Settings]: z.output<Settings[Name]['schema']> };
