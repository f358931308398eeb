/** Files of a checkpoint are a few levels deep; what is nested by the thousand overflows the stack of those who write it. */
const MAX_LEVELS = 64;

/** Whether objects and lists lie in one another more deeply than any file of a checkpoint needs. */
export function isTooDeep(value: unknown, levels = MAX_LEVELS): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isTooDeep(member, levels - 1));
}
