import { type ArtifactLocation, describeLocation, openArtifactStore } from '@heddle/artifacts';
import { HeddleError } from '@heddle/contracts';
import { LIBRARY_TENANT, type Store } from '@heddle/store';

/**
 * Removes a model for every tenant with its versions and aliases. Returns how many versions it had; `report` is told
 * when files of theirs are left to the workers.
 * Errors: `not-found`; `in-use` while an unfinished job or import needs it.
 */
export async function removeLocally(
  store: Store,
  location: ArtifactLocation,
  name: string,
  report: (line: string) => void,
): Promise<number> {
  const library = await store.tenants.ensure(LIBRARY_TENANT, 'Models shared with every tenant');
  const [model] = await store.models.list(library.id, { name });
  const versions = model && (await store.models.remove(library.id, model.id, { withAliases: true }));
  if (!versions) throw new HeddleError('not-found', `There is no model "${name}" for every tenant.`);
  try {
    await removeContents(store, location);
  } catch (error) {
    report(`a worker will remove the files, within a minute or when one runs again: ${messageOf(error)}`);
  }
  return versions.length;
}

async function removeContents(store: Store, location: ArtifactLocation): Promise<void> {
  const artifacts = await openArtifactStore(location);
  const remove = async (sha256: string) => {
    // Not here: the settings may mean another place than the workers', which then still have to remove it.
    if (!(await artifacts.has(sha256))) throw new Error(`${describeLocation(location)} does not hold them`);
    await artifacts.remove(sha256);
  };
  await store.contents.removeUnreferenced(remove);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
