import { HeddleError, type Provider } from '@heddle/contracts';
import type { Sequence } from '@heddle/deberta';
import type { ChildExit } from '@heddle/runtime';
import type { ForwardPass } from '../batcher/batcher.js';
import { nameOf, type SessionRef } from '../residency/session-ref.js';
import { chooseSlot } from './choose-slot.js';
import { Loader, type LoaderOptions } from './loader.js';
import { MemoryWatch } from './memory-watch.js';
import { Slot } from './slot.js';
import { padded, split } from './tensors.js';

export interface InferencePoolOptions extends Omit<LoaderOptions, 'isWarm'> {
  children: number;
  provider: Provider;
  /** GPUs that the children take in turn. */
  devices: readonly number[];
  threads: number;
  runTimeoutMs: number;
  /** An engine has become idle. */
  onIdle: () => void;
}

/** Pause before a crashed child is replaced: doubles per crash in a row, so a crash loop costs no core. */
const RESPAWN_MS = { first: 50, last: 10_000 } as const;

/** Errors after which a child takes nothing any more. */
const CHILD_IS_GONE = new Set(['worker-crashed', 'inference-timeout']);

/**
 * The inference children of this worker. A forward pass runs in a child because the native session blocks its
 * thread and may crash: here that costs one forward pass, never a lock or a lease.
 */
export class InferencePool {
  private slots: Slot[] = [];
  private crashesInARow = 0;
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
    const { children, devices } = this.options;
    for (let i = 0; i < children; i++) this.spawn(devices[i % devices.length]!);
    this.watch.start();
  }

  /** Children that run forward passes or could. */
  available(): number {
    return this.slots.filter((slot) => slot.passes > 0 || slot.isIdle).length;
  }

  /** Whether a version stays loaded. */
  readonly isWarm = (version: string): boolean => this.warm.has(version);

  /**
   * Loads a version's main graph into every child ahead of its first request. A `warm` one stays loaded; another is
   * loaded only where nothing else must go for it.
   */
  async preload(version: string, warm: boolean): Promise<void> {
    if (warm) this.warm.add(version);
    else this.warm.delete(version);
    const session: SessionRef = { version, graph: 'main' };
    await Promise.all(
      this.slots.map((slot) => slot.take('loads', () => this.loader.loadAhead(slot, session))),
    );
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
      await this.loader.load(slot, session);
    };
    const warn = (error: unknown) => {
      // Whoever asks for the version next opens it, or hears why it cannot be.
      this.options.logger.warn({ error, version }, 'loading another graph of a model version failed');
    };
    for (const slot of [...this.slots]) await slot.take('loads', () => reloadIn(slot)).catch(warn);
  }

  /** Frees the sessions of a version in every child. */
  async unload(version: string): Promise<void> {
    this.warm.delete(version);
    this.loader.forget(version);
    for (const slot of this.slots) {
      slot.lost = slot.lost.filter((session) => session.version !== version);
      for (const copy of [...slot.copies.values()].filter((held) => held.version === version)) {
        // A child that dies meanwhile has freed everything; anything else is worth knowing.
        await slot.unload(copy).catch((error: unknown) => {
          this.options.logger.warn({ error, version }, 'unloading a model version failed');
        });
      }
    }
  }

  /**
   * One forward pass: the sequences ask one graph for the same outputs.
   * Errors: `worker-crashed`, `inference-timeout` (the child is replaced), `model-unavailable`, `artifact-corrupt`.
   */
  async run(version: string, sequences: Sequence[]): Promise<ForwardPass> {
    const session: SessionRef = { version, graph: sequences[0]!.graph };
    for (;;) {
      const slot = chooseSlot(this.slots, session, this.loader.fits(session), this.isWarm);
      if (!slot) throw new HeddleError('model-unavailable', 'No inference process is running.');
      const pass = await slot.take('passes', async () => {
        // Gone while the pass waited for its turn there: no fault of its own.
        return slot.state === 'gone' ? null : this.runIn(slot, session, sequences);
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

  private async runIn(slot: Slot, session: SessionRef, sequences: Sequence[]): Promise<ForwardPass> {
    try {
      await this.loader.load(slot, session);
      const { maxTokens } = await this.options.graphFile(session.version, session.graph);
      const input = padded(sequences, maxTokens);
      const output = await slot.run(session, input);
      this.crashesInARow = 0;
      return {
        rows: () => split(output, sequences),
        inferenceMs: output.inferenceMs,
        paddedLength: input.length,
      };
    } catch (error) {
      if (error instanceof HeddleError && CHILD_IS_GONE.has(error.code)) slot.state = 'gone';
      throw error;
    }
  }

  /** Loads one session again that was lost when the child was replaced, while nothing else is asked of it. */
  private restore(slot: Slot): void {
    if (this.closing || !slot.isIdle) return;
    const session = slot.lost.shift();
    if (!session) return;
    slot
      .take('loads', async () => {
        if (!(await this.loader.loadAhead(slot, session))) slot.lost = [];
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

  private spawn(device: number): Slot {
    const onCrash = (slot: Slot, exit: ChildExit) => this.replace(slot, exit);
    const options = { ...this.options, device };
    const slot = new Slot(options, { onCrash, onFree: (free) => this.onFree(free) });
    this.slots.push(slot);
    return slot;
  }

  private replace(slot: Slot, exit: ChildExit): void {
    slot.state = 'gone';
    if (this.closing) return;
    this.slots = this.slots.filter((other) => other !== slot);
    const pauseMs = Math.min(RESPAWN_MS.first * 2 ** this.crashesInARow++, RESPAWN_MS.last);
    this.options.logger.error({ pid: slot.pid, ...exit, pauseMs }, 'inference process ended; replacing it');
    const timer = setTimeout(() => {
      this.respawns.delete(timer);
      const successor = this.spawn(slot.device);
      successor.lost = this.loader.heldBy(slot);
      this.onFree(successor);
    }, pauseMs);
    this.respawns.add(timer);
  }
}
