import type {
  ImportError,
  ImportProgress,
  ImportReport,
  VersionManifest,
  VersionState,
} from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import type { Access, Database } from '../database/database.js';
import type { PageRange } from '../database/page.js';
import * as claims from './claim.js';
import * as finishes from './finish.js';
import * as changes from './manage.js';
import * as reads from './read.js';
import { type NewImport, requestImport } from './request.js';
import type { ImportFence, VersionChange } from './version.entity.js';

/** Versions and the imports they begin as (docs/importing-models.md). */
export class VersionRepository {
  private readonly system: Database;

  constructor(private readonly access: Access) {
    this.system = access.system;
  }

  requestImport = (input: NewImport, actor?: Actor) =>
    requestImport(this.access.tenant(input.tenantId), input, actor);
  findByKey = (tenantId: string, modelId: string, key: string) =>
    reads.findImportByKey(this.access.tenant(tenantId), modelId, key);
  find = (tenantId: string, modelId: string, key: reads.VersionKey) =>
    reads.findVersion(this.access.tenant(tenantId), tenantId, modelId, key);
  list = (tenantId: string, modelId: string, filter: { states?: VersionState[] }, page: PageRange) =>
    reads.listVersions(this.access.tenant(tenantId), tenantId, modelId, filter, page);
  change = (tenantId: string, id: string, change: VersionChange, actor?: Actor) =>
    changes.changeVersion(this.access.tenant(tenantId), tenantId, id, change, actor);
  remove = (tenantId: string, id: string, actor?: Actor) =>
    changes.removeVersion(this.access.tenant(tenantId), tenantId, id, actor);
  existingAmong = (ids: string[]) => reads.existingAmong(this.system, ids);
  importsEndedAmong = (ids: string[]) => reads.importsEndedAmong(this.system, ids);

  claimImport = (worker: { id: string; leaseMs: number }) => claims.claimImport(this.system, worker);
  keepImport = (fence: ImportFence, progress: ImportProgress, leaseMs: number) =>
    claims.keepImport(this.system, fence, progress, leaseMs);
  giveImportBack = (fence: ImportFence, reason: 'drained' | 'crashed') =>
    claims.giveImportBack(this.system, fence, reason);
  failLostImports = () => claims.failLostImports(this.system);
  reserveContents = (fence: ImportFence, manifest: VersionManifest) =>
    finishes.reserveContents(this.system, fence, manifest);
  finishImport = (fence: ImportFence, report: ImportReport) =>
    finishes.finishImport(this.system, fence, report);
  failImport = (fence: ImportFence, error: ImportError) => finishes.failImport(this.system, fence, error);
}
