import { HeddleError, type Provider } from '@heddle/contracts';
import type { GraphName, Sequence } from '@heddle/deberta';
import { type InferenceChild, startInferenceChild } from '@heddle/runtime';
import type { Logger } from '@heddle/telemetry';
import type { ForwardPass } from '../batcher/batcher.js';
import { padded, split } from './tensors.js';

export interface InferencePoolOptions {
  children: number;
  provider: Provider;
  /** GPUs that the children take in turn. */
  devices: readonly number[];
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

/** Errors after which a child takes nothing any more. */
const CHILD_IS_GONE = new Set(['worker-crashed', 'inference-timeout']);

interface Slot {
  child: InferenceChild;
  device: number;
  /** `version/graph` */
  loaded: Set<string>;
  busy: boolean;
  alive: boolean;
  /** Loads ahead of or under way in this child; it takes no forward pass meanwhile. */
  preloading: number;
  /** Ends when the child is free: forward passes and loads take turns, so that none waits on the other's clock. */
  turn: Promise<unknown>;
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
    const { children, devices } = this.options;
    for (let i = 0; i < children; i++) this.spawn(devices[i % devices.length]!);
  }

  /** Children that could take forward passes. */
  available(): number {
    return this.slots.filter(isAvailable).length;
  }

  /** Loads a version's main graph into every child, so that its first request does not pay for it. */
  async preload(version: string): Promise<void> {
    await Promise.all(this.slots.map((slot) => this.preloadInto(slot, version)));
  }

  /** Frees the sessions of a version in every child. */
  async unload(version: string): Promise<void> {
    for (const { child, loaded } of this.slots) {
      for (const session of [...loaded].filter((name) => name.startsWith(`${version}/`))) {
        loaded.delete(session);
        // A child that dies meanwhile has freed everything; anything else is worth knowing.
        await child.unload(session).catch((error: unknown) => {
          this.options.logger.warn({ error, version }, 'unloading a model version failed');
        });
      }
    }
  }

  /**
   * One forward pass on an idle child: the sequences ask one graph for the same outputs.
   * Errors: `worker-crashed`, `inference-timeout` (the child is replaced), `model-unavailable`, `artifact-corrupt`.
   */
  async run(version: string, sequences: Sequence[]): Promise<ForwardPass> {
    const slot = this.slots.find((candidate) => isAvailable(candidate) && !candidate.busy);
    if (!slot) throw new HeddleError('model-unavailable', 'No inference process is running.');
    slot.busy = true;
    let release: (() => void) | undefined;
    slot.turn = new Promise<void>((resolve) => {
      release = resolve;
    });
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
    } catch (error) {
      if (error instanceof HeddleError && CHILD_IS_GONE.has(error.code)) slot.alive = false;
      throw error;
    } finally {
      slot.busy = false;
      release?.();
    }
  }

  async close(): Promise<void> {
    this.closing = true;
    for (const timer of this.respawns) clearTimeout(timer);
    await Promise.all(this.slots.map((slot) => slot.child.close()));
  }

  private async preloadInto(slot: Slot, version: string): Promise<void> {
    slot.preloading++;
    const turn = slot.turn.then(() => this.load(slot, version, 'main'));
    slot.turn = turn.catch(() => undefined);
    try {
      await turn;
    } finally {
      slot.preloading--;
      this.options.onIdle();
    }
  }

  /** Name of the session in the child. */
  private async load(slot: Slot, version: string, graph: GraphName): Promise<string> {
    const session = `${version}/${graph}`;
    if (slot.loaded.has(session)) return session;
    await slot.child.load(session, await this.options.modelPath(version, graph));
    slot.loaded.add(session);
    return session;
  }

  private spawn(device: number): void {
    const { provider, threads, runTimeoutMs, logger } = this.options;
    const child = startInferenceChild({
      provider,
      device,
      threads,
      runTimeoutMs,
      loadTimeoutMs: LOAD_TIMEOUT_MS,
      onLog: (line) => logger.warn({ pid: child.pid }, `inference process: ${line}`),
    });
    const slot: Slot = {
      child,
      device,
      loaded: new Set(),
      busy: false,
      alive: true,
      preloading: 0,
      turn: Promise.resolve(),
    };
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
      this.spawn(slot.device);
      this.options.onIdle();
    }, pauseMs);
    this.respawns.add(timer);
  }
}

function isAvailable(slot: Slot): boolean {
  return slot.alive && slot.preloading === 0;
}
