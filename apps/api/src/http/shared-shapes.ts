import { ID_PREFIXES, type IdKind } from '@heddle/contracts';

function pathId(kind: IdKind): RegExp {
  return new RegExp(`^${ID_PREFIXES[kind]}[0-9a-hjkmnp-tv-z]{26}$`);
}

/** Patterns of path parameters; what does not match them is not found. */
export const JOB_ID = pathId('job');
export const BATCH_ID = pathId('batch');
export const EVALUATION_ID = pathId('evaluation');
export const FILE_ID = pathId('file');
export const KEY_ID = pathId('key');
export const WORKER_ID = pathId('worker');
export const VERSION_ID = pathId('version');
export const WEBHOOK_ID = pathId('webhook');
export const DELIVERY_ID = pathId('delivery');
/** Name, or `mdl_…`. */
export const MODEL_IN_PATH = /^(mdl_[0-9a-hjkmnp-tv-z]{26}|[a-z0-9][a-z0-9._-]{0,62})$/;
/** Number, or `ver_…`. */
export const VERSION_IN_PATH = /^([1-9][0-9]{0,8}|ver_[0-9a-hjkmnp-tv-z]{26})$/;
