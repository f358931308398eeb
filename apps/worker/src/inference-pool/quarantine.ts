import { HeddleError } from '@heddle/contracts';
import { RecentEvents } from './recent-events.js';

interface QuarantineLimits {
  /** Crashes within `withinMs` after which a version runs no more for `forMs`. */
  crashes: number;
  withinMs: number;
  forMs: number;
}
const LIMITS: QuarantineLimits = { crashes: 5, withinMs: 60_000, forMs: 300_000 };

/** Versions that end their inference process again and again: others shall not wait for new processes meanwhile. */
export class Quarantine {
  private readonly crashes: RecentEvents<string>;
  /** When each may be tried again, in milliseconds of `performance.now()`. */
  private readonly ends = new Map<string, number>();

  constructor(private readonly limits = LIMITS) {
    this.crashes = new RecentEvents(limits.withinMs);
  }

  /** Counts a crash of a version; whether that begins its quarantine. */
  count(version: string): boolean {
    const isOver = this.crashes.count(version) >= this.limits.crashes;
    if (!isOver || this.holds(version)) return false;
    this.crashes.forget(version);
    this.ends.set(version, performance.now() + this.limits.forMs);
    return true;
  }

  holds(version: string): boolean {
    const end = this.ends.get(version);
    if (end === undefined) return false;
    if (performance.now() < end) return true;
    this.ends.delete(version);
    return false;
  }

  /** By version that it holds: seconds since it does. */
  seconds(): Record<string, number> {
    const held = [...this.ends].filter(([version]) => this.holds(version));
    const since = (end: number) => (performance.now() - end + this.limits.forMs) / 1000;
    return Object.fromEntries(held.map(([version, end]) => [version, since(end)]));
  }

  /** Throws `model-unavailable` for a version in quarantine. */
  check(version: string): void {
    if (!this.holds(version)) return;
    throw new HeddleError(
      'model-unavailable',
      'The model version crashed its inference process too often; this worker tries it again later.',
    );
  }

  forget(version: string): void {
    this.crashes.forget(version);
    this.ends.delete(version);
  }
}
