import { z } from 'zod';

const share = z.number().min(0).max(1);

/** Largest difference of an output between two computations of it. */
export const outputDifference = z.strictObject({
  output: z.string(),
  max_abs_difference: z.number(),
  max_abs_value: z.number().describe('Largest magnitude among the expected values.'),
  tolerance: z.number(),
});
export type OutputDifference = z.infer<typeof outputDifference>;

/**
 * How near a variant's answers are to those of the float32 graph, over the same inputs. What a decision and a
 * difference are depends on the head (docs/importing-models.md): mostly the likeliest class, and a probability.
 */
const agreement = z.strictObject({
  texts: z.int().describe('Inputs: a text, a pair of texts, or a prompt with its choices.'),
  decisions: z.int().describe('Of all inputs; heads that answer every token decide as often.'),
  same_decisions: share.describe('Share of the decisions that are the same.'),
  mean_difference: z.number().describe('Over all decisions, 0 to 1 where it is one of probabilities.'),
  max_difference: z.number(),
});
export type Agreement = z.infer<typeof agreement>;

/** What a variant must reach to be kept. */
const agreementGate = z.strictObject({ min_same_decisions: share, max_mean_difference: z.number() });
export type AgreementGate = z.infer<typeof agreementGate>;

/** What an import found out about a variant. */
const variantReport = agreement.extend({
  gate: agreementGate,
  calibration: z
    .enum(['own', 'built-in'])
    .describe('Whose texts were compared: those of the import, or those that come with Heddle.'),
  batching: z.array(outputDifference).describe('As of the float32 graph, but of probabilities or scores.'),
});

/** Measured on the CPU, which rounds weights and activations as a GPU does, but adds up in float32. */
export const fp16Report = variantReport;
export type Fp16Report = z.infer<typeof fp16Report>;

const int8Layer = z.strictObject({
  layer: z.int(),
  precision: z.enum(['int8', 'fp32']),
  hidden_difference: z
    .number()
    .describe(
      '‖int8 − fp32‖ ÷ ‖fp32‖ of the states after this layer, with all errors of the layers before it.',
    ),
  own_same_decisions: z
    .number()
    .exactOptional()
    .describe('Share of the same decisions with this layer alone as int8; only where it was needed.'),
  own_difference: z.number().exactOptional(),
});
export type Int8Layer = z.infer<typeof int8Layer>;

const activations = z
  .enum(['by-channel', 'by-row'])
  .describe('How activations are scaled: by channel, as calibration saw them, or by row.');

const int8Table = z.strictObject({
  precision: z.enum(['int8', 'fp16']),
  hidden_difference: z.number().describe('‖variant − fp32‖ ÷ ‖fp32‖ of the states before the first layer.'),
});
export type Int8Table = z.infer<typeof int8Table>;

const triedInt8 = agreement.pick({ same_decisions: true, mean_difference: true }).extend({
  activations,
  table: int8Table.shape.precision
    .exactOptional()
    .describe('Of the embeddings of words; absent where it was always fp16, as in the report.'),
  fp32_layers: z.array(z.int()).describe('The layers that stayed float32.'),
});
export type TriedInt8 = z.infer<typeof triedInt8>;

export const int8Report = variantReport.extend({
  layers: z.array(int8Layer),
  table: int8Table
    .exactOptional()
    .describe(
      'Embeddings of words. Absent from reports of versions that were imported when it was always fp16.',
    ),
  activations,
  tried: z
    .array(triedInt8)
    .describe('What was measured before and refused, or left more in float32 than was needed.'),
});
export type Int8Report = z.infer<typeof int8Report>;
