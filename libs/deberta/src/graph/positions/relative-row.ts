import type { RelativeAttention } from '../../config/model-config.js';

/**
 * Row of the table of relative embeddings for the distance query − key, the same for both terms.
 * Distances the table does not reach get its first or last row.
 */
export function relativeRow(
  distance: number,
  { span, buckets, maxDistance }: Pick<RelativeAttention, 'span' | 'buckets' | 'maxDistance'>,
): number {
  const bucket = buckets > 0 ? logBucket(distance, buckets, maxDistance) : distance;
  return Math.min(Math.max(bucket + span, 0), 2 * span - 1);
}

/**
 * Exact up to half the buckets, logarithmic up to `maxDistance` (transformers make_log_bucket_position).
 * Float64 gives the integers of the float32 reference for every distance below maxDistance, and the clamped
 * row beyond.
 */
function logBucket(distance: number, buckets: number, maxDistance: number): number {
  const mid = Math.floor(buckets / 2);
  const magnitude = Math.abs(distance);
  if (magnitude <= mid) return distance;
  const position = (Math.log(magnitude / mid) / Math.log((maxDistance - 1) / mid)) * (mid - 1);
  return Math.sign(distance) * (Math.ceil(position) + mid);
}
