/**
 * Collects what one event leads to, with all that is promised to follow at once, or what is given while a sending is
 * under way; and sends it together afterwards, however fast it comes. Somebody waits for it, so it does not wait for other events.
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
      sending ??= settled().then(drain);
    },
    whenEmpty: async () => sending,
  };
}

/** Resolves when no promise has anything left to do. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
