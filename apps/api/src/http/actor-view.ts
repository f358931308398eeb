import { toPublicId } from '@heddle/contracts';
import { allows, type Caller } from './auth.js';

/** Who did something, as it was written down. */
interface RecordedActor {
  actorTenantId: string | null;
  actorKeyId: string | null;
  actorName: string;
}

/** Whoever is no operator learns nothing of the keys of another tenant, not even an operator's. */
export function actorView(
  { actorKeyId, actorTenantId, actorName }: RecordedActor,
  caller: Caller,
): { key: string | null; name: string } {
  if (actorKeyId === null) return { key: null, name: actorName };
  if (actorTenantId !== caller.tenantId && !allows(caller, 'operate')) return { key: null, name: 'operator' };
  return { key: toPublicId('key', actorKeyId), name: actorName };
}
