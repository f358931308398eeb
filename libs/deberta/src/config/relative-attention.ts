import { HeddleError } from '@heddle/contracts';
import type { RelativeAttention } from './model-config.js';
import { quote, type RawConfig } from './schema.js';

/** "none" is what the first release wrote for no term; "p2p" cannot run in any implementation. */
const POSITION_TERMS = ['c2p', 'p2c', 'none'];

/**
 * 1 + the number of position terms listed, whether or not relative attention is on
 * (transformers modeling_deberta_v2.py counts pos_att_type alone).
 */
export function scaleFactor(raw: RawConfig): number {
  const terms = positionTerms(raw);
  return 1 + Number(terms.has('c2p')) + Number(terms.has('p2c'));
}

/** Null without relative attention, and when no term would read the table. Throws `invalid-config`. */
export function readRelativeAttention(raw: RawConfig): RelativeAttention | null {
  const terms = positionTerms(raw);
  const contentToPosition = terms.has('c2p');
  const positionToContent = terms.has('p2c');
  if (!raw.relative_attention || !(contentToPosition || positionToContent)) return null;
  const maxDistance =
    raw.max_relative_positions < 1 ? raw.max_position_embeddings : raw.max_relative_positions;
  const buckets = Math.max(raw.position_buckets, 0);
  refuseEmptyScale(buckets, maxDistance, raw.max_position_embeddings);
  return {
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
}

/** A string is split at "|" and lower-cased, a list is taken as it stands (configuration_deberta_v2.py). */
function positionTerms({ pos_att_type: value }: RawConfig): Set<string> {
  const terms = new Set(
    typeof value === 'string'
      ? value
          .toLowerCase()
          .split('|')
          .map((term) => term.trim())
      : value,
  );
  if (value === '') terms.clear();
  for (const term of terms) {
    if (!POSITION_TERMS.includes(term)) {
      throw new HeddleError(
        'unsupported-architecture',
        `pos_att_type is ${quote(value)}; supported: ${POSITION_TERMS.map((known) => `"${known}"`).join(', ')}`,
      );
    }
  }
  return terms;
}

/** The scale from buckets/2 to maxDistance - 1 divides by its own logarithm, which must be above 0. */
function refuseEmptyScale(buckets: number, maxDistance: number, maxPositions: number): void {
  if (buckets === 0) return;
  const mid = Math.floor(buckets / 2);
  const scaleIsUsed = maxPositions - 1 > mid;
  if (mid < 1 || (scaleIsUsed && maxDistance - 1 <= mid)) {
    throw new HeddleError(
      'invalid-config',
      `position_buckets is ${buckets}, which leaves no logarithmic scale up to a distance of ${maxDistance}`,
    );
  }
}
