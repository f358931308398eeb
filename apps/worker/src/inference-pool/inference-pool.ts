import { HeddleError } from '@heddle/contracts';
import type { Encoding } from '@heddle/deberta';
import { type InferenceChild, startInferenceChild } from '@heddle/runtime';
import type { Logger } from '@heddle/telemetry';
import type { ForwardPass } from '../batcher/batcher.js';
import { padded, split } from './tensors.js';

export interface InferencePoolOptions {
  children: number;
  threads: number;
  runTimeoutMs: number;
  logger: Logger;
  /** Where a version's ONNX file lies. */
  modelPath: (version: string) => Promise<string>;
  /** An engine has become idle. */
  onIdle: () => void;
}

/** Loading maps weights and builds the session; minutes mean a broken disk. */
const LOAD_TIMEOUT_MS = 120_000;
/** Pause before a crashed child is replaced: doubles per crash in a row, so a crash loop costs no core. */
const RESPAWN_MS = { first: 50, last: 10_000 } as const;

interface Slot {
  child: InferenceChild;
  loaded: Set<string>;
  busy: boolean;
  alive: boolean;
}

/**
 * The inference children of this worker. A forward pass runs in a child because the native session blocks its
 * thread and may crash: here that costs one forward pass, never a lock or a lease.
 */
export class InferencePool {
  private slots: Slot[] = [];
  private crashesInARow = 0;
  private closing = false;
  private readonly respawns = new Set<NodeJS.Timeout>();

  constructor(private readonly options: InferencePoolOptions) {}

  start(): void {
    while (this.slots.length < this.options.children) this.spawn();
  }

  idle(): number {
    return this.slots.filter((slot) => slot.alive).length;
  }

  /** Loads a version into every child, so that its first request does not pay for it. */
  async preload(version: string): Promise<void> {
    await Promise.all(this.slots.map((slot) => this.load(slot, version)));
  }

  /**
   * One forward pass on an idle child.
   * Errors: `worker-crashed`, `inference-timeout` (the child is replaced), `model-unavailable`, `artifact-corrupt`.
   */
  async run(version: string, encodings: Encoding[]): Promise<ForwardPass> {
    const slot = this.slots.find((candidate) => candidate.alive && !candidate.busy);
    if (!slot) throw new HeddleError('worker-crashed', 'No inference process is running.');
    slot.busy = true;
    try {
      await this.load(slot, version);
      const input = padded(encodings);
      const output = await slot.child.run(version, input);
      this.crashesInARow = 0;
      return {
        rows: split(output, encodings, input.length),
        inferenceMs: output.inferenceMs,
        paddedLength: input.length,
      };
    } finally {
      slot.busy = false;
    }
  }

  /** Process ids of the living children. */
  pids(): number[] {
    return this.slots.filter((slot) => slot.alive).map((slot) => slot.child.pid);
  }

  async close(): Promise<void> {
    this.closing = true;
    for (const timer of this.respawns) clearTimeout(timer);
    await Promise.all(this.slots.map((slot) => slot.child.close()));
  }

  private async load(slot: Slot, version: string): Promise<void> {
    if (slot.loaded.has(version)) return;
    await slot.child.load(version, await this.options.modelPath(version));
    slot.loaded.add(version);
  }

  private spawn(): void {
    const { threads, runTimeoutMs, logger } = this.options;
    const child = startInferenceChild({
      threads,
      runTimeoutMs,
      loadTimeoutMs: LOAD_TIMEOUT_MS,
      onLog: (line) => logger.warn({ pid: child.pid }, `inference process: ${line}`),
    });
    const slot: Slot = { child, loaded: new Set(), busy: false, alive: true };
    this.slots.push(slot);
    void child.exited.then((exit) => this.replace(slot, exit));
  }

  private replace(slot: Slot, exit: { code: number | null; signal: string | null }): void {
    slot.alive = false;
    if (this.closing) return;
    this.slots = this.slots.filter((other) => other !== slot);
    const pauseMs = Math.min(RESPAWN_MS.first * 2 ** this.crashesInARow++, RESPAWN_MS.last);
    this.options.logger.error(
      { pid: slot.child.pid, ...exit, pauseMs },
      'inference process ended; replacing it',
    );
    const timer = setTimeout(() => {
      this.respawns.delete(timer);
      this.spawn();
      this.options.onIdle();
    }, pauseMs);
    this.respawns.add(timer);
  }
}
