import { errorCode } from '@heddle/contracts';
import { z } from 'zod';
import type { Operation } from '../http/operation.js';

export const getHealth: Operation = {
  id: 'getHealth',
  tag: 'Documents',
  summary: 'Whether the process lives',
  answers: {
    200: {
      description: 'It does.',
      schema: z
        .strictObject({ status: z.literal('ok'), version: z.string(), commit: z.string().nullable() })
        .meta({ id: 'Health' }),
    },
  },
};

export const getReadiness: Operation = {
  id: 'getReadiness',
  tag: 'Documents',
  summary: 'Whether jobs are accepted and run',
  answers: {
    200: {
      description: 'They are.',
      schema: z.strictObject({ status: z.literal('ready') }).meta({ id: 'Readiness' }),
    },
  },
};

export const getProblem: Operation = {
  id: 'getProblem',
  tag: 'Documents',
  summary: 'What the `type` of a problem points to',
  path: { code: /^[a-z-]{1,64}$/ },
  answers: {
    200: {
      description: 'The code, its status and its title.',
      schema: z
        .strictObject({
          code: errorCode,
          title: z.string(),
          status: z.int(),
          retryable: z.boolean(),
        })
        .meta({ id: 'ProblemPage' }),
    },
  },
};
