import { HeddleError } from '@heddle/contracts';
import type { ForwardRow, Sequence } from '@heddle/deberta';
import { type InferenceChild, startInferenceChild } from '@heddle/runtime';

/** Opening a graph of several gigabytes from a slow disk, and a pass on a machine that is busy with other things: no lease runs out. */
const TIMEOUT_MS = 600_000;

export interface EngineOptions {
  threads: number;
  signal: AbortSignal;
}

/** One inference child on the CPU, which holds one graph at a time. */
export class Engine {
  #loaded: string | null = null;

  constructor(
    private readonly child: InferenceChild,
    private readonly signal: AbortSignal,
  ) {}

  /** Opens a graph in place of the one before. Errors: those of the inference child; the signal's reason. */
  async open(path: string): Promise<void> {
    this.signal.throwIfAborted();
    if (this.#loaded !== null) await this.child.unload(this.#loaded);
    this.#loaded = null;
    await this.child.load(path, path);
    this.#loaded = path;
  }

  /** One sequence, alone: without company there is no padding. Errors: `non-finite-output` besides. */
  async run({ encoding, outputs, positions = new Int32Array(), keep }: Sequence): Promise<ForwardRow> {
    this.signal.throwIfAborted();
    const { outputs: found, nonFiniteRows } = await this.child.run(this.#loaded!, {
      inputIds: Int32Array.from(encoding.ids),
      attentionMask: new Uint8Array(encoding.length).fill(1),
      typeIds: encoding.typeIds,
      positions: Int32Array.from([...positions].flatMap((position) => [0, position])),
      batch: 1,
      length: encoding.length,
      outputs: [...outputs],
    });
    if (nonFiniteRows.length > 0) {
      throw new HeddleError('non-finite-output', 'The graph answers with numbers that are not finite.');
    }
    const row = Object.fromEntries(
      Object.entries(found).map(([name, { data, dims, axes }]) => [
        name,
        { data, shape: axes[0] === 'positions' ? dims : dims.slice(1) },
      ]),
    );
    return keep?.(row) ?? row;
  }
}

export async function withEngine<T>(
  { threads, signal }: EngineOptions,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const child = startInferenceChild({ threads, runTimeoutMs: TIMEOUT_MS, loadTimeoutMs: TIMEOUT_MS });
  const onAbort = () => child.kill();
  signal.addEventListener('abort', onAbort);
  try {
    return await work(new Engine(child, signal));
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await child.close();
  }
}
