/** Seconds to wait after the first, second, … failed attempt. */
export interface Schedule {
  steps: readonly number[];
  /** Whether nobody set it; a schedule that was set is also below the least wait after some statuses. */
  isDefault: boolean;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Ten attempts in three days: 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h after the one before. */
export const DEFAULT_SCHEDULE: Schedule = {
  steps: [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR],
  isDefault: true,
};

/** How far a wait is from its step at most, so that what failed together does not return together. */
const JITTER = 0.2;
/** Who answers one of these has too much to do already. */
const BUSY = new Set([429, 502, 503, 504]);
const LEAST_WAIT_WHEN_BUSY_S = 60;
/** Statuses whose `Retry-After` is obeyed, up to this many times the wait there would be. */
const SAY_WHEN = new Set([429, 503]);
const LONGEST_SAID = 2;

export interface Failure {
  /** Attempts made so far, this one included (≥ 1). */
  attempts: number;
  statusCode: number | null;
  /** What the receiver asked for, in seconds. */
  retryAfterS: number | null;
}

/**
 * Seconds until the next attempt, or null when the schedule is used up: the step ± 20 %, but at least 60 s after 429,
 * 502, 503 and 504, save where the schedule was set; after 429 and 503 what `Retry-After` asks for, but neither less
 * than that nor more than twice as much.
 *
 * @param random uniform in [0, 1)
 */
export function delayAfter(failure: Failure, schedule: Schedule, random: () => number): number | null {
  const step = schedule.steps[failure.attempts - 1];
  if (step === undefined) return null;
  const status = failure.statusCode ?? 0;
  const least = BUSY.has(status) && schedule.isDefault ? LEAST_WAIT_WHEN_BUSY_S : 0;
  if (SAY_WHEN.has(status) && failure.retryAfterS !== null) {
    const base = Math.max(step, least);
    return Math.min(Math.max(failure.retryAfterS, base), LONGEST_SAID * base);
  }
  return Math.max(step * (1 - JITTER + 2 * JITTER * random()), least);
}
