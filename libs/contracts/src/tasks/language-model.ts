import { z } from 'zod';
import { LIMITS } from '../limits.js';
import { common, offsets } from './items.js';

export const fillMaskParameters = z.strictObject({
  ...common,
  top_k: z.int().min(1).default(5),
  /** Only these fillings are looked at; probabilities stay those over the whole vocabulary. */
  targets: z.array(z.string().min(1)).max(LIMITS.maxTargets).default([]),
  /** Every position sees what is before it only; a text without [MASK] is scored token by token. */
  causal: z.boolean().default(false),
  offsets,
});
export type FillMaskParameters = z.infer<typeof fillMaskParameters>;

export interface Filling {
  token: string;
  token_id: number;
  score: number;
  sequence: string;
  warning?: string;
}
export interface ScoredToken {
  token: string;
  start: number;
  end: number;
  /** Natural logarithm of the token's probability after what is before it. */
  log_prob: number;
}
/** One list of fillings a mask, best first; or, causal and without a mask, the probability of the text itself. */
export type FillMaskOutput = { masks: Filling[][] } | { tokens: ScoredToken[]; log_prob: number };

export const replacedTokenParameters = z.strictObject({ ...common, offsets });
export type ReplacedTokenParameters = z.infer<typeof replacedTokenParameters>;

/** `score` is the probability that the token is not the one that stood there. */
export interface ReplacedTokenOutput {
  tokens: { token: string; score: number; start: number; end: number }[];
}
