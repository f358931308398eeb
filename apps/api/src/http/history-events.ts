import type { HistoryEvent } from '@heddle/contracts';

/** For so long after the end, in milliseconds, are there `progress` events. */
const DETAIL_MS = 3_600_000;

/** What is written down of a batch or an evaluation: changes of state, and how many of its items were done. */
interface Recorded<State> {
  /** Public. */
  id: string;
  /** How many items it has. */
  total: number;
  history: readonly ({ status: State; at: string; sequence?: number } | number)[];
  completedAt: Date | null;
}

/**
 * The events that a history has: an entry's place in it, from 1 on, is the number of its event. A change of state has the
 * sequence number that it has brought, which is the event's where nothing else is said.
 */
export function historyEvents<State extends string>(
  { id, total, history, completedAt }: Recorded<State>,
  now = Date.now(),
): HistoryEvent<State>[] {
  const recent = !completedAt || now - completedAt.getTime() < DETAIL_MS;
  return history.flatMap((entry, i): HistoryEvent<State>[] => {
    const number = i + 1;
    if (typeof entry === 'number')
      return recent ? [{ id: number, event: 'progress', data: { done: entry, total } }] : [];
    const { status, sequence = number } = entry;
    const at = new Date(entry.at).toISOString();
    return [{ id: number, event: 'status', data: { id, status, sequence, at } }];
  });
}
