import type { Environment } from '@heddle/config';

/** What a tenant may keep. */
export function quotaOf(env: Environment): { files: number; bytes: number } {
  return {
    files: env.HEDDLE_MAX_STORED_FILES_PER_TENANT,
    bytes: env.HEDDLE_MAX_STORED_BYTES_PER_TENANT,
  };
}
