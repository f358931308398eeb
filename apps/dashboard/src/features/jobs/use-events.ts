import type { JobEvent } from '@heddle/client';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { client } from '../../api/client.js';

/** The events of a job as they come; each asks for the job again, so the page is as new as they are. */
export function useEvents(id: string): { events: readonly JobEvent[]; error: unknown } {
  const queries = useQueryClient();
  const [state, setState] = useState<{ events: JobEvent[]; error: unknown }>({ events: [], error: null });
  useEffect(() => {
    const leaving = new AbortController();
    setState({ events: [], error: null });
    (async () => {
      for await (const event of client.jobs.stream(id, { signal: leaving.signal })) {
        setState(({ events }) => ({ events: [...events, event], error: null }));
        if (event.event !== 'progress') void queries.invalidateQueries({ queryKey: ['job', id] });
      }
    })().catch((error: unknown) => {
      if (!leaving.signal.aborted) setState(({ events }) => ({ events, error }));
    });
    return () => leaving.abort();
  }, [id, queries]);
  return state;
}
