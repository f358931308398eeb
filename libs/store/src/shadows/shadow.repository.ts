import type { Access, Database } from '../database/database.js';
import { hasShadowsDue, makeShadowRuns } from './run.js';
import { compareShadows, dropLateShadows } from './settle.js';
import { type ShadowSummary, summariesOf } from './summary.js';

/** Second runs of jobs by the shadow of their alias (docs/decisions/0016-shadows-take-what-is-spare.md). */
export class ShadowRepository {
  private readonly system: Database;

  constructor(private readonly access: Access) {
    this.system = access.system;
  }

  hasDue = () => hasShadowsDue(this.system);
  makeRuns = () => makeShadowRuns(this.system);
  dropLate = (boundS: number) => dropLateShadows(this.system, boundS);
  compare = () => compareShadows(this.system);
  summaries = (
    tenantId: string,
    of: { modelId: string; alias: string; versionId: string; shadowVersionId: string },
  ): Promise<ShadowSummary[]> => summariesOf(this.access.tenant(tenantId), of);
}
