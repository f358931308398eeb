import type { Job, JobOf } from '@heddle/client';
import { Alert, Paper, Stack, Text } from '@mantine/core';
import type { UseMutationResult } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { formatCount, formatDuration } from '../../shared/format.js';
import { TextLink } from '../../shared/link.js';
import { Loading, Nothing } from '../../shared/loaded.js';
import { ProblemAlert } from '../../shared/problem.js';
import { OutputView } from '../../tasks/output-view.js';
import type { PlaygroundSubmission } from './forms.js';
import { SimilarityMatrix } from './similarity-matrix.js';

const AttentionView = lazy(() =>
  import('./attention/attention-view.js').then((module) => ({ default: module.AttentionView })),
);

export type Run = UseMutationResult<Job, Error, PlaygroundSubmission>;

/** What one version answered. */
export function Outcome({ run, name }: { run: Run; name: string }) {
  return (
    <Paper withBorder p="sm" component="section" aria-label={`Answer of ${name}`} aria-live="polite">
      <Stack gap="sm">
        <Text fw={600}>{name}</Text>
        {run.isPending && <Loading lines={3} />}
        {run.error && <ProblemAlert error={run.error} />}
        {run.isIdle && <Nothing title="Nothing has been run yet" />}
        {run.data && <Answer job={run.data} />}
      </Stack>
    </Paper>
  );
}

function Answer({ job }: { job: Job }) {
  const { results, inputs, timing, usage } = job;
  return (
    <>
      {job.error && (
        <Alert color="red" title={job.error.code}>
          {job.error.message}
        </Alert>
      )}
      {(results ?? []).map(({ index, error }) =>
        error ? (
          <Alert key={index} color="red" title={error.code}>
            {error.message}
          </Alert>
        ) : null,
      )}
      <Outputs job={job} inputs={inputs ?? []} />
      <Text size="xs" c="dimmed">
        <TextLink to="/jobs/$id" params={{ id: job.id }}>
          The job
        </TextLink>{' '}
        on {job.model}@{job.version_number}: {formatDuration(timing?.total_ms)} in all,{' '}
        {formatDuration(timing?.inference_ms)} of them inference, {formatCount(usage?.tokens)} tokens
      </Text>
    </>
  );
}

function Outputs({ job, inputs }: { job: Job; inputs: unknown[] }) {
  if (job.task === 'embed')
    return <SimilarityMatrix job={job as JobOf<'embed'>} texts={inputs.map(String)} />;
  return (job.results ?? []).map(({ index, output }) => {
    if (!output) return null;
    if (job.task === 'attention')
      return (
        <Suspense key={index} fallback={<Loading />}>
          <AttentionView output={output as never} />
        </Suspense>
      );
    return (
      <OutputView
        key={index}
        task={job.task}
        input={inputs[index]}
        output={output}
        parameters={job.parameters}
      />
    );
  });
}
