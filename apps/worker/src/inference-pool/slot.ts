import { HeddleError, type Provider } from '@heddle/contracts';
import { type ChildExit, type InferenceChild, startInferenceChild } from '@heddle/runtime';
import type { Logger } from '@heddle/telemetry';
import { nameOf, type SessionRef } from '../residency/session-ref.js';
import type { Copy } from '../residency/to-drop.js';

export interface SlotOptions {
  /** Which of the pool's children it is, or takes the place of. */
  place: number;
  provider: Provider;
  /** GPU of the child. */
  device: number;
  threads: number;
  runTimeoutMs: number;
  logger: Logger;
}

export interface SlotEvents {
  /** The child has ended although nobody ended it. */
  onCrash: (slot: Slot, exit: ChildExit) => void;
  /** Nothing is left of what the child was given. */
  onFree: (slot: Slot) => void;
}

/** Loading maps weights and builds the session; minutes mean a broken disk. */
const LOAD_TIMEOUT_MS = 120_000;

/** The place of one inference child: the process, what it holds, and whose turn it is. */
export class Slot {
  /** What the child holds, by session name. */
  readonly copies = new Map<string, Copy>();
  /** What the child before this one held, to be loaded again; what was used last comes first. */
  lost: SessionRef[] = [];
  /** Forward passes ahead of or under way in it. */
  passes = 0;
  /** Forward passes and loads that it was ever given. */
  turns = 0;
  /** Loads ahead of or under way in it; it takes no forward pass meanwhile. */
  loads = 0;
  /** Gone when the child has failed or ended: another slot takes its place. */
  state: 'alive' | 'renewing' | 'gone' = 'alive';
  /** Bytes of memory of the child when it was last looked at. */
  memory = 0;
  /** Of the child without any session. */
  private emptyMemory = 0;
  private child: InferenceChild;
  /** Ends when the child is free: forward passes and loads take turns, so that none waits on the other's clock. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly options: SlotOptions,
    private readonly events: SlotEvents,
  ) {
    this.child = this.spawn();
  }

  get place(): number {
    return this.options.place;
  }

  get pid(): number {
    return this.child.pid;
  }

  /** Memory that the child should take by what is known of its sessions. */
  get expectedMemory(): number {
    return [...this.copies.values()].reduce((sum, { bytes }) => sum + bytes, this.emptyMemory);
  }

  /** Whether a forward pass would start at once. */
  get isIdle(): boolean {
    return this.state === 'alive' && this.passes === 0 && this.loads === 0;
  }

  /** Begins when everything that it was given before has ended. */
  take<T>(kind: 'passes' | 'loads', work: () => Promise<T>): Promise<T> {
    this[kind]++;
    this.turns++;
    const result = this.turn.then(work).finally(() => {
      this[kind]--;
      if (this.passes + this.loads === 0) this.events.onFree(this);
    });
    this.turn = result.catch(() => undefined);
    return result;
  }

  run(session: SessionRef, input: Parameters<InferenceChild['run']>[1]): ReturnType<InferenceChild['run']> {
    return this.child.run(nameOf(session), input);
  }

  /** Opens a session in the child. */
  async open(session: SessionRef, path: string): Promise<Copy> {
    const { before, after } = await this.child.load(nameOf(session), path);
    if (this.copies.size === 0) this.emptyMemory = before;
    this.memory = after;
    const copy = { ...session, bytes: Math.max(0, after - before), usedAt: performance.now() };
    this.copies.set(nameOf(session), copy);
    this.lost = this.lost.filter((other) => nameOf(other) !== nameOf(session));
    return copy;
  }

  async unload(session: SessionRef): Promise<void> {
    this.copies.delete(nameOf(session));
    await this.child.unload(nameOf(session));
  }

  async measure(): Promise<void> {
    // A child that is ending takes nothing soon; its end is told elsewhere.
    this.memory = await this.child.memory().catch(() => 0);
  }

  /** Ends the child, which must not be at work, and starts an empty one. */
  async renew(): Promise<void> {
    this.state = 'renewing';
    const old = this.child;
    old.kill();
    await old.exited;
    this.copies.clear();
    this.memory = 0;
    // Closed meanwhile.
    if (this.state !== 'renewing')
      throw new HeddleError('worker-crashed', 'The inference process was ended.');
    this.child = this.spawn();
    this.state = 'alive';
  }

  kill(): void {
    this.child.kill();
  }

  async close(): Promise<void> {
    this.state = 'gone';
    await this.child.close();
  }

  private spawn(): InferenceChild {
    const { provider, device, threads, runTimeoutMs, logger } = this.options;
    const child = startInferenceChild({
      provider,
      device,
      threads,
      runTimeoutMs,
      loadTimeoutMs: LOAD_TIMEOUT_MS,
      onLog: (line) => logger.warn({ pid: child.pid }, `inference process: ${line}`),
    });
    void child.exited.then((exit) => {
      if (this.child === child && this.state !== 'renewing') this.events.onCrash(this, exit);
    });
    return child;
  }
}
