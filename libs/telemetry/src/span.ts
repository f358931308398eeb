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

interface BeginOptions {
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

/** Records nothing; what follows goes on from the parent. */
export const NO_TRACING: Tracing = {
  begin: (_name, { parent }) => unrecorded(parent ?? null),
  close: async () => undefined,
};

/** What is in place of a span that is not recorded. */
export function unrecorded(traceparent: string | null): Span {
  return { traceparent, isRecorded: false, set: () => undefined, end: () => undefined };
}
