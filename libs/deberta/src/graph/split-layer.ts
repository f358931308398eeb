import type { Context } from './context.js';

/** Heads that read every token of the last layer. */
const READ_ALL = new Set([
  'token-classification',
  'question-answering',
  'replaced-token-detection',
  'features',
]);

/** Whether a layer computes chosen rows alone, with queries apart from keys and values. */
export function isSplit({ config, plan }: Pick<Context, 'config' | 'plan'>, index: number): boolean {
  return index === config.layers - 1 && !READ_ALL.has(plan.head);
}
