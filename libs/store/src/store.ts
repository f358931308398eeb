import { AliasRepository } from './aliases/alias.repository.js';
import { AuditRepository } from './audit/audit.repository.js';
import { BatchRepository } from './batches/batch.repository.js';
import { ContentRepository } from './contents/content.repository.js';
import { type Access, connect, type DatabaseOptions } from './database/database.js';
import { assertSchema } from './database/migrations.js';
import { assertTenantRole } from './database/tenancy.js';
import { DeliveryRepository } from './deliveries/delivery.repository.js';
import { DispatcherRepository } from './dispatchers/dispatcher.repository.js';
import { EvaluationRepository } from './evaluations/evaluation.repository.js';
import { EventRepository } from './events/event.repository.js';
import { FileRepository } from './files/file.repository.js';
import { JobRepository } from './jobs/job.repository.js';
import { ApiKeyEntity } from './keys/api-key.entity.js';
import { ApiKeyRepository } from './keys/api-key.repository.js';
import { ModelRepository } from './models/model.repository.js';
import { PlanRepository } from './plans/plan.repository.js';
import { PoolRepository } from './pools/pool.repository.js';
import { QueueRepository } from './queues/queue.repository.js';
import { SecretRepository } from './secrets/secret.repository.js';
import { SessionRepository } from './sessions/session.repository.js';
import { ShadowRepository } from './shadows/shadow.repository.js';
import { StatsRepository } from './stats/stats.repository.js';
import { TenantEntity } from './tenants/tenant.entity.js';
import { TenantRepository } from './tenants/tenant.repository.js';
import { VersionRepository } from './versions/version.repository.js';
import { WebhookRepository } from './webhooks/webhook.repository.js';
import { WorkerRepository } from './workers/worker.repository.js';

/** The truth in Postgres: one repository per noun over one bounded pool. */
export class Store {
  readonly tenants: TenantRepository;
  readonly keys: ApiKeyRepository;
  readonly sessions: SessionRepository;
  readonly models: ModelRepository;
  readonly versions: VersionRepository;
  readonly aliases: AliasRepository;
  readonly plans: PlanRepository;
  readonly files: FileRepository;
  readonly contents: ContentRepository;
  readonly jobs: JobRepository;
  readonly shadows: ShadowRepository;
  readonly batches: BatchRepository;
  readonly evaluations: EvaluationRepository;
  readonly queues: QueueRepository;
  readonly stats: StatsRepository;
  readonly workers: WorkerRepository;
  readonly pools: PoolRepository;
  readonly dispatchers: DispatcherRepository;
  readonly secrets: SecretRepository;
  readonly audit: AuditRepository;
  readonly webhooks: WebhookRepository;
  readonly events: EventRepository;
  readonly deliveries: DeliveryRepository;

  constructor(private readonly access: Access) {
    const { system } = access;
    this.tenants = new TenantRepository(access);
    this.keys = new ApiKeyRepository(access);
    this.sessions = new SessionRepository(access);
    this.models = new ModelRepository(access);
    this.versions = new VersionRepository(access);
    this.aliases = new AliasRepository(access);
    this.plans = new PlanRepository(system);
    this.files = new FileRepository(access);
    this.contents = new ContentRepository(system);
    this.jobs = new JobRepository(access);
    this.shadows = new ShadowRepository(access);
    this.batches = new BatchRepository(access);
    this.evaluations = new EvaluationRepository(access);
    this.queues = new QueueRepository(system);
    this.stats = new StatsRepository(access);
    this.workers = new WorkerRepository(system);
    this.pools = new PoolRepository(system);
    this.dispatchers = new DispatcherRepository(system);
    this.secrets = new SecretRepository(system);
    this.audit = new AuditRepository(access);
    this.webhooks = new WebhookRepository(access);
    this.events = new EventRepository(access);
    this.deliveries = new DeliveryRepository(access);
  }

  /** Throws `overloaded` when Postgres does not answer. */
  async ping(): Promise<void> {
    await this.access.system.query('SELECT 1');
  }

  close(): Promise<void> {
    return this.access.close();
  }
}

/** Connects to a migrated database. Errors: `overloaded` when it cannot be reached, `wrong-schema`. */
export async function openStore(options: DatabaseOptions): Promise<Store> {
  const { access } = await connect(options, [TenantEntity, ApiKeyEntity]);
  try {
    await assertSchema(access.system);
    await assertTenantRole((sql, parameters) => access.system.query(sql, parameters));
  } catch (error) {
    await access.close();
    throw error;
  }
  return new Store(access);
}
