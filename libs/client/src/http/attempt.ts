import { ConnectionError, HeddleError, TimeoutError } from '../errors.js';

/** One try of a request: a signal that follows the caller's, and a clock that may stand in for it. */
export class Attempt {
  private readonly controller = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private timedOut = false;
  private readonly onAbort = () => this.controller.abort(this.caller?.reason);

  /** Throws the reason of a signal that is aborted already. */
  constructor(private readonly caller: AbortSignal | undefined) {
    caller?.throwIfAborted();
    caller?.addEventListener('abort', this.onAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Breaks the try off after so many milliseconds from now; 0: never. In place of any clock before. */
  limit(ms: number): void {
    clearTimeout(this.timer);
    if (ms === 0) return;
    this.timer = setTimeout(() => {
      this.timedOut = true;
      this.controller.abort(new TimeoutError(`no answer within ${ms} ms`));
    }, ms);
  }

  /**
   * What reading comes to, or the end of the try where that is earlier: what Node's fetch breaks off by a signal is its own to
   * forget, and half a body would never end once its request is garbage.
   */
  until<T>(reading: Promise<T>): Promise<T> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      // What has come already is read all the same: a fetch of the caller's may have waited for it.
      if (signal.aborted) setTimeout(onAbort, 0);
      signal.addEventListener('abort', onAbort, { once: true });
      reading.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    });
  }

  /** To be called once the answer is read, or will not be. */
  end(): void {
    clearTimeout(this.timer);
    this.caller?.removeEventListener('abort', this.onAbort);
  }

  /** What to throw for what `fetch` or reading has thrown. */
  errorFor(error: unknown, what: string): unknown {
    if (this.caller?.aborted) return this.caller.reason;
    if (this.timedOut) return this.controller.signal.reason;
    if (error instanceof HeddleError) return error;
    return new ConnectionError(`${what} (${reasonOf(error)})`, { cause: error });
  }
}

/** Waits so many milliseconds. Throws the signal's reason when it is aborted. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const done = () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    };
    const timer = setTimeout(done, ms);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Node puts the reason of "fetch failed" into its cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = (error ?? {}) as {
    cause?: { code?: string; message?: string };
    message?: string;
  };
  return cause?.code ?? cause?.message ?? message ?? String(error);
}
