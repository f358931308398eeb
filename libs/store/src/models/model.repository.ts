import type { VersionManifest } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import { KeyedCoalescer } from '../database/coalescer.js';
import type { Access } from '../database/database.js';
import { addVersion, hasSource, type NewVersion } from './add-version.js';
import { changeModel, createModel, type ModelChange, type NewModel, removeModel } from './manage.js';
import { listModels, listServable, type ModelFilter, wasRemoved } from './read.js';
import { type ResolvedVersion, resolve } from './resolve.js';

export class ModelRepository {
  private readonly resolutions: KeyedCoalescer<
    { tenantId: string; reference: string; owner: string | null },
    ResolvedVersion
  >;

  constructor(private readonly access: Access) {
    this.resolutions = new KeyedCoalescer(async (asked) => {
      const { tenantId, reference, owner } = asked[0]!;
      const version = await resolve(access.tenant(tenantId), tenantId, reference, owner);
      return asked.map(() => version);
    }, Number.POSITIVE_INFINITY);
  }

  create = (model: NewModel, actor?: Actor) => createModel(this.access.tenant(model.tenantId), model, actor);
  change = (tenantId: string, id: string, change: ModelChange, actor?: Actor) =>
    changeModel(this.access.tenant(tenantId), tenantId, id, change, actor);
  remove = (tenantId: string, id: string, options?: { withAliases?: boolean }, actor?: Actor) =>
    removeModel(this.access.tenant(tenantId), tenantId, id, options, actor);
  wasRemoved = (tenantId: string, name: string) => wasRemoved(this.access.tenant(tenantId), tenantId, name);
  list = (tenantId: string, filter: ModelFilter = {}) =>
    listModels(this.access.tenant(tenantId), tenantId, filter);

  addVersion = (version: NewVersion) => addVersion(this.access.tenant(version.tenantId), version);
  hasSource = (tenantId: string, name: string, source: VersionManifest['source']) =>
    hasSource(this.access.tenant(tenantId), tenantId, name, source);
  /** Whoever asks the same during a look shares the next one, which begins after they asked. */
  resolve = (tenantId: string, reference: string, owner: string | null = null) =>
    this.resolutions.run(`${tenantId} ${owner} ${reference}`, { tenantId, reference, owner });
  listServable = () => listServable(this.access.system);
}
