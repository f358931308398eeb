import { z } from 'zod';
import { fp16Report, int8Report, outputDifference } from './agreement.js';

const fileOfCheckpoint = z.strictObject({ name: z.string(), bytes: z.int().min(0) });

/** What an import read and found out; kept with the version. */
export const importReport = z
  .strictObject({
    files_read: z
      .array(fileOfCheckpoint)
      .describe('Files of the checkpoint that the version was made from; `files_ignored`: not looked at.'),
    files_ignored: z.array(fileOfCheckpoint),
    tensors_ignored: z
      .strictObject({ count: z.int().min(0), names: z.array(z.string()) })
      .describe('Tensors of the checkpoint that the model does not use; at most 50 names.'),
    vectors: z
      .strictObject({ steps: z.array(z.string()), default: z.boolean() })
      .exactOptional()
      .describe(
        'How the checkpoint makes a text’s vector, step by step, and whether that is the version’s default; absent when it does not say.',
      ),
    parity: z
      .strictObject({ sequences: z.int(), tokens: z.int(), outputs: z.array(outputDifference) })
      .describe('The compiled graph against an independent computation from the source weights in float64.'),
    batching: z
      .array(outputDifference)
      .describe('A sequence alone against the same sequence beside a longer one.'),
    int8: int8Report
      .exactOptional()
      .describe('Of versions served in int8: how near the variant is to float32.'),
    fp16: fp16Report.exactOptional().describe('The same of those served in fp16.'),
    sizes: z.strictObject({ source_bytes: z.int(), version_bytes: z.int(), parameters: z.int() }),
    durations_ms: z.strictObject({ importing: z.number(), converting: z.number(), verifying: z.number() }),
  })
  .meta({ id: 'ImportReport' });
export type ImportReport = z.infer<typeof importReport>;
