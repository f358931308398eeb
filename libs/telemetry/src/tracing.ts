import { hostname } from 'node:os';
import type { Logger } from './logger.js';

/**
 * Spans of OpenTelemetry, one trace for all that becomes of a request. Attributes are ids, names of models and routes,
 * codes and counts: never a text, a key or a URL.
 */
export interface Tracing {
  /**
   * Begins a span beneath `parent`, a `traceparent` of W3C. Without a parent it is one of a trace of its own where
   * `isRoot`, else none: only requests begin traces.
   */
  begin(name: string, options: BeginOptions): Span;
  /** Sends what has not been sent yet, for a few seconds at most. */
  close(): Promise<void>;
}

export interface BeginOptions {
  parent: string | null | undefined;
  kind: 'server' | 'producer' | 'consumer' | 'client' | 'internal';
  /** Asked only where the span is recorded. */
  attributes?: () => Attributes;
  isRoot?: boolean;
  /** Unix time in milliseconds, where it began before this call. */
  startMs?: number;
}

export type Attributes = Record<string, string | number | boolean>;

export interface Span {
  /** For those who go on from here; the parent's where this span is not recorded, null where there is none. */
  readonly traceparent: string | null;
  readonly isRecorded: boolean;
  /** `attributes` is asked only where the span is recorded. */
  set(attributes: () => Attributes): void;
  /** `failure`: the code of what went wrong; `endMs`: Unix time in milliseconds where it is not now. */
  end(failure?: string | null, endMs?: number): void;
}

export interface TracingOptions {
  /** `api`, `dispatcher`, `worker`. */
  process: string;
  version: string;
  logger: Logger;
  env?: NodeJS.ProcessEnv;
}

/** Records nothing; what follows goes on from the parent. */
export const NO_TRACING: Tracing = {
  begin: (_name, { parent }) => unrecorded(parent ?? null),
  close: async () => undefined,
};

/** What is in place of a span that is not recorded. */
export function unrecorded(traceparent: string | null): Span {
  return { traceparent, isRecorded: false, set: () => undefined, end: () => undefined };
}

/** Where a collector is named, and nobody said otherwise, in the standard variables. */
export function isTracingOn(env: NodeJS.ProcessEnv): boolean {
  const isNamed = Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
  const isOff = env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none';
  return isNamed && !isOff;
}

/**
 * Traces as the standard `OTEL_…` variables say: to a collector by OTLP as JSON over HTTP. Without an endpoint there, the
 * libraries of OpenTelemetry are not even loaded.
 */
export async function openTracing(options: TracingOptions): Promise<Tracing> {
  const { process: name, version, logger, env = process.env } = options;
  if (!isTracingOn(env)) return NO_TRACING;
  const { startRecorder } = await import('./recorder.js');
  return startRecorder(
    {
      'service.name': env.OTEL_SERVICE_NAME || `heddle-${name}`,
      'service.version': version,
      'host.name': hostname(),
      'process.pid': process.pid,
    },
    logger,
  );
}
