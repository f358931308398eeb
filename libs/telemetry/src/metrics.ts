import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Gauge, Registry } from 'prom-client';
import type { Logger } from './logger.js';

export { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Bounds of what takes milliseconds to a minute, in seconds. */
export const SECONDS_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** The metrics of one process, with those that every process has. Nothing is measured until somebody asks. */
export function createMetrics(build: { version: string; commit: string | null }): Registry {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: 'heddle_build_info',
    help: 'What runs; always 1.',
    labelNames: ['version', 'commit'],
    aggregator: 'max',
    registers,
  }).set({ version: build.version, commit: build.commit ?? '' }, 1);
  new Gauge({
    name: 'heddle_event_loop_lag_seconds',
    help: 'How long the event loop took to its next turn when it was asked for this.',
    aggregator: 'max',
    registers,
    async collect() {
      const asked = performance.now();
      await new Promise((resolve) => setImmediate(resolve));
      this.set((performance.now() - asked) / 1000);
    },
  });
  new Gauge({
    name: 'heddle_process_memory_bytes',
    help: 'Memory of this process by kind, without that of processes it has started.',
    labelNames: ['kind'],
    registers,
    collect() {
      const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
      this.set({ kind: 'resident' }, rss);
      this.set({ kind: 'heap' }, heapTotal);
      this.set({ kind: 'heap_used' }, heapUsed);
      this.set({ kind: 'external' }, external);
    },
  });
  return registry;
}

export interface MetricsServer {
  /** Whether the process takes work: what `GET /readyz` says. False in the beginning. */
  isReady: boolean;
  close(): Promise<void>;
}

/**
 * Serves `GET /metrics`, for processes that serve nothing else, and probes: `/healthz` says that the event loop turns, and
 * nothing about what the process needs, `/readyz` whether it takes work. Rejects when the port cannot be had.
 */
export async function serveMetrics(
  registry: Registry,
  address: { host: string; port: number },
  logger: Logger,
): Promise<MetricsServer> {
  const metrics: MetricsServer = {
    isReady: false,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const server = createServer((request, response) => {
    const path = request.method === 'GET' ? request.url : undefined;
    if (path === '/healthz' || path === '/readyz') {
      response.writeHead(path === '/healthz' || metrics.isReady ? 200 : 503).end();
      return;
    }
    if (path !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      (error: unknown) => {
        logger.warn({ error }, 'metrics could not be read');
        response.writeHead(503).end();
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  logger.info({ port }, 'metrics are served');
  return metrics;
}
