import { ConfigError } from './config-error.js';
import { foldersOf } from './data-folders.js';
import type { Environment } from './settings.js';

/** Where artefacts are kept: an absolute folder, or a bucket of S3 or of a server that speaks like it. */
export type ArtifactLocation =
  | { folder: string }
  | {
      s3: {
        bucket: string;
        /** Without `/` at its ends; may be empty. */
        prefix: string;
        endpoint?: string;
        region: string;
        credentials?: { accessKeyId: string; secretAccessKey: string };
        forcePathStyle: boolean;
      };
    };

/** Settings that mean something with a bucket only. */
const OF_S3 = ['HEDDLE_S3_ENDPOINT', 'HEDDLE_S3_ACCESS_KEY_ID', 'HEDDLE_S3_SECRET_ACCESS_KEY'] as const;

/** Throws ConfigError where the settings of the store contradict one another. */
export function assertArtifacts(values: Environment): void {
  const { HEDDLE_ARTIFACTS, HEDDLE_ARTIFACTS_DIR } = values;
  if (HEDDLE_ARTIFACTS && HEDDLE_ARTIFACTS_DIR) {
    throw new ConfigError(['HEDDLE_ARTIFACTS: is in place of HEDDLE_ARTIFACTS_DIR; set one of them']);
  }
  const idle = HEDDLE_ARTIFACTS ? [] : OF_S3.filter((name) => values[name] !== undefined);
  if (idle.length > 0) {
    throw new ConfigError(idle.map((name) => `${name}: is for HEDDLE_ARTIFACTS=s3://…, which is not set`));
  }
  if (!values.HEDDLE_S3_ACCESS_KEY_ID !== !values.HEDDLE_S3_SECRET_ACCESS_KEY) {
    throw new ConfigError([
      'HEDDLE_S3_ACCESS_KEY_ID, HEDDLE_S3_SECRET_ACCESS_KEY: set both, or none to take those of the machine',
    ]);
  }
}

export function artifactsOf(values: Environment): ArtifactLocation {
  const {
    HEDDLE_ARTIFACTS: bucket,
    HEDDLE_S3_ENDPOINT: endpoint,
    HEDDLE_S3_ACCESS_KEY_ID: accessKeyId,
    HEDDLE_S3_SECRET_ACCESS_KEY: secretAccessKey,
  } = values;
  if (!bucket) return { folder: foldersOf(values).artifactsDir };
  return {
    s3: {
      ...bucket,
      region: values.HEDDLE_S3_REGION,
      ...(endpoint ? { endpoint } : {}),
      ...(accessKeyId && secretAccessKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
      forcePathStyle: values.HEDDLE_S3_FORCE_PATH_STYLE ?? endpoint !== undefined,
    },
  };
}
