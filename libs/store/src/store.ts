import { AliasRepository } from './aliases/alias.repository.js';
import { AuditRepository } from './audit/audit.repository.js';
import { ContentRepository } from './contents/content.repository.js';
import { connect, type Database, type DatabaseOptions } from './database/database.js';
import { assertSchema } from './database/migrations.js';
import { DispatcherRepository } from './dispatchers/dispatcher.repository.js';
import { FileRepository } from './files/file.repository.js';
import { JobRepository } from './jobs/job.repository.js';
import { ApiKeyEntity } from './keys/api-key.entity.js';
import { ApiKeyRepository } from './keys/api-key.repository.js';
import { ModelRepository } from './models/model.repository.js';
import { PlanRepository } from './plans/plan.repository.js';
import { QueueRepository } from './queues/queue.repository.js';
import { SecretRepository } from './secrets/secret.repository.js';
import { TenantEntity } from './tenants/tenant.entity.js';
import { TenantRepository } from './tenants/tenant.repository.js';
import { VersionRepository } from './versions/version.repository.js';
import { WorkerRepository } from './workers/worker.repository.js';

/** The truth in Postgres: one repository per noun over one bounded pool. */
export class Store {
  readonly tenants: TenantRepository;
  readonly keys: ApiKeyRepository;
  readonly models: ModelRepository;
  readonly versions: VersionRepository;
  readonly aliases: AliasRepository;
  readonly plans: PlanRepository;
  readonly files: FileRepository;
  readonly contents: ContentRepository;
  readonly jobs: JobRepository;
  readonly queues: QueueRepository;
  readonly workers: WorkerRepository;
  readonly dispatchers: DispatcherRepository;
  readonly secrets: SecretRepository;
  readonly audit: AuditRepository;

  constructor(private readonly database: Database) {
    this.tenants = new TenantRepository(database);
    this.keys = new ApiKeyRepository(database);
    this.models = new ModelRepository(database);
    this.versions = new VersionRepository(database);
    this.aliases = new AliasRepository(database);
    this.plans = new PlanRepository(database);
    this.files = new FileRepository(database);
    this.contents = new ContentRepository(database);
    this.jobs = new JobRepository(database);
    this.queues = new QueueRepository(database);
    this.workers = new WorkerRepository(database);
    this.dispatchers = new DispatcherRepository(database);
    this.secrets = new SecretRepository(database);
    this.audit = new AuditRepository(database);
  }

  /** Throws `overloaded` when Postgres does not answer. */
  async ping(): Promise<void> {
    await this.database.query('SELECT 1');
  }

  close(): Promise<void> {
    return this.database.close();
  }
}

/** Connects to a migrated database. Errors: `overloaded` when it cannot be reached, `wrong-schema`. */
export async function openStore(options: DatabaseOptions): Promise<Store> {
  const { database } = await connect(options, [TenantEntity, ApiKeyEntity]);
  try {
    await assertSchema(database);
  } catch (error) {
    await database.close();
    throw error;
  }
  return new Store(database);
}
