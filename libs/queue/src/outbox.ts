import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Collects what is given in one turn of the event loop or while a sending is under way, and sends it together
 * afterwards, however fast it comes.
 */
export interface Outbox {
  add(items: string[]): void;
  /** Resolves when everything that was added has been sent. */
  whenEmpty(): Promise<void>;
}

/** `send` is never called twice at a time, with each item once; it must not reject. */
export function createOutbox(send: (items: string[]) => Promise<void>): Outbox {
  let waiting = new Set<string>();
  let sending: Promise<void> | undefined;

  async function drain(): Promise<void> {
    while (waiting.size > 0) {
      const items = [...waiting];
      waiting = new Set();
      await send(items);
    }
    // In the same tick as the look at what waits: what is added from here on starts anew.
    sending = undefined;
  }

  return {
    add: (items) => {
      for (const item of items) waiting.add(item);
      sending ??= nextTurn().then(drain);
    },
    whenEmpty: async () => sending,
  };
}
