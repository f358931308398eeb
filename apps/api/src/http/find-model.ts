import { fromPublicId, HeddleError, MODEL_NAME } from '@heddle/contracts';
import type { ModelSummary, Store } from '@heddle/store';

/** The model that `{m}` of a path means: a name or `mdl_…`. Throws `not-found`. */
export async function findModel(store: Store, tenantId: string, reference: string): Promise<ModelSummary> {
  const id = fromPublicId('model', reference);
  const filter = id ? { id } : MODEL_NAME.test(reference) ? { name: reference } : null;
  const [model] = filter ? await store.models.list(tenantId, filter) : [];
  if (!model) throw noSuchModel();
  return model;
}

export function noSuchModel(): HeddleError {
  return new HeddleError('not-found', 'There is no such model.');
}
