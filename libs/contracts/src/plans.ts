/**
 * How scores by distance become scores by pair: `skew` by reshapes that turn diagonals into rows, `gather` by one
 * index that all layers share. The numbers are the same; which is faster depends on machine and length.
 */
export type Lowering = 'skew' | 'gather';

/** What runs where nothing was measured: of a version's main graphs the first one (`mainGraphs`). */
export const DEFAULT_LOWERING: Lowering = 'skew';
/** Token budget of a forward pass where nothing was measured. */
export const DEFAULT_BATCH_TOKENS = 1024;

/** One shape of forward pass, as it was measured. */
export interface Measurement {
  lowering: Lowering;
  /** Tokens of each sequence. */
  length: number;
  sequences: number;
  /**
   * Computed tokens per second of one inference process of the plan's layout, with a core for each thread, messages
   * included; 0 where a pass failed.
   */
  tokens_per_s: number;
}

/** Inference processes side by side, and what they do together. */
export interface Layout {
  children: number;
  /** Of each process. */
  threads: number;
  tokens_per_s: number;
}

/** How a version runs best on machines of one kind: measured there. */
export interface ExecutionPlan {
  /** What it holds for: processor, cores and their quota, provider, runtime and compiler. */
  machine: string;
  lowering: Lowering;
  /** Of the better layout. */
  children: number;
  threads: number;
  /** Token budget of a forward pass, for sequences of up to `length` tokens; in the order of lengths. */
  classes: { length: number; tokens: number }[];
  measured: Measurement[];
  /** Empty where there is no choice (a GPU, one core, settings), no memory to try, or no core free to compare fairly. */
  layouts: Layout[];
  /** ISO 8601. */
  measured_at: string;
}

/** The plan's token budget for sequences of a length; that of the longest class beyond it. */
export function budgetOf({ classes }: Pick<ExecutionPlan, 'classes'>, length: number): number {
  const found = classes.find((each) => length <= each.length) ?? classes.at(-1);
  return found?.tokens ?? DEFAULT_BATCH_TOKENS;
}
