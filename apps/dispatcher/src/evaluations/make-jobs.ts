import { LIMITS } from '@heddle/contracts';
import type { EvaluationJob } from '@heddle/store';

/** When a job has enough items: estimated tokens, and bytes as JSON. */
const JOB = { cost: 4_096, bytes: 512 * 1024 };

/** An example's item as JSON text, and its estimated tokens. */
export interface CostedItem {
  place: number;
  json: string;
  cost: number;
}

/** Items as jobs: those of similar length together, so that forward passes have little padding. */
export function jobsOf(items: CostedItem[]): EvaluationJob[] {
  const lists: CostedItem[][] = [];
  let cost = Number.POSITIVE_INFINITY;
  let bytes = 0;
  for (const item of items.toSorted((a, b) => a.cost - b.cost)) {
    const isFull = cost + item.cost > JOB.cost || bytes + item.json.length > JOB.bytes;
    if (isFull || lists.at(-1)!.length === LIMITS.maxInputsPerJob) {
      lists.push([]);
      cost = 0;
      bytes = 0;
    }
    lists.at(-1)!.push(item);
    cost += item.cost;
    bytes += item.json.length;
  }
  return lists.map((list) => ({
    places: list.map((item) => item.place),
    inputs: `[${list.map((item) => item.json).join()}]`,
    cost: Math.max(
      1,
      list.reduce((sum, item) => sum + item.cost, 0),
    ),
  }));
}
