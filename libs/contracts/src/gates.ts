import { z } from 'zod';
import { ALIAS_NAME, DEFAULT_ALIAS } from './aliases.js';
import { LIMITS } from './limits.js';

/** Metrics of all tasks (docs/evaluation-metrics.md); `@k` stands for any cutoff. */
export const METRICS = [
  'accuracy',
  'average_precision',
  'best_exact',
  'best_f1',
  'ece',
  'exact_match',
  'f1',
  'has_ans_exact',
  'has_ans_f1',
  'log_loss',
  'macro_f1',
  'map',
  'mcc',
  'micro_f1',
  'mlm_accuracy',
  'mrr',
  'mrr@k',
  'mse',
  'ndcg',
  'ndcg@k',
  'no_ans_exact',
  'no_ans_f1',
  'pairwise_accuracy',
  'pearson',
  'recall@k',
  'seq_f1',
  'seq_macro_f1',
  'seq_precision',
  'seq_recall',
  'spearman',
] as const;

/** Whether some task has the metric, `ndcg@10` for `ndcg@k`. */
export function isMetric(name: string): boolean {
  const kind = name.replace(/@([1-9]\d{0,2}|1000)$/, '@k');
  return !name.endsWith('@k') && (METRICS as readonly string[]).includes(kind);
}

/** The name of a metric, such as `accuracy` or `ndcg@10`. */
const metric = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,31}(@[1-9][0-9]{0,3})?$/,
    'must be the name of a metric, e.g. accuracy or ndcg@10',
  );

/** The examples of a dataset with one value of a field. */
export const gateSlice = z.strictObject({
  field: z.string().min(1).max(LIMITS.maxSliceFieldChars),
  value: z.string().min(1).max(LIMITS.maxSliceValueChars),
});
const of = {
  metric,
  slice: gateSlice.exactOptional().describe('Examples that it is judged by; all of them when absent.'),
};

/** What an evaluation must show of a version. */
const rule = z.union([
  z.strictObject({ ...of, min: z.number().describe('The least value; of metrics of which more is better.') }),
  z.strictObject({ ...of, max: z.number().describe('The most; of metrics of which less is better.') }),
  z.strictObject({
    ...of,
    max_drop: z
      .number()
      .min(0)
      .describe('How much worse than the evaluation’s baseline it may be, by the paired bootstrap.'),
  }),
]);
export const gate = rule.meta({ id: 'Gate' });
export type Gate = z.infer<typeof gate>;

export const gates = z
  .array(rule)
  .max(LIMITS.maxGates)
  .superRefine((list, context) => {
    const keys = list.map((one) =>
      JSON.stringify([one.metric, ruleOf(one), one.slice?.field, one.slice?.value]),
    );
    const twice = keys.findIndex((key, i) => keys.indexOf(key) < i);
    if (twice >= 0) context.addIssue({ code: 'custom', path: [twice], message: 'is there twice' });
    for (const [i, one] of list.entries()) {
      const refuse = (field: string, message: string) =>
        context.addIssue({ code: 'custom', path: [i, field], message });
      if (!isMetric(one.metric)) refuse('metric', `is no metric; these are: ${METRICS.join(', ')}`);
      const message = wrongSide(one) ?? outOfReach(one);
      if (message) refuse(ruleOf(one), message);
    }
  });

/** Names of the aliases that gates hold for. */
export const gatedAliases = z
  .array(z.string().regex(ALIAS_NAME, 'must be the name of an alias'))
  .max(LIMITS.maxGates)
  .describe(`Aliases that the gates hold for; \`["${DEFAULT_ALIAS}"]\` where nothing else is said.`);

export const GATE_RULES = ['min', 'max', 'max_drop'] as const;
export type GateRule = (typeof GATE_RULES)[number];

/** A gate that a version does not meet. */
export const failedGate = z
  .strictObject({
    metric: z.string(),
    slice: gateSlice.exactOptional(),
    rule: z.enum(GATE_RULES),
    required: z.number().describe('The number of the rule.'),
    actual: z.number().nullable().describe('Null where no evaluation tells.'),
    baseline: z.number().nullable(),
    difference: z
      .tuple([z.number(), z.number()])
      .nullable()
      .describe('Of max_drop: the 95 % interval of the value less the baseline’s.'),
    reason: z.string().exactOptional().describe('Why it is not met.'),
  })
  .meta({ id: 'FailedGate' });
export type FailedGate = z.infer<typeof failedGate>;

/** What came of a gate. */
export const gateResult = z
  .strictObject({ ...failedGate.shape, passed: z.boolean() })
  .meta({ id: 'GateResult' });
export type GateResult = z.infer<typeof gateResult>;

/** Metrics of which less is better. */
const LOWER_IS_BETTER = new Set(['log_loss', 'ece', 'mse']);
export const isLowerBetter = (name: string): boolean => LOWER_IS_BETTER.has(name);

export function ruleOf(one: Gate): GateRule {
  if ('min' in one) return 'min';
  return 'max' in one ? 'max' : 'max_drop';
}

/** What is wrong with a gate that no version could meet; undefined for others. */
function outOfReach(one: Gate): string | undefined {
  if ('min' in one && one.min > 1) return `${one.metric} is never above 1: 90 % is 0.9`;
  if ('max' in one && one.max < 0) return `${one.metric} is never below 0`;
  return undefined;
}

/** What is wrong with a gate that bounds its metric from the side that nobody minds; undefined for others. */
export function wrongSide(one: Gate): string | undefined {
  const isLower = isLowerBetter(one.metric);
  if ('min' in one && isLower)
    return `less is better of "${one.metric}": its gate has max or max_drop, not min`;
  if ('max' in one && !isLower)
    return `more is better of "${one.metric}": its gate has min or max_drop, not max`;
  return undefined;
}
