import { existsSync } from 'node:fs';
import { join } from 'node:path';

const SHARED = join(import.meta.dirname, '../../../../../../shared/fixtures/pipelines');
const KEPT = join(import.meta.dirname, '../__fixtures__/pipelines');

/** Where the fixtures of kind `pipeline` lie: all of them where ../shared is, otherwise the few that are kept here. */
export function pipelineFixtures(): string {
  if (existsSync(SHARED)) return SHARED;
  console.warn('not run: ../shared/fixtures is missing; four folders of it are kept here');
  return KEPT;
}
