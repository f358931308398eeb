import type { VersionManifest } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import { KeyedCoalescer } from '../database/coalescer.js';
import type { Access } from '../database/database.js';
import { addVersion, hasSource, type NewVersion } from './add-version.js';
import { changeModel, createModel, type ModelChange, type NewModel, removeModel } from './manage.js';
import { listModels, listServable, wasRemoved } from './read.js';
import { type ResolvedVersion, resolve } from './resolve.js';

export class ModelRepository {
  private readonly resolutions: KeyedCoalescer<{ tenantId: string; reference: string }, ResolvedVersion>;

  constructor(private readonly access: Access) {
    this.resolutions = new KeyedCoalescer(async (asked) => {
      const { tenantId, reference } = asked[0]!;
      const version = await resolve(access.tenant(tenantId), tenantId, reference);
      return asked.map(() => version);
    }, Number.POSITIVE_INFINITY);
  }

  create = (model: NewModel, actor?: Actor) => createModel(this.access.tenant(model.tenantId), model, actor);
  change = (tenantId: string, id: string, change: ModelChange, actor?: Actor) =>
    changeModel(this.access.tenant(tenantId), tenantId, id, change, actor);
  remove = (tenantId: string, id: string, options?: { withAliases?: boolean }, actor?: Actor) =>
    removeModel(this.access.tenant(tenantId), tenantId, id, options, actor);
  wasRemoved = (tenantId: string, name: string) => wasRemoved(this.access.tenant(tenantId), tenantId, name);
  list = (tenantId: string, filter: { task?: string; name?: string; id?: string } = {}) =>
    listModels(this.access.tenant(tenantId), tenantId, filter);

  addVersion = (version: NewVersion) => addVersion(this.access.tenant(version.tenantId), version);
  hasSource = (tenantId: string, name: string, source: VersionManifest['source']) =>
    hasSource(this.access.tenant(tenantId), tenantId, name, source);
  /** Whoever asks the same during a look shares the next one, which begins after they asked. */
  resolve = (tenantId: string, reference: string) =>
    this.resolutions.run(`${tenantId} ${reference}`, { tenantId, reference });
  listServable = () => listServable(this.access.system);
}
