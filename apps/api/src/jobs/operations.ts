import {
  emptyBody,
  job,
  jobPage,
  LIMITS,
  submitJobBody,
  TASK_SCHEMAS,
  TASKS,
  type Task,
} from '@heddle/contracts';
import { z } from 'zod';
import { jobEventQuery } from '../http/event-query.js';
import type { Operation } from '../http/operation.js';
import { JOB_ID } from '../http/shared-shapes.js';
import { jobQuery, listJobsQuery } from './list-query.js';

/** Requests that work with the models that ship. */
const EXAMPLES: Partial<Record<Task, unknown>> = {
  'text-classification': {
    model: 'sentiment',
    task: 'text-classification',
    inputs: ['I loved it', { id: 'b', text: 'Two hours I will never get back.' }],
    parameters: { top_k: 1 },
  },
  'token-classification': {
    model: 'ner',
    task: 'token-classification',
    inputs: ['Angela Merkel spoke in Paris'],
    parameters: { aggregation_strategy: 'first' },
  },
  'zero-shot-classification': {
    model: 'nli',
    task: 'zero-shot-classification',
    inputs: ['The match ended 2-1'],
    parameters: { candidate_labels: ['sport', 'politics'] },
    priority: 'high',
    deadline_s: 3600,
  },
};

/**
 * A submission as its two validators have it: the body (`submitJobBody`), then items and parameters by the task. Without a
 * task, the version's first decides.
 */
const submissions = z.xor([
  z.discriminatedUnion('task', TASKS.map(submissionOf) as never).meta({
    id: 'TaskSubmission',
    discriminator: {
      propertyName: 'task',
      mapping: Object.fromEntries(
        TASKS.map((task) => [task, `#/components/schemas/${submissionIdOf(task)}`]),
      ),
    },
  }),
  submitJobBody
    .omit({ task: true })
    .extend({
      inputs: inputsOf(z.union([...new Set(TASKS.map((task) => TASK_SCHEMAS[task].item))])),
      parameters: z.union(TASKS.map((task) => TASK_SCHEMAS[task].parameters)).optional(),
    })
    .meta({ id: 'Submission', description: 'Of the first task of the version.' }),
]);

function submissionOf(task: Task) {
  const { item, parameters } = TASK_SCHEMAS[task];
  const required = !parameters.safeParse({}).success;
  return submitJobBody
    .extend({
      task: z.literal(task),
      inputs: inputsOf(item),
      parameters: required ? parameters : parameters.optional(),
    })
    .meta({ id: submissionIdOf(task), ...(EXAMPLES[task] ? { examples: [EXAMPLES[task]] } : {}) });
}

function inputsOf(item: z.ZodType) {
  return z.array(item).min(1).max(LIMITS.maxInputsPerJob);
}

/** Its name in the document. */
function submissionIdOf(task: Task): string {
  return `${task.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}Submission`;
}

const path = { id: JOB_ID };

export const createJob: Operation = {
  id: 'createJob',
  tag: 'Jobs',
  summary: 'Submit a job',
  description: 'Accepted means committed: the job outlives any process, and ends once.',
  headers: ['Idempotency-Key', 'Prefer', 'traceparent'],
  body: {
    schema: submissions,
  },
  answers: {
    201: {
      description: '`Prefer: wait` saw it end.',
      schema: job,
      headers: ['Location', 'Idempotency-Replayed', 'Preference-Applied', 'Server-Timing'],
    },
    202: {
      description: 'Accepted.',
      schema: job,
      headers: ['Location', 'Idempotency-Replayed', 'Preference-Applied'],
    },
  },
  errors: [
    'not-found',
    'no-default-version',
    'version-not-ready',
    'version-archived',
    'invalid-input',
    'text-too-long',
    'too-many-inputs',
    'task-not-supported',
    'output-too-large',
    'webhook-url-invalid',
    'quota-exceeded',
  ],
};

export const listJobs: Operation = {
  id: 'listJobs',
  tag: 'Jobs',
  summary: 'List jobs, newest first',
  query: listJobsQuery,
  answers: { 200: { description: 'A page.', schema: jobPage, headers: ['Link'] } },
};

export const getJob: Operation = {
  id: 'getJob',
  tag: 'Jobs',
  summary: 'Get a job',
  path,
  query: jobQuery,
  headers: ['Prefer'],
  answers: { 200: { description: 'The job now.', schema: job, headers: ['Preference-Applied'] } },
};

export const cancelJob: Operation = {
  id: 'cancelJob',
  tag: 'Jobs',
  summary: 'Cancel a job',
  description: 'A job that has ended stays as it is.',
  path,
  body: { schema: emptyBody, optional: true },
  answers: { 200: { description: 'The job as it is now.', schema: job } },
};

export const purgeJob: Operation = {
  id: 'purgeJob',
  tag: 'Jobs',
  summary: 'Erase inputs and results of a job that has ended',
  path,
  body: { schema: emptyBody, optional: true },
  answers: { 200: { description: 'The job without its data.', schema: job } },
  errors: ['not-terminal'],
};

export const streamJobEvents: Operation = {
  id: 'streamJobEvents',
  tag: 'Jobs',
  summary: 'Follow a job by server-sent events',
  description: 'Events are `status`, `progress`, `result` and, last, `done`. See docs/http-api.md.',
  path,
  query: jobEventQuery,
  headers: ['Last-Event-ID'],
  answers: {
    200: { description: 'The stream.', type: 'text/event-stream' },
    204: { description: 'All of it was had already.' },
  },
  errors: ['not-acceptable'],
};
