import type { GraphName } from '@heddle/deberta';
import type { Logger } from '@heddle/telemetry';
import { nameOf, type SessionRef } from '../residency/session-ref.js';
import { Sizes } from '../residency/sizes.js';
import { bytesOf, type Copy, toDrop } from '../residency/to-drop.js';
import type { Slot } from './slot.js';

/** The ONNX file of a version's graph. */
interface GraphFile {
  path: string;
  /** Of the file and its weights. */
  bytes: number;
  /** The longest input it takes. */
  maxTokens: number;
}

export interface LoaderOptions {
  /** Bytes of memory of all inference children together. */
  memoryBytes: number;
  /** Milliseconds after which sessions that nobody used are dropped, unless they are warm; infinite: never. */
  unloadAfterMs: number;
  logger: Logger;
  graphFile: (version: string, graph: GraphName) => Promise<GraphFile>;
  /** Versions for which requests wait. */
  awaited: () => Set<string>;
  /** Whether a version stays loaded. */
  isWarm: (version: string) => boolean;
}

/** Part of the budget that is freed beyond what one load needs, so that the next one finds room. */
const MARGIN = 1 / 8;
const MIB = 1024 ** 2;

/**
 * Loads sessions into inference children within a budget of memory. To make room the least recently used are dropped by
 * ending their child: allocators keep what a closed session frees. What else the child held is loaded again later.
 */
export class Loader {
  private readonly sizes = new Sizes();
  /** Bytes of loads under way. */
  private reserved = 0;
  private readonly warned = new Set<string>();

  constructor(
    private readonly slots: () => Slot[],
    private readonly options: LoaderOptions,
  ) {}

  /** Loads a session unless the slot holds it, and makes room for it. The slot's turn must be the caller's. */
  async load(slot: Slot, session: SessionRef): Promise<void> {
    const held = slot.copies.get(nameOf(session));
    if (held) {
      held.usedAt = performance.now();
      return;
    }
    await this.look(session);
    await this.open(slot, session, () => this.makeRoom(slot, session));
  }

  /**
   * Loads a session ahead of its first request: unless the version is warm, only where it takes nobody's place. Whether
   * the slot holds it now. The slot's turn must be the caller's.
   */
  async loadAhead(slot: Slot, session: SessionRef): Promise<boolean> {
    if (slot.copies.has(nameOf(session))) return true;
    if (this.options.isWarm(session.version)) {
      await this.load(slot, session);
      return true;
    }
    await this.look(session);
    await this.measure();
    if (!this.fits(session)) return false;
    await this.open(slot, session);
    return true;
  }

  /** Whether there is room for a session, by the last look at the children. */
  fits(session: SessionRef): boolean {
    return this.excessWith(this.sizes.of(session)) <= 0;
  }

  /** Bytes of the budget that nothing takes, by the last look at the children. */
  get freeBytes(): number {
    return Math.max(0, -this.excessWith(0));
  }

  /** Drops what was used least recently where the children take more than the budget. */
  async trim(): Promise<void> {
    await this.measure();
    await this.dropFromIdle(this.excessWith(0));
  }

  /** Drops from idle children what nobody has used for `unloadAfterMs`. */
  async dropOld(): Promise<void> {
    const { unloadAfterMs, isWarm, awaited } = this.options;
    const usedBefore = performance.now() - unloadAfterMs;
    const waiting = awaited();
    for (const slot of this.slots()) {
      if (!slot.isIdle) continue;
      const old = [...slot.copies.values()].filter(
        ({ version, usedAt }) => usedAt < usedBefore && !isWarm(version) && !waiting.has(version),
      );
      if (old.length > 0) await slot.take('loads', () => this.drop(slot, old));
    }
  }

  async measure(): Promise<void> {
    await Promise.all(this.slots().map((slot) => slot.measure()));
  }

  /** What a slot holds or is about to load again: warm versions first, then what was used last. */
  heldBy(slot: Slot): SessionRef[] {
    const held: SessionRef[] = [...newestFirst(slot), ...slot.lost];
    const isWarm = ({ version }: SessionRef) => this.options.isWarm(version);
    return [...held.filter(isWarm), ...held.filter((session) => !isWarm(session))];
  }

  /** Ends the child of a slot that holds sessions of these versions; what else it held is loaded again later. */
  async unload(slot: Slot, versions: Set<string>): Promise<void> {
    slot.lost = slot.lost.filter(({ version }) => !versions.has(version));
    const dropped = [...slot.copies.values()].filter(({ version }) => versions.has(version));
    // A child that has ended holds nothing.
    if (dropped.length > 0 && slot.state === 'alive') await this.drop(slot, dropped);
  }

  /** The version has gone: its sessions are forgotten. */
  forget(version: string): void {
    this.sizes.forget(version);
    this.warned.delete(version);
  }

  /** Learns the size of a session's files. */
  private async look(session: SessionRef): Promise<void> {
    const { bytes } = await this.options.graphFile(session.version, session.graph);
    this.sizes.expect(session, bytes);
  }

  private async open(slot: Slot, session: SessionRef, prepare?: () => Promise<void>): Promise<void> {
    const { logger, graphFile } = this.options;
    const expected = this.sizes.of(session);
    this.reserved += expected;
    try {
      await prepare?.();
      const { path } = await graphFile(session.version, session.graph);
      const started = performance.now();
      const isFirst = slot.copies.size === 0;
      const { bytes } = await slot.open(session, path);
      this.sizes.measure(session, bytes, isFirst);
      const ms = Math.round(performance.now() - started);
      logger.info(
        { ...session, pid: slot.pid, mib: inMib(bytes), ms, ...this.state() },
        'model version loaded',
      );
    } finally {
      this.reserved -= expected;
    }
  }

  private async makeRoom(slot: Slot, session: SessionRef): Promise<void> {
    await this.measure();
    // Its own bytes are reserved already.
    const excess = this.excessWith(0);
    const dropped = this.choose([...slot.copies.values()], excess);
    if (dropped.length > 0) await this.drop(slot, dropped);
    const left = await this.dropFromIdle(excess - bytesOf(dropped), slot);
    if (left > 0) this.warn(session, left);
  }

  /** Drops from children that are idle; the bytes that are still missing. In each of them one session stays. */
  private async dropFromIdle(excess: number, except?: Slot): Promise<number> {
    let left = excess;
    for (const slot of this.slots()) {
      if (left <= 0 || slot === except || !slot.isIdle) continue;
      const [, ...older] = newestFirst(slot);
      const dropped = this.choose(older, left);
      if (dropped.length === 0) continue;
      left -= bytesOf(dropped);
      await slot.take('loads', () => this.drop(slot, dropped));
    }
    return left;
  }

  private choose(copies: Copy[], excess: number): Copy[] {
    if (excess <= 0) return [];
    const { memoryBytes, awaited, isWarm } = this.options;
    return toDrop(copies, { excess, margin: memoryBytes * MARGIN, awaited: awaited(), isWarm });
  }

  private async drop(slot: Slot, dropped: Copy[]): Promise<void> {
    const { pid } = slot;
    slot.lost = this.heldBy(slot).filter((session) => !dropped.includes(session as Copy));
    const before = slot.memory;
    await slot.renew();
    this.options.logger.info(
      {
        pid,
        unloaded: dropped.map((copy) => ({ session: nameOf(copy), mib: inMib(copy.bytes) })),
        kept: slot.lost.length,
        mib: inMib(before),
        ...this.state(),
      },
      'model versions unloaded; their inference process is replaced',
    );
  }

  private excessWith(bytes: number): number {
    return (
      this.slots().reduce((sum, { memory }) => sum + memory, this.reserved + bytes) - this.options.memoryBytes
    );
  }

  private warn({ version }: SessionRef, excess: number): void {
    if (this.warned.has(version)) return;
    this.warned.add(version);
    this.options.logger.warn(
      { version, excessMib: inMib(excess), ...this.state() },
      'model versions in use take more memory than HEDDLE_MODEL_MEMORY_MIB; they are served all the same',
    );
  }

  private state(): { memoryMib: number; budgetMib: number } {
    const memory = this.slots().reduce((sum, slot) => sum + slot.memory, 0);
    return { memoryMib: inMib(memory), budgetMib: inMib(this.options.memoryBytes) };
  }
}

function newestFirst({ copies }: Slot): Copy[] {
  return [...copies.values()].sort((a, b) => b.usedAt - a.usedAt);
}

function inMib(bytes: number): number {
  return Math.round(bytes / MIB);
}
