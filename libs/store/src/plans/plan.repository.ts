import type { ExecutionPlan, VersionManifest } from '@heddle/contracts';
import type { Database } from '../database/database.js';

/** A version that workers serve, with its plan for one kind of machine. */
export interface PlannedVersion {
  id: string;
  model: string;
  number: number;
  /** Slug of the tenant whose model it is. */
  owner: string;
  manifest: VersionManifest;
  plan: ExecutionPlan | null;
}

export class PlanRepository {
  constructor(private readonly database: Database) {}

  /** Keeps a plan; a later one of the same version and machine replaces it. The version may be gone meanwhile. */
  async put(versionId: string, plan: ExecutionPlan): Promise<void> {
    await this.database.query(
      `INSERT INTO plans (version_id, machine, plan, measured_at)
       SELECT id, $2, $3, $4 FROM versions WHERE id = $1
       ON CONFLICT (version_id, machine) DO UPDATE SET plan = excluded.plan, measured_at = excluded.measured_at`,
      [versionId, plan.machine, JSON.stringify(plan), plan.measured_at],
    );
  }

  /** Plans for one kind of machine, by version UUID. */
  async of(machine: string): Promise<Map<string, ExecutionPlan>> {
    const rows = await this.database.query<{ version_id: string; plan: ExecutionPlan }>(
      'SELECT version_id, plan FROM plans WHERE machine = $1',
      [machine],
    );
    return new Map(rows.map((row) => [row.version_id, row.plan]));
  }

  /** Plans of one version, for every kind of machine where it was measured; newest first. */
  async ofVersion(versionId: string): Promise<ExecutionPlan[]> {
    const rows = await this.database.query<{ plan: ExecutionPlan }>(
      'SELECT plan FROM plans WHERE version_id = $1 ORDER BY measured_at DESC, machine',
      [versionId],
    );
    return rows.map(({ plan }) => plan);
  }

  /** Every version that takes new jobs, whosever it is, by model and number. */
  listVersions(machine: string): Promise<PlannedVersion[]> {
    return this.database.query<PlannedVersion>(
      `SELECT v.id, m.name AS model, v.number, t.slug AS owner, v.manifest, p.plan
         FROM versions v JOIN models m ON m.id = v.model_id JOIN tenants t ON t.id = m.tenant_id
         LEFT JOIN plans p ON p.version_id = v.id AND p.machine = $1
        WHERE v.status = 'ready' AND v.deleted_at IS NULL ORDER BY m.name, t.slug, v.number`,
      [machine],
    );
  }
}
