import type { AttemptError } from '../exchange.js';

/** Why an attempt failed, by the network's or the receiver's doing. */
export class AttemptFailure extends Error {
  constructor(
    readonly reason: AttemptError,
    cause?: unknown,
  ) {
    super(reason, { cause });
    this.name = 'AttemptFailure';
  }
}
