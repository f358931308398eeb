/** Counts events by key within a window of time that ends now. */
export class RecentEvents<Key> {
  private readonly times = new Map<Key, number[]>();

  constructor(private readonly windowMs: number) {}

  /** One more now; how many there were within the window, this one included. */
  count(key: Key): number {
    const now = performance.now();
    const recent = (this.times.get(key) ?? []).filter((time) => now - time < this.windowMs);
    recent.push(now);
    this.times.set(key, recent);
    return recent.length;
  }

  forget(key: Key): void {
    this.times.delete(key);
  }
}
