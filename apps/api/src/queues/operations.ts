import { emptyBody, queue, queuePage } from '@heddle/contracts';
import { z } from 'zod';
import type { Operation } from '../http/operation.js';
import { pageQuery } from '../http/query.js';
import { VERSION_ID } from '../http/shared-shapes.js';

export const listQueuesQuery = z.strictObject(pageQuery);

export const listQueues: Operation = {
  id: 'listQueues',
  tag: 'Operation',
  summary: 'List what waits for each version, newest version first',
  description: 'A tenant sees the queues of its own models, an operator all.',
  query: listQueuesQuery,
  answers: { 200: { description: 'A page.', schema: queuePage, headers: ['Link'] } },
};

export const pauseQueue: Operation = {
  id: 'pauseQueue',
  tag: 'Operation',
  summary: 'Start no more jobs of a version',
  description: 'Jobs are accepted and wait; running ones go on; deadlines keep counting.',
  path: { version: VERSION_ID },
  body: { schema: emptyBody, optional: true },
  answers: { 200: { description: 'The queue.', schema: queue } },
};

export const resumeQueue: Operation = {
  id: 'resumeQueue',
  tag: 'Operation',
  summary: 'Start jobs of a version again',
  path: { version: VERSION_ID },
  body: { schema: emptyBody, optional: true },
  answers: { 200: { description: 'The queue.', schema: queue } },
};
