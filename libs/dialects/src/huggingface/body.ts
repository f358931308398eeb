import { z } from 'zod';
import { truncationFields } from '../shared/truncation.js';

/** Parameters stand in an object, or beside the inputs, as the clients have it for vectors. */
export const huggingfaceBody = z
  .object({
    inputs: z
      .union([z.string(), z.array(z.unknown()), z.record(z.string(), z.unknown())], {
        error: 'a text, an object as the task wants it, or a list of those',
      })
      .describe('A text, or what the task asks for: a question with its context, say. Or a list of those.'),
    parameters: z.record(z.string(), z.unknown()).nullish(),
    normalize: z.boolean().nullish(),
    dimensions: z.int().min(1).nullish(),
    ...truncationFields,
  })
  .meta({ id: 'HuggingFaceBody' });
export type HuggingfaceBody = z.infer<typeof huggingfaceBody>;

export const huggingfaceAnswer = z
  .union([z.array(z.unknown()), z.record(z.string(), z.unknown())])
  .meta({ id: 'HuggingFaceAnswer', description: 'What the pipeline of that task answers.' });
