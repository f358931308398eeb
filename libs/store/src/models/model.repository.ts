import type { VersionManifest } from '@heddle/contracts';
import { KeyedCoalescer } from '../database/coalescer.js';
import type { Database } from '../database/database.js';
import { addVersion, hasSource, type NewVersion } from './add-version.js';
import { changeModel, createModel, type NewModel, removeModel } from './manage.js';
import { listModels, listServable, wasRemoved } from './read.js';
import { type ResolvedVersion, resolve } from './resolve.js';

export class ModelRepository {
  private readonly resolutions: KeyedCoalescer<{ tenantId: string; reference: string }, ResolvedVersion>;

  constructor(private readonly database: Database) {
    this.resolutions = new KeyedCoalescer(async (asked) => {
      const version = await resolve(database, asked[0]!.tenantId, asked[0]!.reference);
      return asked.map(() => version);
    }, Number.POSITIVE_INFINITY);
  }

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
  /** Whoever asks the same during a look shares the next one, which begins after they asked. */
  resolve = (tenantId: string, reference: string) =>
    this.resolutions.run(`${tenantId} ${reference}`, { tenantId, reference });
  listServable = () => listServable(this.database);
}
