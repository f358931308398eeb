import 'reflect-metadata';
import { createHash } from 'node:crypto';
import {
  DataSource,
  type EntityManager,
  type EntityTarget,
  type MigrationInterface,
  type ObjectLiteral,
  type QueryRunner,
  QueryRunnerAlreadyReleasedError,
  type Repository,
} from 'typeorm';
import { translateErrors } from './errors.js';
import { Silence } from './silence.js';

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

/**
 * How Postgres comes to the plan of a statement: anew each time; or, for what runs for every job, where planning costs
 * more than running, once for each connection, and again when the statistics of its tables change. A kept plan must be a
 * good one for all parameters.
 */
type Planning = 'anew' | 'kept';

/** Rows of one statement. */
export type Query = <Row>(sql: string, parameters?: unknown[], planning?: Planning) => Promise<Row[]>;

/** The door to Postgres: SQL with plain rows, transactions, and errors in Heddle's terms. */
export class Database {
  private readonly guarded: <T>(work: () => Promise<T>) => Promise<T>;

  /** Without `silence`, work waits for as long as its timeouts allow. */
  constructor(
    private readonly source: DataSource,
    silence?: Silence,
  ) {
    this.guarded = (work) => translateErrors(() => (silence ? silence.orRefuse(work) : work()));
  }

  /** Rows of one statement, for every kind of statement. */
  query<Row>(sql: string, parameters: unknown[] = [], planning: Planning = 'anew'): Promise<Row[]> {
    return this.guarded(() => rowsOf<Row>(this.source.manager, sql, parameters, planning));
  }

  /** `work` in one transaction; its query function runs on the transaction's connection. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.guarded(() =>
      this.source.transaction((manager) =>
        work((sql, parameters = [], planning = 'anew') => rowsOf(manager, sql, parameters, planning)),
      ),
    );
  }

  /** `work` on the repository of an entity. */
  entities<Entity extends ObjectLiteral, T>(
    entity: EntityTarget<Entity>,
    work: (repository: Repository<Entity>) => Promise<T>,
  ): Promise<T> {
    return this.guarded(() => work(this.source.getRepository(entity)));
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
): Promise<{ database: Database; source: DataSource }> {
  const timeouts = options.timeouts ?? REQUEST_TIMEOUTS;
  const source = new DataSource({
    type: 'postgres',
    url: options.url,
    entities: entities as never[],
    migrations,
    synchronize: false,
    applicationName: options.applicationName,
    poolSize: options.poolSize ?? 10,
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
  const silence = options.refusesInSilence ? new Silence(options.url) : undefined;
  return { database: new Database(source, silence), source };
}

async function rowsOf<Row>(
  manager: EntityManager,
  sql: string,
  parameters: unknown[],
  planning: Planning,
): Promise<Row[]> {
  const run = planning === 'kept' ? runPrepared : runOnce;
  const runner = manager.queryRunner;
  if (runner) return (await run(runner, sql, parameters)) as Row[];
  const own = manager.connection.createQueryRunner();
  try {
    return (await run(own, sql, parameters)) as Row[];
  } finally {
    await own.release();
  }
}

async function runOnce(runner: QueryRunner, sql: string, parameters: unknown[]): Promise<unknown[]> {
  return (await runner.query(sql, parameters, true)).records;
}

/** TypeORM has no named statements; its connection is one of pg's, which has. */
async function runPrepared(runner: QueryRunner, sql: string, parameters: unknown[]): Promise<unknown[]> {
  // As `runner.query` has it: a transaction whose connection was lost is over.
  if (runner.isReleased) throw new QueryRunnerAlreadyReleasedError();
  const connection: {
    query(statement: { name: string; text: string; values: unknown[] }): Promise<{ rows: unknown[] }>;
  } = await runner.connect();
  return (await connection.query({ name: nameOf(sql), text: sql, values: parameters })).rows;
}

/** By SQL. Statements with kept plans are constants of the program, so they are few. */
const names = new Map<string, string>();

function nameOf(sql: string): string {
  const name = names.get(sql) ?? createHash('sha256').update(sql).digest('base64url');
  names.set(sql, name);
  return name;
}
