import { emptyBody, worker, workerPage } from '@heddle/contracts';
import { z } from 'zod';
import type { Operation } from '../http/operation.js';
import { noQuery, pageQuery } from '../http/query.js';
import { WORKER_ID } from '../http/shared-shapes.js';

export const listWorkersQuery = z.strictObject(pageQuery);

export const listWorkers: Operation = {
  id: 'listWorkers',
  tag: 'Operation',
  summary: 'List the workers, newest first',
  query: listWorkersQuery,
  answers: { 200: { description: 'A page.', schema: workerPage, headers: ['Link'] } },
};

export const getWorker: Operation = {
  id: 'getWorker',
  tag: 'Operation',
  summary: 'Read one worker',
  path: { id: WORKER_ID },
  query: noQuery,
  answers: { 200: { description: 'The worker.', schema: worker } },
};

export const drainWorker: Operation = {
  id: 'drainWorker',
  tag: 'Operation',
  summary: 'Have a worker end when it has done what it holds',
  description:
    'It hears of it with its next heartbeat. A supervisor that restarts workers starts another one.',
  path: { id: WORKER_ID },
  body: { schema: emptyBody, optional: true },
  answers: { 202: { description: 'The worker, which drains.', schema: worker } },
};
