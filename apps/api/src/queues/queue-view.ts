import { type Queue, type ScalingPolicy, toPublicId, workersFor } from '@heddle/contracts';
import type { QueueRecord } from '@heddle/store';

/** A queue as the API shows it to an instance that scales by `policy`. */
export function queueView(
  queue: QueueRecord,
  policy: Pick<ScalingPolicy, 'targetWaitS' | 'minWorkers'>,
): Queue {
  const [high, normal, low] = queue.queued;
  const { queuedTokens, tokensPerS, oldestAgeS } = queue;
  return {
    id: toPublicId('version', queue.id),
    object: 'queue',
    model: queue.model,
    version_number: queue.number,
    paused: queue.paused,
    queued: high + normal + low,
    running: queue.running,
    queued_by_priority: { high, normal, low },
    queued_tokens: queuedTokens,
    oldest_age_s: oldestAgeS === null ? null : inTenths(oldestAgeS),
    tokens_per_s: inTenths(tokensPerS),
    eta_s: tokensPerS > 0 ? inTenths(queuedTokens / tokensPerS) : null,
    workers: queue.workers,
    desired_workers: workersFor(queue, policy),
  };
}

function inTenths(value: number): number {
  return Math.round(value * 10) / 10;
}
