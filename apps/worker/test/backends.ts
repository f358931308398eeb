import { startRedis } from '@heddle/testing';

/** Both homes of the dispatch window; every promise holds on each. */
export const BACKENDS = ['redis', 'postgres'] as const;
export type Backend = (typeof BACKENDS)[number];

/** A Redis for the redis backend; nothing for the other. */
export async function openBackend(
  backend: Backend,
): Promise<{ redisUrl?: string; stop: () => Promise<void> }> {
  if (backend === 'postgres') return { stop: async () => undefined };
  const redis = await startRedis();
  return { redisUrl: redis.url, stop: () => redis.stop() };
}
