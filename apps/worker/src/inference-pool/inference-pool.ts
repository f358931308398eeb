import { HeddleError } from '@heddle/contracts';
import type { GraphName, Sequence } from '@heddle/deberta';
import { type InferenceChild, startInferenceChild } from '@heddle/runtime';
import type { Logger } from '@heddle/telemetry';
import type { ForwardPass } from '../batcher/batcher.js';
import { padded, split } from './tensors.js';

export interface InferencePoolOptions {
  children: number;
  threads: number;
  runTimeoutMs: number;
  logger: Logger;
  /** Where the ONNX file of a version's graph lies. */
  modelPath: (version: string, graph: GraphName) => Promise<string>;
  /** An engine has become idle. */
  onIdle: () => void;
}

/** Loading maps weights and builds the session; minutes mean a broken disk. */
const LOAD_TIMEOUT_MS = 120_000;
/** Pause before a crashed child is replaced: doubles per crash in a row, so a crash loop costs no core. */
const RESPAWN_MS = { first: 50, last: 10_000 } as const;

interface Slot {
  child: InferenceChild;
  /** `version/graph` */
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

  /** Loads a version's main graph into every child, so that its first request does not pay for it. */
  async preload(version: string): Promise<void> {
    await Promise.all(this.slots.map((slot) => this.load(slot, version, 'main')));
  }

  /**
   * One forward pass on an idle child: the sequences ask one graph for the same outputs.
   * Errors: `worker-crashed`, `inference-timeout` (the child is replaced), `model-unavailable`, `artifact-corrupt`.
   */
  async run(version: string, sequences: Sequence[]): Promise<ForwardPass> {
    const slot = this.slots.find((candidate) => candidate.alive && !candidate.busy);
    if (!slot) throw new HeddleError('worker-crashed', 'No inference process is running.');
    slot.busy = true;
    try {
      const session = await this.load(slot, version, sequences[0]!.graph);
      const input = padded(sequences);
      const output = await slot.child.run(session, input);
      this.crashesInARow = 0;
      return {
        rows: split(output, sequences),
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

  /** Name of the session in the child. */
  private async load(slot: Slot, version: string, graph: GraphName): Promise<string> {
    const session = `${version}/${graph}`;
    if (slot.loaded.has(session)) return session;
    await slot.child.load(session, await this.options.modelPath(version, graph));
    slot.loaded.add(session);
    return session;
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
