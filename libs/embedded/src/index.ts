export { UnreachableFolderError } from './account.js';
export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './embedded-postgres.js';
export { assertServerCanReach, type FoundPostgres, findEmbeddedPostgres } from './inspect.js';
export { DataFolderInUseError } from './lock.js';
