import { join } from 'node:path';
import { materialise, openArtifactStore } from '@heddle/artifacts';
import { artifactsOf, type Environment, foldersOf } from '@heddle/config';
import { HeddleError, toPublicId, type VersionManifest } from '@heddle/contracts';
import { openTokenizer, type ServedModel } from '@heddle/deberta';
import type { Store } from '@heddle/store';

/** A version whose files lie on this machine, verified. */
export interface LocalVersion {
  /** As `topic@1`. */
  name: string;
  model: string;
  /** Slug of the tenant whose it is; `library` for everybody's. */
  owner: string;
  manifest: VersionManifest;
  folder: string;
  served: ServedModel;
}

/**
 * The version that a reference means, `name`, `name@alias`, `name@3` or `ver_…`, of whichever tenant has such a model;
 * `tenant` says whose where several have. Errors: `not-found`, `validation` where several have one, and those of
 * resolving a reference and of laying out files.
 */
export async function openVersion(
  reference: string,
  { store, values, tenant }: { store: Store; values: Environment; tenant: string | undefined },
): Promise<LocalVersion> {
  const owner = await ownerOf(reference, store, tenant);
  const of = await store.tenants.findBySlug(owner);
  if (!of) throw new HeddleError('not-found', `There is no tenant "${owner}".`);
  const { id, model, number, manifest } = await store.models.resolve(of.id, reference);
  const folder = join(foldersOf(values).cacheDir, id);
  await materialise(await openArtifactStore(artifactsOf(values)), manifest.files, folder);
  const { labels, problemType, maxTokens, architecture, pooling = 'mean' } = manifest;
  const tokenizer = await openTokenizer(join(folder, 'tokenizer.json'));
  return {
    name: `${model}@${number}`,
    model,
    owner,
    manifest,
    folder,
    served: { tokenizer, labels, problemType, maxTokens, architecture, pooling },
  };
}

/** No machine has this name: what is asked for is the list of versions alone. */
const NO_MACHINE = '';

async function ownerOf(reference: string, store: Store, tenant: string | undefined): Promise<string> {
  if (tenant !== undefined) return tenant;
  const [name] = reference.split('@');
  const versions = await store.plans.listVersions(NO_MACHINE);
  const meant = versions.filter(({ id, model }) => model === name || toPublicId('version', id) === reference);
  const owners = [...new Set(meant.map(({ owner }) => owner))];
  if (owners.length === 1) return owners[0]!;
  if (owners.length === 0) {
    throw new HeddleError('not-found', `There is no model or version "${reference}" that can be served.`);
  }
  throw new HeddleError(
    'validation',
    `Several tenants have a model "${name}": name one with --tenant, of ${owners.join(', ')}.`,
  );
}
