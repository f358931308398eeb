import { type Job, type Submission } from '@heddle/client';
import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { client } from '../../api/client.js';
import { useMay } from '../../api/use-session.js';
import { Confirm } from '../../shared/confirm.js';
import { ProblemAlert } from '../../shared/problem.js';

/** Cancel what goes on; run again, or purge, what has ended. */
export function Actions({ job }: { job: Job }) {
  const queries = useQueryClient();
  if (!useMay('infer')) return null;
  const changed = (next: Job) => queries.setQueryData(['job', job.id], next);
  if (job.completed_at === null)
    return (
      <Confirm
        verb="Cancel the job"
        title="Cancel this job?"
        run={() => client.jobs.cancel(job.id).then(changed)}
      >
        It ends at once; a result that comes later is discarded.
      </Confirm>
    );
  return (
    <>
      {!job.data_removed && <RunAgain job={job} />}
      {!job.data_removed && (
        <Confirm verb="Purge" title="Purge this job?" run={() => client.jobs.purge(job.id).then(changed)}>
          Its inputs and results are erased, for ever. The job stays in the list.
        </Confirm>
      )}
    </>
  );
}

function RunAgain({ job }: { job: Job }) {
  const navigate = useNavigate();
  const running = useMutation({
    mutationFn: () => client.jobs.create(submissionOf(job)),
    onSuccess: ({ id }) => navigate({ to: '/jobs/$id', params: { id } }),
  });
  return (
    <>
      <Button size="xs" variant="light" loading={running.isPending} onClick={() => running.mutate()}>
        Run again
      </Button>
      {running.error && <ProblemAlert error={running.error} />}
    </>
  );
}

/** The same on the same version, whatever its alias points to by now. */
function submissionOf({
  version,
  task,
  inputs,
  parameters,
  priority,
  metadata,
}: Job): Submission & { task?: undefined } {
  return { model: version, task, inputs: inputs ?? [], parameters, priority, metadata } as never;
}
