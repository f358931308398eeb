import { setTimeout as sleep } from 'node:timers/promises';
import { HeddleError } from '@heddle/contracts';
import type { Logger } from './logger.js';

/** A repeated piece of work that can be woken early and stopped between two rounds. */
export interface Loop {
  /** Starts the next round now, or right after the present one. */
  wake(): void;
  /** Resolves when the present round has ended. */
  stop(): Promise<void>;
}

/**
 * Runs `round` again after `intervalMs`, asked after each round where it is a function, and when woken. A failed round is logged and tried again: a database or queue
 * that is away is expected, anything else is a bug and logged as one.
 */
export function startLoop(
  name: string,
  intervalMs: number | (() => number),
  logger: Logger,
  round: () => Promise<void>,
): Loop {
  let stopped = false;
  let woken = false;
  let pause = new AbortController();

  const ended = (async () => {
    while (!stopped) {
      woken = false;
      await round().catch((error: unknown) => {
        if (!stopped) logFailure(logger, name, error);
      });
      if (woken || stopped) continue;
      pause = new AbortController();
      const pauseMs = typeof intervalMs === 'number' ? intervalMs : intervalMs();
      await sleep(pauseMs, undefined, { signal: pause.signal }).catch(ignoreAbort);
    }
  })();

  const wake = () => {
    woken = true;
    pause.abort();
  };
  return {
    wake,
    stop: () => {
      stopped = true;
      wake();
      return ended;
    },
  };
}

/** A database that is away is expected and heals by itself; anything else is logged as the bug it may be. */
export function logFailure(
  logger: Logger,
  name: string,
  error: unknown,
  fields: Record<string, unknown> = {},
): void {
  if (error instanceof HeddleError && error.code === 'overloaded') {
    logger.warn({ ...fields, error: error.message }, `${name}: a dependency is away, trying again`);
  } else logger.error({ ...fields, error }, `${name} failed`);
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
}
