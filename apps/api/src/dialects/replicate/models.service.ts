import { DEFAULT_ALIAS, toPublicId } from '@heddle/contracts';
import {
  type ReplicateDeployment,
  type ReplicateModel,
  type ReplicateVersion,
  replicateVersionView,
} from '@heddle/dialects';
import { type AliasRecord, LIBRARY_TENANT, type ModelSummary, type VersionRecord } from '@heddle/store';
import { versionView } from '@heddle/views';
import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../http/auth.js';
import { RESOURCES, type Resources } from '../../resources.js';
import { noSuchModel } from '../model-reference.js';
import { DialectModels } from '../models.js';

/** Models, versions and aliases as models, versions and deployments. */
@Injectable()
export class ReplicateModelsService {
  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    private readonly models: DialectModels,
  ) {}

  /** The model of that owner, which is the caller's tenant or `library`. Errors: `not-found`. */
  find(caller: Caller, owner: string, name: string): Promise<ModelSummary> {
    return this.models.model(caller, `${owner}/${name}`);
  }

  async view({ tenantId }: Caller, model: ModelSummary, base: string): Promise<ReplicateModel> {
    const { owner, name, description, createdAt, latestVersion } = model;
    const { versions } = this.resources.store;
    const production = model.aliases[DEFAULT_ALIAS];
    const key = production ? { id: production } : latestVersion && { number: latestVersion };
    const version = key ? await versions.find(tenantId, model.id, key) : null;
    return {
      url: `${base}/replicate/v1/models/${owner}/${name}`,
      owner,
      name,
      description,
      visibility: owner === LIBRARY_TENANT ? 'public' : 'private',
      github_url: null,
      paper_url: null,
      license_url: null,
      run_count: 0,
      cover_image_url: null,
      default_example: null,
      latest_version: version && viewOf(version),
      created_at: createdAt.toISOString(),
    };
  }

  async version({ tenantId }: Caller, model: ModelSummary, id: string): Promise<ReplicateVersion> {
    const version = await this.resources.store.versions.find(tenantId, model.id, { id });
    if (!version || (version.status !== 'ready' && version.status !== 'archived'))
      throw noSuchModel(toPublicId('version', id));
    return viewOf(version);
  }

  /** Every alias of every model, each with its whole name. */
  async deployments(caller: Caller): Promise<{ id: string; shown: ReplicateDeployment }[]> {
    const { store } = this.resources;
    const models = await store.models.list(caller.tenantId, { hidden: true });
    const all = await Promise.all(
      models.map(async (model) => {
        const aliases = await store.aliases.list(caller.tenantId, model.id);
        return aliases.map((alias) => {
          const shown = deploymentView(model, alias, `${model.name}@${alias.name}`);
          return { id: `${shown.owner}/${shown.name}`, shown };
        });
      }),
    );
    return all.flat();
  }

  /** `name@alias`, or `name` for its production alias. Errors: `not-found`. */
  async deployment(caller: Caller, owner: string, name: string): Promise<ReplicateDeployment> {
    const [modelName, alias = DEFAULT_ALIAS] = name.split('@');
    const model = await this.find(caller, owner, modelName!);
    const aliases = await this.resources.store.aliases.list(caller.tenantId, model.id);
    const found = aliases.find((one) => one.name === alias);
    if (!found) throw noSuchModel(`${owner}/${name}`);
    return deploymentView(model, found, name);
  }
}

export function viewOf(record: VersionRecord): ReplicateVersion {
  return replicateVersionView(versionView(record));
}

function deploymentView(
  { owner, name: modelName }: ModelSummary,
  { versionId, versionNumber, updatedAt }: AliasRecord,
  name: string,
): ReplicateDeployment {
  return {
    owner,
    name,
    current_release: {
      number: versionNumber,
      model: `${owner}/${modelName}`,
      version: toPublicId('version', versionId),
      created_at: updatedAt.toISOString(),
      created_by: { type: 'organization', username: owner, name: owner },
      configuration: { hardware: 'cpu', min_instances: 0, max_instances: 1 },
    },
  };
}
