/** How long a version must be without a worker: others may be on their way in a fleet that is replaced. */
const PATIENCE_MS = 30_000;

/**
 * Tells which versions no worker could run for half a minute in a row. A worker's own quarantine says nothing of that: another
 * that ran the version may have gone a moment ago.
 */
export class Patience {
  private since = new Map<string, number>();

  /** Of the versions that a look found, those that every look has for long enough; `now` in milliseconds, as of `performance`. */
  hasEndedFor(versions: string[], now = performance.now()): string[] {
    this.since = new Map(versions.map((version) => [version, this.since.get(version) ?? now]));
    return versions.filter((version) => now - this.since.get(version)! >= PATIENCE_MS);
  }

  /** Of looks that failed: what was found before no longer counts. */
  beginAnew(): void {
    this.since.clear();
  }
}
