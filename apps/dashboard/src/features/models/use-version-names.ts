import { useQuery } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';
import { shortId } from '../../shared/format.js';

/** What people call versions of a model, by id: `version 3`; of one that is gone its id. */
export function useVersionNames(model: string): (id: string) => string {
  const versions = useQuery({
    queryKey: ['versions', model, 'names'],
    queryFn: ({ signal }) => client.versions.list(model, { limit: 100 }, { signal }).page(),
    staleTime: CALM_MS,
  });
  const numbers = new Map(versions.data?.data.map(({ id, number }) => [id, number]));
  return (id) => {
    const number = numbers.get(id);
    return number === undefined ? shortId(id) : `version ${number}`;
  };
}
