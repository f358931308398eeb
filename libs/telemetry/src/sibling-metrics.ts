import { AggregatorRegistry, type Registry } from 'prom-client';
import type { Logger } from './logger.js';

/** The metrics of one process as they go to another. */
export type ProcessMetrics = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** What a launcher and the processes that it keeps say to one another of metrics. */
type Message =
  | { type: 'metrics-wanted'; id: number }
  | { type: 'metrics'; id: number; metrics: ProcessMetrics[] };

/** The other end of a process: its launcher, or a child. */
interface Channel {
  send?(message: Message, done: () => void): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  off(event: 'message', listener: (message: unknown) => void): unknown;
}

/** Longer than a healthy process takes, shorter than a scrape may. */
const PATIENCE_MS = 5_000;
let lastId = 0;

/** Metrics that the other end gathers; none where it says nothing in time, as one that is just being replaced. */
export function askMetrics(channel: Channel): Promise<ProcessMetrics[]> {
  const id = ++lastId;
  return new Promise((resolve) => {
    const end = (metrics: ProcessMetrics[]) => {
      clearTimeout(timer);
      channel.off('message', onMessage);
      resolve(metrics);
    };
    const onMessage = (message: unknown) => {
      if (isOurs(message) && message.type === 'metrics' && message.id === id) end(message.metrics);
    };
    const timer = setTimeout(() => end([]), PATIENCE_MS);
    channel.on('message', onMessage);
    send(channel, { type: 'metrics-wanted', id });
  });
}

/** Answers the other end with what `gather` resolves to, whenever it asks; with nothing where that fails, which `onError` is told. */
export function answerMetrics(
  channel: Channel,
  gather: () => Promise<ProcessMetrics[]>,
  onError: (error: unknown) => void,
): void {
  channel.on('message', (message) => {
    if (!isOurs(message) || message.type !== 'metrics-wanted') return;
    const { id } = message;
    const answer = (metrics: ProcessMetrics[]) => send(channel, { type: 'metrics', id, metrics });
    gather().then(answer, (error: unknown) => {
      onError(error);
      answer([]);
    });
  });
}

/** Answers the launcher of this process, where it has one, with the metrics of its registry. */
export function tellMetrics(registry: Registry, logger: Logger): void {
  answerMetrics(
    process,
    async () => [await registry.getMetricsAsJSON()],
    (error) => logger.warn({ error }, 'metrics could not be read'),
  );
}

/** In the text format of Prometheus: a process's own metrics and those of others, one family each, added up. */
export function mergedMetrics(all: ProcessMetrics[]): Promise<string> {
  return AggregatorRegistry.aggregate(all).metrics();
}

/** One that has ended hears nothing, which is no error: it is missed by its silence. */
function send(channel: Channel, message: Message): void {
  channel.send?.(message, () => undefined);
}

function isOurs(message: unknown): message is Message {
  const { type } = (message ?? {}) as { type?: unknown };
  return type === 'metrics-wanted' || type === 'metrics';
}
