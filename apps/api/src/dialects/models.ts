import { toPublicId } from '@heddle/contracts';
import type { ResolvedVersion } from '@heddle/store';
import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../http/auth.js';
import { RESOURCES, type Resources } from '../resources.js';
import { nativeReference } from './model-reference.js';

/** Versions that requests of dialects name. */
@Injectable()
export class DialectModels {
  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  /** Errors: `not-found`, `no-default-version`, `version-not-ready`. */
  async find(caller: Caller, reference: string): Promise<ResolvedVersion> {
    const { store } = this.resources;
    return store.models.resolve(caller.tenantId, await nativeReference(store, caller, reference));
  }

  /** The one that ran a job: where an alias has a version on trial, that may be another than was found. */
  async ofJob(
    caller: Caller,
    found: ResolvedVersion,
    { version }: { version: string },
  ): Promise<Pick<ResolvedVersion, 'number' | 'manifest'>> {
    if (toPublicId('version', found.id) === version) return found;
    return this.resources.store.models.resolve(caller.tenantId, version);
  }
}
