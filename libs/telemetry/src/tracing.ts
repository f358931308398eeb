import { hostname } from 'node:os';
import type { Logger } from './logger.js';
import { NO_TRACING, type Tracing } from './span.js';

interface TracingOptions {
  /** `api`, `dispatcher`, `worker`. */
  process: string;
  version: string;
  logger: Logger;
  env?: NodeJS.ProcessEnv;
}

/** Where a collector is named, and nobody said otherwise, in the standard variables. */
function isTracingOn(env: NodeJS.ProcessEnv): boolean {
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
