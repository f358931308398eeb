import { z } from 'zod';
import type { Answered, Call } from '../call.js';
import { embeddingsBody } from '../openai/embeddings.js';
import { embedItemsOf } from '../shared/embed-items.js';
import { refuseNone } from '../shared/errors.js';
import { cosines, tokenVectorsOf, vectorOf } from '../shared/outputs.js';
import { truncationFields, truncationOf } from '../shared/truncation.js';

const tokenIds = z.array(z.int().min(0));
const embedInputs = z.union([z.string(), z.array(z.string()), tokenIds, z.array(tokenIds)], {
  error: 'a text, a list of texts, the ids of a text’s tokens, or a list of those',
});
const dimensions = z.int().min(1).nullish();

export const teiEmbedBody = z
  .object({
    inputs: embedInputs,
    normalize: z.boolean().nullish().describe('True when absent.'),
    ...truncationFields,
    dimensions,
  })
  .meta({ id: 'TEIEmbedBody' });
export const teiEmbedAllBody = z
  .object({ inputs: embedInputs, ...truncationFields, dimensions })
  .meta({ id: 'TEIEmbedAllBody' });
export const teiSimilarityBody = z
  .object({
    inputs: z.object({ source_sentence: z.string(), sentences: z.array(z.string()) }),
    parameters: z.object(truncationFields).nullish(),
  })
  .meta({ id: 'TEISimilarityBody' });
export const teiEmbeddingsBody = embeddingsBody
  .extend({ model: z.string().optional().describe('Nothing is done with it: the path names the model.') })
  .meta({ id: 'TEIEmbeddingsBody' });

const vector = z.array(z.number());
export const teiVectors = z.array(vector).meta({ id: 'TEIVectors' });
export const teiTokenVectors = z.array(z.array(vector)).meta({ id: 'TEITokenVectors' });
export const teiSimilarities = vector.meta({ id: 'TEISimilarities' });

export function teiEmbedCall(model: string, body: z.infer<typeof teiEmbedBody>): Call {
  return embedCall(model, body, { normalize: body.normalize ?? true });
}

/** The vectors of tokens are as the model has them. */
export function teiEmbedAllCall(model: string, body: z.infer<typeof teiEmbedAllBody>): Call {
  return embedCall(model, body, { level: 'token', normalize: false });
}

function embedCall(
  model: string,
  body: z.infer<typeof teiEmbedAllBody>,
  parameters: Record<string, unknown>,
): Call {
  return {
    source: 'tei',
    model,
    task: 'embed',
    inputs: embedItemsOf(body.inputs),
    parameters: { ...parameters, ...truncationOf(body), ...dimensionsOf(body.dimensions) },
  };
}

/** The source sentence is the first of the inputs. Throws `invalid-input` where there are no others. */
export function teiSimilarityCall(model: string, body: z.infer<typeof teiSimilarityBody>): Call {
  const { source_sentence: source, sentences } = body.inputs;
  refuseNone(sentences, '/inputs/sentences');
  return {
    source: 'tei',
    model,
    task: 'embed',
    inputs: [source, ...sentences],
    parameters: truncationOf(body.parameters ?? {}),
  };
}

export function teiEmbeddingsCall(model: string, body: z.infer<typeof teiEmbeddingsBody>): Call {
  return {
    source: 'tei',
    model,
    task: 'embed',
    inputs: embedItemsOf(body.input),
    parameters: {
      ...truncationOf({}),
      encoding: body.encoding_format,
      ...dimensionsOf(body.dimensions),
    },
  };
}

export function teiEmbedded({ outputs }: Answered): z.infer<typeof teiVectors> {
  return outputs.map((output) => vectorOf(output) as number[]);
}

export function teiEmbeddedAll({ outputs }: Answered): z.infer<typeof teiTokenVectors> {
  return outputs.map((output) => tokenVectorsOf(output) as number[][]);
}

export function teiSimilar({ outputs }: Answered): number[] {
  return cosines(outputs.map(vectorOf));
}

function dimensionsOf(wanted: number | null | undefined): { dimensions?: number } {
  return typeof wanted === 'number' ? { dimensions: wanted } : {};
}
