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

/** As `findModel`, to change it. Throws `forbidden` where it is there for every tenant. */
export async function findOwnModel(store: Store, tenantId: string, reference: string): Promise<ModelSummary> {
  const model = await findModel(store, tenantId, reference);
  if (model.own) return model;
  throw new HeddleError(
    'forbidden',
    `${model.name} is a model for every tenant; an operator removes it with \`npx heddle remove ${model.name}\`.`,
  );
}

export function noSuchModel(): HeddleError {
  return new HeddleError('not-found', 'There is no such model.');
}
