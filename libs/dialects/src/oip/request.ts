import { z } from 'zod';

export const oipParameters = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null()], { error: 'a text, a number or a boolean' }),
);

export const oipRequest = z
  .object({
    id: z.string().max(128).exactOptional(),
    parameters: oipParameters.exactOptional(),
    inputs: z
      .array(
        z.object({
          name: z.string(),
          datatype: z.string(),
          shape: z.array(z.int().min(0)).max(3),
          parameters: z.record(z.string(), z.unknown()).exactOptional(),
          data: z.unknown().optional().describe('Flat or nested; absent where it follows as bytes.'),
        }),
      )
      .min(1)
      .max(8),
    outputs: z
      .array(z.object({ name: z.string(), parameters: z.record(z.string(), z.unknown()).exactOptional() }))
      .max(8)
      .exactOptional(),
  })
  .meta({ id: 'OIPRequest' });
export type OipRequest = z.infer<typeof oipRequest>;

const tensorOutput = z.strictObject({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.int().min(0)),
  parameters: z.record(z.string(), z.unknown()).exactOptional(),
  data: z.array(z.union([z.string(), z.number()])).exactOptional(),
});
export const oipResponse = z
  .strictObject({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().exactOptional(),
    outputs: z.array(tensorOutput),
  })
  .meta({ id: 'OIPResponse' });
export type OipResponse = z.infer<typeof oipResponse>;

/** An input that has its data as bytes says how many they are. */
export interface OipTensor {
  name: string;
  datatype: 'BYTES' | 'INT64' | 'FP32';
  shape: number[];
  /** Row-major. */
  data: string[] | number[];
}
