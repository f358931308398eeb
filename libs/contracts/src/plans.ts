import { z } from 'zod';
import { timestamp } from './shapes.js';

/**
 * How scores by distance become scores by pair: `skew` by reshapes that turn diagonals into rows, `gather` by one
 * index that all layers share. The numbers are the same; which is faster depends on machine and length.
 */
const lowering = z.enum(['skew', 'gather']);
export type Lowering = z.infer<typeof lowering>;

/** What runs where nothing was measured: of a version's main graphs the first one (`mainGraphs`). */
export const DEFAULT_LOWERING: Lowering = 'skew';
/** Token budget of a forward pass where nothing was measured. */
export const DEFAULT_BATCH_TOKENS = 1024;

/** One shape of forward pass, as it was measured. */
const measurement = z.strictObject({
  lowering,
  length: z.int().describe('Tokens of each sequence.'),
  sequences: z.int(),
  tokens_per_s: z
    .number()
    .describe(
      'Computed tokens a second of one inference process of the plan’s layout, with a core for each thread, messages included; 0 where a pass failed.',
    ),
});
export type Measurement = z.infer<typeof measurement>;

/** Inference processes side by side, and what they do together. */
const layout = z.strictObject({
  children: z.int(),
  threads: z.int().describe('Of each child.'),
  tokens_per_s: z.number(),
});
export type Layout = z.infer<typeof layout>;

/** How a version runs best on machines of one kind: measured there. */
export const executionPlan = z
  .strictObject({
    machine: z
      .string()
      .describe('What it holds for: processor, cores and their quota, provider, runtime and compiler.'),
    lowering,
    children: z.int().describe('Inference processes side by side, of the better layout.'),
    threads: z.int().describe('Of each of them.'),
    classes: z
      .array(z.strictObject({ length: z.int(), tokens: z.int() }))
      .describe('Tokens of a forward pass, for sequences of up to `length` tokens; in the order of lengths.'),
    measured: z.array(measurement),
    layouts: z
      .array(layout)
      .describe(
        'Empty where there is no choice (a GPU, one core, settings), no memory to try, or no core free to compare fairly.',
      ),
    measured_at: timestamp,
  })
  .meta({ id: 'ExecutionPlan' });
export type ExecutionPlan = z.infer<typeof executionPlan>;

/** The plan's token budget for sequences of a length; that of the longest class beyond it. */
export function budgetOf({ classes }: Pick<ExecutionPlan, 'classes'>, length: number): number {
  const found = classes.find((each) => length <= each.length) ?? classes.at(-1);
  return found?.tokens ?? DEFAULT_BATCH_TOKENS;
}
