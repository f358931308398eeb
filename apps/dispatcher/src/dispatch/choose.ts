import { type FairOrder, flowKey } from '@heddle/contracts';
import type { Candidate } from '@heddle/store';
import type { Window } from './window.js';

/**
 * Chooses candidates for the window in fair order, those of one flow in the order given, until the window admits
 * none or `limit` are chosen. The window and the order are brought up to date.
 */
export function choose(
  candidates: Candidate[],
  window: Window,
  order: FairOrder,
  limit: number,
): Candidate[] {
  const queues = new Map<string, { priority: number; tenantId: string; jobs: Candidate[]; next: number }>();
  for (const job of candidates) {
    const { priority, tenantId } = job;
    const queue = queues.get(flowKey(job)) ?? { priority, tenantId, jobs: [], next: 0 };
    queue.jobs.push(job);
    queues.set(flowKey(job), queue);
  }
  // Most of the time the window is full: who may add nothing is not compared with all the others.
  for (const [key, queue] of queues) if (!window.admits(queue)) queues.delete(key);
  const chosen: Candidate[] = [];
  while (chosen.length < limit) {
    const queue = order.first(queues.values());
    if (!queue) break;
    const job = queue.jobs[queue.next];
    if (job && window.admits(job)) {
      queue.next++;
      order.serve(job, job.cost);
      chosen.push({ ...job, goesAhead: window.letsAhead(job) });
      window.add(job);
    } else queues.delete(flowKey(queue));
  }
  return chosen;
}
