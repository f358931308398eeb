import { HeddleError, type Provider } from '@heddle/contracts';
import type { GraphName, Sequence } from '@heddle/deberta';
import type { ChildExit } from '@heddle/runtime';
import type { ForwardPass } from '../batcher/batcher.js';
import { nameOf, type SessionRef } from '../residency/session-ref.js';
import { chooseSlot } from './choose-slot.js';
import { Loader, type LoaderOptions } from './loader.js';
import { MemoryWatch } from './memory-watch.js';
import { Quarantine } from './quarantine.js';
import { RecentEvents } from './recent-events.js';
import { Slot } from './slot.js';
import { padded, split } from './tensors.js';

export interface InferencePoolOptions extends Omit<LoaderOptions, 'isWarm'> {
  children: number;
  provider: Provider;
  /** GPUs that the children take in turn. */
  devices: readonly number[];
  threads: number;
  runTimeoutMs: number;
  /** A child has ended although nobody ended it: the signal, or `exit`. */
  onChildEnd: (reason: string) => void;
  /** An engine has become idle. */
  onIdle: () => void;
  /** A version has crashed its child so often that nothing of it runs for a while: `run` and `preload` refuse it. */
  onQuarantine: (version: string) => void;
}

/**
 * Pause before a crashed child is replaced: doubles with each crash in its place within the window, whatever ran well in
 * between, so that a crash loop costs no core.
 */
const RESPAWN_MS = { first: 50, last: 10_000, window: 60_000 } as const;

/** Errors after which a child takes nothing any more. */
const CHILD_IS_GONE = new Set(['worker-crashed', 'inference-timeout']);

/**
 * The inference children of this worker. A forward pass runs in a child because the native session blocks its
 * thread and may crash: here that costs one forward pass, never a lock or a lease.
 */
export class InferencePool {
  private slots: Slot[] = [];
  private readonly crashes = new RecentEvents<number>(RESPAWN_MS.window);
  private readonly quarantine = new Quarantine();
  private closing = false;
  private readonly warm = new Set<string>();
  private readonly respawns = new Set<NodeJS.Timeout>();
  private readonly loader: Loader;
  private readonly watch: MemoryWatch;

  constructor(private readonly options: InferencePoolOptions) {
    this.loader = new Loader(() => this.slots, { ...options, isWarm: this.isWarm });
    this.watch = new MemoryWatch(() => this.slots, this.loader, options);
  }

  start(): void {
    for (let place = 0; place < this.options.children; place++) this.spawn(place);
    this.watch.start();
  }

  /** Whether `run` would begin a forward pass at once; or refuse it at once, of a version in quarantine. */
  canStart(version: string, graph: GraphName): boolean {
    return this.quarantine.holds(version) || this.choose({ version, graph })?.isIdle === true;
  }

  /** Whether a child stays idle when one more forward pass begins, or there is only one child. */
  get hasSpare(): boolean {
    const { slots } = this;
    return slots.length === 1 || slots.filter((slot) => slot.isIdle).length > 1;
  }

  isInQuarantine(version: string): boolean {
    return this.quarantine.holds(version);
  }

  /** Versions in quarantine, and seconds since they are. */
  quarantined(): Record<string, number> {
    return this.quarantine.seconds();
  }

  /** Whether a version stays loaded. */
  readonly isWarm = (version: string): boolean => this.warm.has(version);

  /**
   * Loads a version's main graph into every child ahead of its first request. A `warm` one stays loaded; another is
   * loaded only where nothing else must go for it. Errors: those of `run`.
   */
  async preload(version: string, warm: boolean): Promise<void> {
    if (warm) this.warm.add(version);
    else this.warm.delete(version);
    this.quarantine.check(version);
    const session: SessionRef = { version, graph: 'main' };
    await Promise.all(
      this.slots.map((slot) =>
        slot.take('loads', () => this.blaming(slot, version, () => this.loader.loadAhead(slot, session))),
      ),
    );
  }

  /** Bytes by version, of all its sessions in all children. */
  loadedBytes(): Record<string, number> {
    const sum: Record<string, number> = {};
    for (const { copies } of this.slots) {
      for (const { version, bytes } of copies.values()) sum[version] = (sum[version] ?? 0) + bytes;
    }
    return sum;
  }

  /** Bytes of memory that more sessions could take. */
  get freeBytes(): number {
    return this.loader.freeBytes;
  }

  /**
   * Opens the main graph anew where it is loaded: it has another file, with the same answers. One child after the other,
   * so that the others serve meanwhile.
   */
  async reload(version: string): Promise<void> {
    const session: SessionRef = { version, graph: 'main' };
    const reloadIn = async (slot: Slot) => {
      if (!slot.copies.has(nameOf(session))) return;
      await slot.unload(session);
      await this.blaming(slot, version, () => this.loader.load(slot, session));
    };
    const warn = (error: unknown) => {
      // Whoever asks for the version next opens it, or hears why it cannot be.
      this.options.logger.warn({ error, version }, 'loading another graph of a model version failed');
    };
    for (const slot of [...this.slots]) await slot.take('loads', () => reloadIn(slot)).catch(warn);
  }

  /** Frees what these versions take: ends the children that hold them, one after another, so that the others serve on. */
  async unload(versions: string[]): Promise<void> {
    for (const version of versions) this.warm.delete(version);
    const gone = new Set(versions);
    for (const slot of this.slots) {
      await slot
        .take('loads', () => this.loader.unload(slot, gone))
        .catch((error: unknown) => {
          this.options.logger.warn({ error, versions }, 'unloading model versions failed');
        });
    }
    for (const version of versions) {
      this.loader.forget(version);
      this.quarantine.forget(version);
    }
  }

  /**
   * One forward pass: the sequences ask one graph for the same outputs.
   * Errors: `worker-crashed`, `inference-timeout` (the child is replaced), `model-unavailable`, `artifact-corrupt`.
   */
  async run(version: string, sequences: Sequence[]): Promise<ForwardPass> {
    const session: SessionRef = { version, graph: sequences[0]!.graph };
    for (;;) {
      this.quarantine.check(version);
      const slot = this.choose(session);
      if (!slot) throw new HeddleError('model-unavailable', 'No inference process is running.');
      const pass = await slot.take('passes', async () => {
        // Gone while the pass waited for its turn there: no fault of its own.
        if (slot.state === 'gone') return null;
        return this.blaming(slot, version, () => this.runIn(slot, session, sequences));
      });
      if (pass) return pass;
    }
  }

  async close(): Promise<void> {
    this.closing = true;
    await this.watch.stop();
    for (const timer of this.respawns) clearTimeout(timer);
    await Promise.all(this.slots.map((slot) => slot.close()));
  }

  private choose(session: SessionRef): Slot | undefined {
    return chooseSlot(this.slots, session, this.loader.fits(session), this.isWarm);
  }

  private async runIn(slot: Slot, session: SessionRef, sequences: Sequence[]): Promise<ForwardPass> {
    await this.loader.load(slot, session);
    const { maxTokens } = await this.options.graphFile(session.version, session.graph);
    const input = padded(sequences, maxTokens);
    const output = await slot.run(session, input);
    return {
      rows: () => split(output, sequences),
      inferenceMs: output.inferenceMs,
      paddedLength: input.length,
    };
  }

  /** Does the work of a version in a slot; if the child ends of it, that is the version's crash. */
  private async blaming<T>(slot: Slot, version: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof HeddleError && CHILD_IS_GONE.has(error.code)) {
        slot.state = 'gone';
        if (!this.closing) this.countCrash(version);
      }
      throw error;
    }
  }

  private countCrash(version: string): void {
    if (!this.quarantine.count(version)) return;
    this.options.logger.error(
      { version },
      'model version crashed its inference process too often; it is in quarantine',
    );
    this.options.onQuarantine(version);
  }

  /** Loads one session again that was lost when the child was replaced, while nothing else is asked of it. */
  private restore(slot: Slot): void {
    if (this.closing || !slot.isIdle) return;
    const session = slot.lost.shift();
    if (!session) return;
    slot
      .take('loads', async () => {
        const load = () => this.loader.loadAhead(slot, session);
        if (!(await this.blaming(slot, session.version, load))) slot.lost = [];
      })
      .catch((error: unknown) => {
        this.options.logger.warn({ error, session: nameOf(session) }, 'loading a model version again failed');
      });
  }

  private onFree(slot: Slot): void {
    this.options.onIdle();
    // Whatever waits for an engine goes first.
    setImmediate(() => this.restore(slot));
  }

  private spawn(place: number): Slot {
    const onCrash = (slot: Slot, exit: ChildExit) => this.replace(slot, exit);
    const { devices } = this.options;
    const options = { ...this.options, place, device: devices[place % devices.length]! };
    const slot = new Slot(options, { onCrash, onFree: (free) => this.onFree(free) });
    this.slots.push(slot);
    return slot;
  }

  private replace(slot: Slot, exit: ChildExit): void {
    slot.state = 'gone';
    if (this.closing) return;
    this.options.onChildEnd(exit.signal ?? 'exit');
    this.slots = this.slots.filter((other) => other !== slot);
    const doublings = this.crashes.count(slot.place) - 1;
    const pauseMs = Math.min(RESPAWN_MS.first * 2 ** doublings, RESPAWN_MS.last);
    this.options.logger.error({ pid: slot.pid, ...exit, pauseMs }, 'inference process ended; replacing it');
    const timer = setTimeout(() => {
      this.respawns.delete(timer);
      const successor = this.spawn(slot.place);
      successor.lost = this.loader.heldBy(slot);
      this.onFree(successor);
    }, pauseMs);
    this.respawns.add(timer);
  }
}
