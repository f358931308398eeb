import { HeddleError } from '@heddle/contracts';
import type { Dialect, RawConfig } from './keys.js';
import type { RelativeAttention } from './model-config.js';
import { unsupported } from './parse.js';

/** "none" is what the first release wrote for no term; "p2p" cannot run in any implementation. */
const POSITION_TERMS = ['c2p', 'p2c', 'none'];

/**
 * 1 + the number of position terms, whether or not relative attention is on. transformers' v1 counts the
 * entries of pos_att_type, whatever they say; all others count the two terms they know
 * (modeling_deberta.py and modeling_deberta_v2.py, DisentangledSelfAttention).
 */
export function scaleFactor(raw: RawConfig, dialect: Dialect): number {
  const entries = positionEntries(raw);
  if (dialect === 'deberta') return 1 + entries.length;
  return 1 + Number(entries.includes('c2p')) + Number(entries.includes('p2c'));
}

/** Null without relative attention, and when no term would read the table. Throws `invalid-config`. */
export function readRelativeAttention(raw: RawConfig): RelativeAttention | null {
  const entries = positionEntries(raw);
  const contentToPosition = entries.includes('c2p');
  const positionToContent = entries.includes('p2c');
  if (!raw.relative_attention || !(contentToPosition || positionToContent)) return null;
  const maxDistance =
    raw.max_relative_positions < 1 ? raw.max_position_embeddings : raw.max_relative_positions;
  const buckets = Math.max(raw.position_buckets, 0);
  const relative = {
    contentToPosition,
    positionToContent,
    maxDistance,
    buckets,
    span: buckets || maxDistance,
    shareKey: raw.share_att_key,
    normalized: raw.norm_rel_ebd
      .toLowerCase()
      .split('|')
      .some((part) => part.trim() === 'layer_norm'),
  };
  refuseEmptyScale(relative, raw.max_position_embeddings);
  return relative;
}

/**
 * The scale from buckets/2 to maxDistance - 1 divides by its own logarithm, which must be above 0 unless inputs
 * are too short to reach it. Throws `invalid-config`.
 */
export function refuseEmptyScale({ buckets, maxDistance }: RelativeAttention, longestInput: number): void {
  if (buckets === 0) return;
  const mid = Math.floor(buckets / 2);
  const scaleIsUsed = longestInput - 1 > mid;
  if (mid < 1 || (scaleIsUsed && maxDistance - 1 <= mid)) {
    throw new HeddleError(
      'invalid-config',
      `position_buckets is ${buckets}, which leaves no logarithmic scale up to a distance of ${maxDistance}`,
    );
  }
}

/**
 * A string is split at "|" and lower-cased, a list is taken as it stands: ["C2P"] turns nothing on
 * (configuration_deberta_v2.py).
 */
function positionEntries({ pos_att_type: value }: RawConfig): readonly string[] {
  const entries =
    typeof value === 'string'
      ? value
          .toLowerCase()
          .split('|')
          .map((entry) => entry.trim())
      : value;
  for (const entry of entries) {
    const isKnown = entry === '' || POSITION_TERMS.includes(entry.trim().toLowerCase());
    if (!isKnown) unsupported('pos_att_type', value, POSITION_TERMS);
  }
  return entries;
}
