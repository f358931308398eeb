import type { ErrorCode, Provider } from '@heddle/contracts';
import type { ForwardInput, ForwardOutput } from './session.js';

/**
 * What parent and inference child say to each other. The boundary exists because the native session blocks its
 * thread for a whole forward pass and may crash or hang: behind it, that costs one forward pass, while the
 * parent keeps renewing locks and leases. The child gets tensors and file paths, never texts, keys or URLs.
 */
export type Request =
  | ({ id: number; type: 'load'; version: string; modelPath: string } & Placement)
  | { id: number; type: 'unload'; version: string }
  | { id: number; type: 'memory' }
  | { id: number; type: 'run'; version: string; input: ForwardInput };

/** What a child runs its sessions on. */
interface Placement {
  provider: Provider;
  /** Of cuda and tensorrt. */
  device: number;
  /** Of cpu. */
  threads: number;
}

export type Response =
  | { id: number; ok: true; value: unknown }
  | { id: number; ok: false; code: ErrorCode; message: string; stack: string | undefined };

/** Memory of the child around a load, in bytes. */
export interface LoadResult {
  before: number;
  after: number;
}

export interface RunResult {
  outputs: ForwardOutput;
  /** Rows of the batch that hold a NaN or an infinity among their real tokens. */
  nonFiniteRows: number[];
  /** When the forward pass began in the child, Unix time in milliseconds, and how long it took there. */
  startedMs: number;
  inferenceMs: number;
}
