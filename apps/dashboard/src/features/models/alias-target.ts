import type { Alias, BodyOf } from '@heddle/client';

export type Target = BodyOf<'setAlias'>;

/** How an alias would be set to what it is now: what a change leaves out is taken away. */
export function targetOf({ version, canary, shadow }: Pick<Alias, 'version' | 'canary' | 'shadow'>): Target {
  return {
    version,
    ...(canary
      ? { canary: { version: canary.version, percent: canary.percent, rollback: canary.rollback } }
      : {}),
    ...(shadow ? { shadow: shadow.version } : {}),
  };
}

/** How a version comes to an alias: in place of its version, for some of its jobs, or beside it for comparison. */
export type PromotionKind = 'all' | 'canary' | 'shadow';

/** What the alias is to be. The whole of it ends all trials; a canary leaves the shadow, a shadow the canary. `percent`: 1 to 99. */
export function promotedTarget(
  alias: Pick<Alias, 'version' | 'canary' | 'shadow'> | undefined,
  version: string,
  kind: PromotionKind,
  percent: number,
): Target {
  if (!alias || kind === 'all') return { version };
  const now = targetOf(alias);
  return kind === 'canary' ? { ...now, canary: { version, percent } } : { ...now, shadow: version };
}
