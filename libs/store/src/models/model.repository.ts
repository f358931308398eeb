import type { VersionManifest } from '@heddle/contracts';
import type { Database } from '../database/database.js';
import { addVersion, hasSource, type NewVersion } from './add-version.js';
import { changeModel, createModel, type NewModel, removeModel } from './manage.js';
import { listModels, listServable, wasRemoved } from './read.js';
import { resolve } from './resolve.js';

export class ModelRepository {
  constructor(private readonly database: Database) {}

  create = (model: NewModel) => createModel(this.database, model);
  change = (tenantId: string, id: string, change: { description?: string }) =>
    changeModel(this.database, tenantId, id, change);
  remove = (tenantId: string, id: string, options?: { withAliases?: boolean }) =>
    removeModel(this.database, tenantId, id, options);
  wasRemoved = (tenantId: string, name: string) => wasRemoved(this.database, tenantId, name);
  list = (tenantId: string, filter: { task?: string; name?: string; id?: string } = {}) =>
    listModels(this.database, tenantId, filter);

  addVersion = (version: NewVersion) => addVersion(this.database, version);
  hasSource = (tenantId: string, name: string, source: VersionManifest['source']) =>
    hasSource(this.database, tenantId, name, source);
  resolve = (tenantId: string, reference: string) => resolve(this.database, tenantId, reference);
  listServable = () => listServable(this.database);
}
