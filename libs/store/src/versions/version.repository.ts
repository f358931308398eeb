import type {
  ImportError,
  ImportProgress,
  ImportReport,
  VersionManifest,
  VersionState,
} from '@heddle/contracts';
import type { Actor } from '../audit/audit.entity.js';
import type { Database } from '../database/database.js';
import type { PageRange } from '../database/page.js';
import * as claims from './claim.js';
import * as finishes from './finish.js';
import * as changes from './manage.js';
import * as reads from './read.js';
import { type NewImport, requestImport } from './request.js';
import type { ImportFence, VersionChange } from './version.entity.js';

/** Versions and the imports they begin as (docs/importing-models.md). */
export class VersionRepository {
  constructor(private readonly database: Database) {}

  requestImport = (input: NewImport, actor?: Actor) => requestImport(this.database, input, actor);
  findByKey = (modelId: string, key: string) => reads.findImportByKey(this.database, modelId, key);
  find = (tenantId: string, modelId: string, key: reads.VersionKey) =>
    reads.findVersion(this.database, tenantId, modelId, key);
  list = (tenantId: string, modelId: string, filter: { states?: VersionState[] }, page: PageRange) =>
    reads.listVersions(this.database, tenantId, modelId, filter, page);
  change = (tenantId: string, id: string, change: VersionChange, actor?: Actor) =>
    changes.changeVersion(this.database, tenantId, id, change, actor);
  remove = (tenantId: string, id: string, actor?: Actor) =>
    changes.removeVersion(this.database, tenantId, id, actor);
  existingAmong = (ids: string[]) => reads.existingAmong(this.database, ids);
  importsEndedAmong = (ids: string[]) => reads.importsEndedAmong(this.database, ids);

  claimImport = (worker: { id: string; leaseMs: number }) => claims.claimImport(this.database, worker);
  keepImport = (fence: ImportFence, progress: ImportProgress, leaseMs: number) =>
    claims.keepImport(this.database, fence, progress, leaseMs);
  giveImportBack = (fence: ImportFence, reason: 'drained' | 'crashed') =>
    claims.giveImportBack(this.database, fence, reason);
  failLostImports = () => claims.failLostImports(this.database);
  reserveContents = (fence: ImportFence, manifest: VersionManifest) =>
    finishes.reserveContents(this.database, fence, manifest);
  finishImport = (fence: ImportFence, report: ImportReport) =>
    finishes.finishImport(this.database, fence, report);
  failImport = (fence: ImportFence, error: ImportError) => finishes.failImport(this.database, fence, error);
}
