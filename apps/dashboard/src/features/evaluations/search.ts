/** Runs that are compared, by id. */
export interface EvaluationsSearch {
  compare?: string[];
}

/** More than so many beside one another cannot be read. */
export const MAX_COMPARED = 6;

export function evaluationsSearch(search: Record<string, unknown>): EvaluationsSearch {
  const compare = [search.compare].flat().filter((id): id is string => typeof id === 'string');
  return compare.length === 0 ? {} : { compare: [...new Set(compare)].slice(0, MAX_COMPARED) };
}
