import { type Actor, LOCAL } from '../audit/audit.entity.js';
import type { Access } from '../database/database.js';
import type { AliasWish, Expected } from './alias.entity.js';
import { historyOf } from './history.js';
import { putAlias } from './put.js';
import { listAliases } from './read.js';
import { removeAlias } from './remove.js';
import { rollBackCanaries } from './rollback.js';

/** Aliases and what became of them (docs/model-registry.md). */
export class AliasRepository {
  constructor(private readonly access: Access) {}

  list = (tenantId: string, modelId: string, name?: string) =>
    listAliases(this.access.tenant(tenantId), tenantId, modelId, name);
  history = (tenantId: string, modelId: string, name: string) =>
    historyOf(this.access.tenant(tenantId), tenantId, modelId, name);
  put = (
    tenantId: string,
    modelId: string,
    name: string,
    wish: AliasWish,
    expected: Expected,
    actor: Actor = LOCAL,
  ) => putAlias(this.access.tenant(tenantId), tenantId, modelId, name, wish, expected, actor);
  rollBackCanaries = () => rollBackCanaries(this.access.system);
  remove = (tenantId: string, modelId: string, name: string, expected: Expected, actor: Actor = LOCAL) =>
    removeAlias(this.access.tenant(tenantId), tenantId, modelId, name, expected, actor);
}
