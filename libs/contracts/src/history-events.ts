/** An event of a batch or an evaluation before its last; `id` numbers its events, the same on every connection. */
export type HistoryEvent<State extends string> =
  | { id: number; event: 'status'; data: { id: string; status: State; sequence: number; at: string } }
  | { id: number; event: 'progress'; data: { done: number; total: number } };
