import type { VersionManifest } from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
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

  create = (model: NewModel, actor?: Actor) => createModel(this.database, model, actor);
  change = (tenantId: string, id: string, change: { description?: string }, actor?: Actor) =>
    changeModel(this.database, tenantId, id, change, actor);
  remove = (tenantId: string, id: string, options?: { withAliases?: boolean }, actor?: Actor) =>
    removeModel(this.database, tenantId, id, options, actor);
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
