import { z } from 'zod';
import { LIMITS } from '../limits.js';
import { common, offsets } from './items.js';

export const fillMaskParameters = z
  .strictObject({
    ...common,
    top_k: z.int().min(1).default(5),
    targets: z
      .array(z.string().min(1))
      .max(LIMITS.maxTargets)
      .default([])
      .describe('Only these fillings are looked at; probabilities stay those over the whole vocabulary.'),
    causal: z
      .boolean()
      .default(false)
      .describe(
        'Every position sees what is before it only; a text without [MASK] is scored token by token.',
      ),
    offsets,
  })
  .meta({ id: 'FillMaskParameters' });
export type FillMaskParameters = z.infer<typeof fillMaskParameters>;

export const filling = z.strictObject({
  token: z.string(),
  token_id: z.int().min(0),
  score: z.number(),
  sequence: z.string(),
  warning: z.string().exactOptional(),
});
export type Filling = z.infer<typeof filling>;
export const scoredToken = z.strictObject({
  token: z.string(),
  start: z.int().min(0),
  end: z.int().min(0),
  log_prob: z.number().describe('Natural logarithm of the token’s probability after what is before it.'),
});
export type ScoredToken = z.infer<typeof scoredToken>;
/** One list of fillings a mask, best first; or, causal and without a mask, the probability of the text itself. */
export const fillMaskOutput = z
  .union([
    z.strictObject({ masks: z.array(z.array(filling)) }),
    z.strictObject({ tokens: z.array(scoredToken), log_prob: z.number() }),
  ])
  .meta({ id: 'FillMaskOutput' });
export type FillMaskOutput = z.infer<typeof fillMaskOutput>;

export const replacedTokenParameters = z
  .strictObject({ ...common, offsets })
  .meta({ id: 'ReplacedTokenParameters' });
export type ReplacedTokenParameters = z.infer<typeof replacedTokenParameters>;

/** `score` is the probability that the token is not the one that stood there. */
export const replacedTokenOutput = z
  .strictObject({
    tokens: z.array(
      z.strictObject({
        token: z.string(),
        score: z.number(),
        start: z.int().min(0),
        end: z.int().min(0),
      }),
    ),
  })
  .meta({ id: 'ReplacedTokenOutput' });
export type ReplacedTokenOutput = z.infer<typeof replacedTokenOutput>;
