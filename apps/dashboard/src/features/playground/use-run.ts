import type { Job } from '@heddle/client';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { client } from '../../api/client.js';
import type { PlaygroundSubmission } from './forms.js';
import type { Run } from './outcome.js';

/** Seconds that the server holds the answer of the submission. */
const WAIT_S = 30;

/** Submits a job and waits for its end; another run, or leaving, ends the wait and not the job. */
export function useRun(): Run {
  const waiting = useRef<AbortController>(null);
  useEffect(() => () => waiting.current?.abort(), []);
  return useMutation<Job, Error, PlaygroundSubmission>({
    mutationFn: async (submission) => {
      waiting.current?.abort();
      const controller = new AbortController();
      waiting.current = controller;
      const { signal } = controller;
      const job = await client.jobs.create({ ...submission, priority: 'high' } as never, {
        waitS: WAIT_S,
        signal,
      });
      return job.completed_at === null ? client.jobs.wait(job.id, { signal }) : job;
    },
  });
}
