import { toPublicId } from '@heddle/contracts';
import type { ModelSummary, ResolvedVersion } from '@heddle/store';
import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../http/auth.js';
import { RESOURCES, type Resources } from '../resources.js';
import { nativeReference, noSuchModel } from './model-reference.js';

/** Versions that requests of dialects name. */
@Injectable()
export class DialectModels {
  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  /** Errors: `not-found`, `no-default-version`, `version-not-ready`. */
  async find(caller: Caller, reference: string): Promise<ResolvedVersion> {
    const { store } = this.resources;
    const named = await nativeReference(store, caller, reference);
    return store.models.resolve(caller.tenantId, named.reference, named.owner);
  }

  /** The model that a name means, its owner before it or not. Errors: `not-found`. */
  async model(caller: Caller, reference: string): Promise<ModelSummary> {
    const { store } = this.resources;
    const { reference: name, owner } = await nativeReference(store, caller, reference);
    const [model] = await store.models.list(caller.tenantId, { name, ...(owner === null ? {} : { owner }) });
    if (!model) throw noSuchModel(reference);
    return model;
  }

  /** The model of a version, with what its page shows. Throws `not-found` where it was removed meanwhile. */
  async summary(caller: Caller, { model, modelId }: ResolvedVersion): Promise<ModelSummary> {
    const [summary] = await this.resources.store.models.list(caller.tenantId, { id: modelId });
    if (!summary) throw noSuchModel(model);
    return summary;
  }

  /** The version that ran a job. */
  version({ tenantId }: Caller, { version }: { version: string }): Promise<ResolvedVersion> {
    return this.resources.store.models.resolve(tenantId, version);
  }

  /** The same, after one was found: where an alias has a version on trial, that may be another than was found. */
  async ofJob(
    caller: Caller,
    found: ResolvedVersion,
    job: { version: string },
  ): Promise<Pick<ResolvedVersion, 'number' | 'manifest'>> {
    return toPublicId('version', found.id) === job.version ? found : this.version(caller, job);
  }
}
