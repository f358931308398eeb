import { fromPublicId, HeddleError, type IdKind } from '@heddle/contracts';

/** The UUID of `after`; null without. Throws `invalid-query` for what is no id. */
export function afterOf(kind: IdKind, after: string | undefined): string | null {
  if (after === undefined) return null;
  const id = fromPublicId(kind, after);
  if (id) return id;
  throw new HeddleError('invalid-query', 'The query is wrong.', {
    errors: [{ pointer: '?after', code: 'value', message: 'must be an id of the list' }],
  });
}
