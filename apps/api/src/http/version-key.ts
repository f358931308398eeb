import { fromPublicId } from '@heddle/contracts';
import type { VersionKey } from '@heddle/store';

/** What `{v}` of a path or body means below its model: a number or `ver_…`; null when it is neither. */
export function versionKeyOf(text: string): VersionKey | null {
  if (/^[1-9]\d{0,8}$/.test(text)) return { number: Number(text) };
  const id = fromPublicId('version', text);
  return id === null ? null : { id };
}
