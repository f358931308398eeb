import type { Job, JobOf } from '@heddle/client';
import { Alert, Group, Paper, Stack, Text, Title, VisuallyHidden } from '@mantine/core';
import type { UseMutationResult } from '@tanstack/react-query';
import { type Dispatch, lazy, type SetStateAction, Suspense } from 'react';
import { formatCount, formatDuration } from '../../shared/format.js';
import { TextLink } from '../../shared/link.js';
import { Loading } from '../../shared/loaded.js';
import { ProblemAlert } from '../../shared/problem.js';
import { OutputView } from '../../tasks/output-view.js';
import type { Selection } from './attention/selection.js';
import type { PlaygroundSubmission } from './forms.js';
import { SimilarityMatrix } from './similarity-matrix.js';

const AttentionView = lazy(() =>
  import('./attention/attention-view.js').then((module) => ({ default: module.AttentionView })),
);

export type Run = UseMutationResult<Job, Error, PlaygroundSubmission>;

interface OutcomeProps {
  run: Run;
  /** What was asked: `sentiment@2`. */
  name: string;
  /** What of the attention is looked at. */
  selection: Selection;
  onSelect: Dispatch<SetStateAction<Selection>>;
}

/** What one version answered. */
export function Outcome({ run, name, selection, onSelect }: OutcomeProps) {
  const { data: job } = run;
  return (
    <Paper withBorder p="md" component="section" aria-label={`Answer of ${name}`}>
      <Stack gap="sm">
        <Group justify="space-between" align="baseline">
          <Title order={2} size="h5">
            {job ? `${job.model}@${job.version_number}` : name}
          </Title>
          {job && <Took job={job} />}
        </Group>
        <VisuallyHidden role="status">
          {job && `${name} has answered, in ${formatDuration(job.timing?.total_ms)}`}
        </VisuallyHidden>
        {run.isPending && <Loading lines={3} />}
        {run.error && <ProblemAlert error={run.error} />}
        {run.isIdle && (
          <Text size="sm" c="dimmed">
            Run it to see an answer.
          </Text>
        )}
        {job && <Answer job={job} selection={selection} onSelect={onSelect} />}
      </Stack>
    </Paper>
  );
}

function Took({ job: { id, timing, usage } }: { job: Job }) {
  return (
    <Text size="xs" c="dimmed">
      {formatDuration(timing?.total_ms)}, of which {formatDuration(timing?.inference_ms)} inference ·{' '}
      {formatCount(usage?.tokens)} tokens ·{' '}
      <TextLink to="/jobs/$id" params={{ id }} underline="always">
        the job
      </TextLink>
    </Text>
  );
}

interface AnswerProps {
  job: Job;
  selection: Selection;
  onSelect: Dispatch<SetStateAction<Selection>>;
}

function Answer({ job, selection, onSelect }: AnswerProps) {
  const { results, inputs, error } = job;
  if (job.task === 'embed' && results?.some(({ output }) => output))
    return (
      <>
        <Failures job={job} />
        <SimilarityMatrix job={job as JobOf<'embed'>} texts={(inputs ?? []).map(String)} />
      </>
    );
  return (
    <>
      {error && error.code !== 'all-items-failed' && (
        <Alert color="red" title={error.code}>
          {error.message}
        </Alert>
      )}
      <Failures job={job} />
      {(results ?? []).map(({ index, output }) => {
        if (!output) return null;
        if (job.task === 'attention')
          return (
            <Suspense key={index} fallback={<Loading />}>
              <AttentionView
                output={output as never}
                parameters={job.parameters}
                selection={selection}
                onSelect={onSelect}
              />
            </Suspense>
          );
        return (
          <OutputView
            key={index}
            task={job.task}
            input={inputs?.[index]}
            output={output}
            parameters={job.parameters}
          />
        );
      })}
    </>
  );
}

/** Of the inputs that have none: why. */
function Failures({ job }: { job: Job }) {
  return (job.results ?? []).map(({ index, error }) =>
    error ? (
      <Alert key={index} color="red" title={error.code}>
        {error.message}
      </Alert>
    ) : null,
  );
}
