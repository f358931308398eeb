import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Context,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Logger } from './logger.js';
import { type Attributes, type Tracing, unrecorded } from './span.js';

/** A collector that is away must not hold up the end of a process. */
const CLOSE_TIMEOUT_MS = 3_000;

const KINDS = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
  internal: SpanKind.INTERNAL,
} as const;
const TRACEPARENT = /^00-([\da-f]{32})-([\da-f]{16})-0([01])$/;

/** Imported only where traces are on. Sampling, batching and the collector are as the `OTEL_…` variables say. */
export function startRecorder(resource: Attributes, logger: Logger): Tracing {
  // The SDK says here that a collector is away: spans are lost, nothing else is.
  const warn = (message: string) => logger.warn({ reason: message.slice(0, 500) }, 'traces are disturbed');
  const ignore = () => undefined;
  diag.setLogger(
    { error: warn, warn, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const processor = new BatchSpanProcessor(new OTLPTraceExporter());
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes(resource).merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer('heddle');
  return {
    begin: (name, { parent, kind, attributes, isRoot = false, startMs }) => {
      const context = contextOf(parent);
      if (!context && !isRoot) return unrecorded(parent ?? null);
      const span = tracer.startSpan(
        name,
        {
          kind: KINDS[kind],
          ...(startMs === undefined ? {} : { startTime: startMs }),
        },
        context ?? ROOT_CONTEXT,
      );
      if (!span.isRecording()) return unrecorded(traceparentOf(span.spanContext()));
      if (attributes) span.setAttributes(attributes());
      return {
        traceparent: traceparentOf(span.spanContext()),
        isRecorded: true,
        set: (more) => void span.setAttributes(more()),
        end: (failure, endMs) => {
          if (failure) {
            span.setAttribute('error.type', failure);
            span.setStatus({ code: SpanStatusCode.ERROR });
          }
          span.end(endMs);
        },
      };
    },
    close: async () => {
      const closed = provider
        .shutdown()
        .catch((error: unknown) => logger.warn({ error }, 'the last traces were not sent'));
      await Promise.race([closed, sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    },
  };
}

function contextOf(traceparent: string | null | undefined): Context | null {
  const match = TRACEPARENT.exec(traceparent ?? '');
  if (!match) return null;
  const [, traceId, spanId, flag] = match as unknown as [string, string, string, string];
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: Number(flag), isRemote: true });
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-0${traceFlags & 1}`;
}
