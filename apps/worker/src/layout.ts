import type { Config } from '@heddle/config';
import { servesModel } from '@heddle/contracts';
import type { Store } from '@heddle/store';

/**
 * Inference processes of a worker and their threads: as set; else those that most plans of this machine's versions want,
 * and the defaults where they do not agree. Decided at the start, for all versions: processes are shared.
 */
export async function layoutOf(
  config: Config,
  store: Store,
  machine: string,
): Promise<{ children: number; threads: number }> {
  const { inferenceChildren: children, inferenceThreads: threads, layoutIsSet } = config;
  const usual = { children, threads };
  if (layoutIsSet) return usual;
  const own = config.env.HEDDLE_POOL_MODELS ?? null;
  const servable = (await store.models.listServable()).filter(({ model }) => servesModel(own, model));
  const served = new Set(servable.map(({ id }) => id));
  const plans = [...(await store.plans.of(machine))].filter(([version]) => served.has(version));
  const others = plans
    .map(([, plan]) => plan)
    .filter((plan) => plan.children !== children || plan.threads !== threads);
  const [other] = others;
  // There are two layouts that plans choose from.
  if (!other || others.length * 2 <= plans.length) return usual;
  return { children: other.children, threads: other.threads };
}
