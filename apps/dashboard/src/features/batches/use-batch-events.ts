import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { client } from '../../api/client.js';

/** Each event of a batch asks for it again, so that its page is as new as they are. Where they cannot be had, it is asked now and then. */
export function useBatchEvents(id: string): void {
  const queries = useQueryClient();
  useEffect(() => {
    const leaving = new AbortController();
    (async () => {
      for await (const _ of client.batches.stream(id, { signal: leaving.signal }))
        void queries.invalidateQueries({ queryKey: ['batch', id] });
    })().catch(() => undefined);
    return () => leaving.abort();
  }, [id, queries]);
}
