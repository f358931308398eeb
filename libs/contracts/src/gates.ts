import { z } from 'zod';
import { ALIAS_NAME, DEFAULT_ALIAS } from './aliases.js';
import { LIMITS } from './limits.js';

/** The name of a metric, such as `accuracy` or `ndcg@10`. */
const metric = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,31}(@[1-9][0-9]{0,3})?$/,
    'must be the name of a metric, e.g. accuracy or ndcg@10',
  );

/** What an evaluation must show of a version. */
const rule = z.union([
  z.strictObject({ metric, min: z.number().describe('The least value.') }),
  z.strictObject({
    metric,
    max_drop: z.number().min(0).describe('How far below the evaluation’s baseline the value may be.'),
  }),
]);
export const gate = rule.meta({ id: 'Gate' });
export type Gate = z.infer<typeof gate>;

export const gates = z
  .array(rule)
  .max(LIMITS.maxGates)
  .superRefine((list, context) => {
    const kinds = list.map((one) => `${one.metric} ${'min' in one ? 'min' : 'max_drop'}`);
    const twice = kinds.findIndex((kind, i) => kinds.indexOf(kind) < i);
    if (twice >= 0) context.addIssue({ code: 'custom', path: [twice], message: 'is there twice' });
  });

/** Names of the aliases that gates hold for. */
export const gatedAliases = z
  .array(z.string().regex(ALIAS_NAME, 'must be the name of an alias'))
  .max(LIMITS.maxGates)
  .describe(`Aliases that the gates hold for; \`["${DEFAULT_ALIAS}"]\` where nothing else is said.`);

/** A gate that a version does not meet. */
export const failedGate = z
  .strictObject({
    metric: z.string(),
    rule: z.enum(['min', 'max_drop']),
    required: z.number(),
    actual: z.number().nullable().describe('Null where no evaluation tells.'),
    baseline: z.number().nullable(),
  })
  .meta({ id: 'FailedGate' });
export type FailedGate = z.infer<typeof failedGate>;
