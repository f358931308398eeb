import { openFolderStore } from '@heddle/artifacts';
import { HeddleError } from '@heddle/contracts';
import { LIBRARY_TENANT, type Store } from '@heddle/store';

/**
 * Removes a model for every tenant with its versions and aliases. Returns how many versions it had.
 * Errors: `not-found`; `in-use` while an unfinished job or import needs it.
 */
export async function removeLocally(store: Store, artifactsDir: string, name: string): Promise<number> {
  const library = await store.tenants.ensure(LIBRARY_TENANT, 'Models shared with every tenant');
  const [model] = await store.models.list(library.id, { name });
  const versions = model && (await store.models.remove(library.id, model.id, { withAliases: true }));
  if (!versions) throw new HeddleError('not-found', `There is no model "${name}" for every tenant.`);
  await removeContents(store, artifactsDir);
  return versions.length;
}

/** What cannot be removed here is removed by a worker, within a minute or when one runs again. */
async function removeContents(store: Store, artifactsDir: string): Promise<void> {
  const artifacts = openFolderStore(artifactsDir);
  const remove = async (sha256: string) => {
    // Not here: the settings may mean another folder than the workers', which then still have to remove it.
    if (!(await artifacts.has(sha256))) throw new Error('not in this folder');
    await artifacts.remove(sha256);
  };
  await store.contents.removeUnreferenced(remove).catch(() => undefined);
}
