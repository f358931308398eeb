export { createLogger, type Logger } from './logger.js';
export { type Loop, logFailure, startLoop } from './loop.js';
export {
  Counter,
  createMetrics,
  Gauge,
  Histogram,
  type Registry,
  SECONDS_BUCKETS,
  serveMetrics,
} from './metrics.js';
export { exitOnBugs, stopOnSignals } from './process-guard.js';
export {
  answerMetrics,
  askMetrics,
  mergedMetrics,
  type ProcessMetrics,
  tellMetrics,
} from './sibling-metrics.js';
export { NO_TRACING, type Span, type Tracing } from './span.js';
export { openTracing } from './tracing.js';
