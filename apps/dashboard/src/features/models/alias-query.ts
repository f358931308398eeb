import { queryOptions } from '@tanstack/react-query';
import { client } from '../../api/client.js';
import { CALM_MS } from '../../api/queries.js';

/** An alias with its history and what came of its shadow. */
export const aliasQuery = (model: string, name: string) =>
  queryOptions({
    queryKey: ['alias', model, name],
    queryFn: ({ signal }) => client.aliases.get(model, name, { signal }),
    refetchInterval: CALM_MS,
    // The client knows the ETag of the very object that it has answered.
    structuralSharing: false,
  });
