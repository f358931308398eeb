export type Scope = 'infer' | 'read' | 'manage' | 'operate';

/** Whether any of `needed` is among `scopes`; `manage` implies `read`. */
export function mayAny(scopes: readonly Scope[], needed: readonly Scope[]): boolean {
  return needed.some((scope) => scopes.includes(scope) || (scope === 'read' && scopes.includes('manage')));
}
