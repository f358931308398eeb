import 'reflect-metadata';
import {
  DataSource,
  type EntityManager,
  type EntityTarget,
  type MigrationInterface,
  type ObjectLiteral,
  type Repository,
} from 'typeorm';
import { translateErrors } from './errors.js';
import { Silence } from './silence.js';
import { type Planning, type Query, rowsOf } from './statement.js';
import { becomeTenant, rowsForTenant, systemWithin } from './tenancy.js';
import { TenantTurns } from './tenant-turns.js';

/** Milliseconds; 0 is "for ever", which is what every driver here would have as its default. */
export interface Timeouts {
  connect: number;
  /** Of one statement, ended by the server. */
  statement: number;
  /** Of one statement, given up by this side: above `statement`, for a server that does not answer at all. */
  query: number;
  lock: number;
  idleInTransaction: number;
}

/** What a request may take. */
export const REQUEST_TIMEOUTS: Timeouts = {
  connect: 2_000,
  statement: 5_000,
  query: 7_000,
  lock: 2_000,
  idleInTransaction: 10_000,
};

export interface DatabaseOptions {
  url: string;
  /** Connections of this process at most. */
  poolSize?: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** Told of errors on idle connections, which must never end the process. */
  onPoolError: (error: unknown) => void;
  /** Default: what a request may take. */
  timeouts?: Timeouts;
  /** Whether work is refused within about 3 s while the database answers nobody: for those whom somebody waits for. */
  refusesInSilence?: boolean;
}

/** Runs in a transaction: `query` as whom the transaction is for, `system` for every tenant's rows. */
export type Work<T> = (query: Query, system: Query) => Promise<T>;

/**
 * The door to Postgres: SQL with plain rows, transactions, and errors in Heddle's terms. `tenantId`: whose rows there
 * are; the others do not exist for what runs here (docs/decisions/0012-row-level-security.md). Null: everybody's.
 */
export class Database {
  private readonly guarded: <T>(work: () => Promise<T>) => Promise<T>;

  /** Without `silence`, work waits for as long as its timeouts allow. */
  constructor(
    private readonly source: DataSource,
    private readonly tenantId: string | null,
    turns: TenantTurns,
    silence: Silence | null,
  ) {
    const inTurn = <T>(work: () => Promise<T>) => (tenantId === null ? work() : turns.run(tenantId, work));
    this.guarded = (work) =>
      translateErrors(() => (silence ? silence.orRefuse(() => inTurn(work)) : inTurn(work)));
  }

  /** Rows of one statement, for every kind of statement. */
  query<Row>(sql: string, parameters: unknown[] = [], planning: Planning = 'anew'): Promise<Row[]> {
    const { tenantId } = this;
    const { manager } = this.source;
    return this.guarded(() =>
      tenantId === null
        ? rowsOf<Row>(manager, sql, parameters, planning)
        : rowsForTenant<Row>(manager, tenantId, sql, parameters, planning),
    );
  }

  /** `work` in one transaction; its query functions run on the transaction's connection. */
  transaction<T>(work: Work<T>): Promise<T> {
    return this.guarded(() =>
      this.inTransaction((manager) => {
        const query: Query = (sql, parameters = [], planning = 'anew') =>
          rowsOf(manager, sql, parameters, planning);
        return work(query, this.tenantId === null ? query : systemWithin(query));
      }),
    );
  }

  /** `work` on the repository of an entity. */
  entities<Entity extends ObjectLiteral, T>(
    entity: EntityTarget<Entity>,
    work: (repository: Repository<Entity>) => Promise<T>,
  ): Promise<T> {
    return this.guarded(() =>
      this.tenantId === null
        ? work(this.source.getRepository(entity))
        : this.inTransaction((manager) => work(manager.getRepository(entity))),
    );
  }

  private inTransaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.source.transaction(async (manager) => {
      if (this.tenantId !== null) await becomeTenant(manager, this.tenantId);
      return work(manager);
    });
  }
}

/** Whom statements run for has to be said each time: one tenant, or the system. */
export class Access {
  /** Sees the rows of every tenant: for what serves no single one of them, or does not know yet which. */
  readonly system: Database;

  /** Without `silence`, work waits for as long as its timeouts allow. */
  constructor(
    private readonly source: DataSource,
    private readonly turns: TenantTurns,
    private readonly silence: Silence | null,
  ) {
    this.system = new Database(source, null, turns, silence);
  }

  /** Sees the rows of the tenant of that UUID, and what everybody may see of the library. */
  tenant(id: string): Database {
    return new Database(this.source, id, this.turns, this.silence);
  }

  async close(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
  }
}

/** Connects; throws `overloaded` when Postgres cannot be reached. */
export async function connect(
  options: DatabaseOptions,
  entities: EntityTarget<ObjectLiteral>[],
  migrations: (new () => MigrationInterface)[] = [],
): Promise<{ access: Access; source: DataSource }> {
  const { poolSize = 10, timeouts = REQUEST_TIMEOUTS } = options;
  const source = new DataSource({
    type: 'postgres',
    url: options.url,
    entities: entities as never[],
    migrations,
    synchronize: false,
    applicationName: options.applicationName,
    poolSize,
    poolErrorHandler: options.onPoolError,
    connectTimeoutMS: timeouts.connect,
    extra: {
      statement_timeout: timeouts.statement,
      query_timeout: timeouts.query,
      lock_timeout: timeouts.lock,
      idle_in_transaction_session_timeout: timeouts.idleInTransaction,
      keepAlive: true,
    },
  });
  await translateErrors(() => source.initialize());
  const silence = options.refusesInSilence ? new Silence(options.url) : null;
  const turns = new TenantTurns(poolSize, timeouts.connect);
  return { access: new Access(source, turns, silence), source };
}
