import { AUDIT_ACTIONS, auditPage } from '@heddle/contracts';
import { z } from 'zod';
import type { Operation } from '../http/operation.js';
import { choice, pageQuery } from '../http/query.js';

export const listAuditQuery = z.strictObject({
  ...pageQuery,
  action: choice(AUDIT_ACTIONS).exactOptional(),
  object: z
    .string()
    .exactOptional()
    .describe('`key_…`, `mdl_…`, `ver_…`, `model@alias`, `wrk_…`, or the slug of a tenant.'),
});

export const listAudit: Operation = {
  id: 'listAudit',
  tag: 'Operation',
  summary: 'List what was changed, by whom, newest first',
  description: 'A manager sees its tenant’s changes, an operator everybody’s.',
  query: listAuditQuery,
  answers: { 200: { description: 'A page.', schema: auditPage, headers: ['Link'] } },
};
