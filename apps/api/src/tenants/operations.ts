import { changeTenantBody, createTenantBody, TENANT_SLUG, tenant, tenantPage } from '@heddle/contracts';
import { z } from 'zod';
import type { Operation } from '../http/operation.js';
import { pageQuery } from '../http/query.js';

export const listTenantsQuery = z.strictObject(pageQuery);

export const createTenant: Operation = {
  id: 'createTenant',
  tag: 'Operation',
  summary: 'Make a tenant and its first key',
  headers: ['Idempotency-Key'],
  body: {
    schema: createTenantBody,
    examples: { limited: { slug: 'acme-labs', name: 'Acme Labs', limits: { rate_limit_per_min: 6000 } } },
  },
  answers: {
    201: { description: 'The tenant.', schema: tenant, headers: ['Location', 'Idempotency-Replayed'] },
  },
  errors: ['already-exists'],
};

export const listTenants: Operation = {
  id: 'listTenants',
  tag: 'Operation',
  summary: 'List all tenants, newest first',
  query: listTenantsQuery,
  answers: { 200: { description: 'A page.', schema: tenantPage, headers: ['Link'] } },
};

export const changeTenant: Operation = {
  id: 'updateTenant',
  tag: 'Operation',
  summary: 'Rename, limit or suspend a tenant',
  description: 'What is absent stays. The keys of a suspended tenant are refused within a second.',
  path: { slug: TENANT_SLUG },
  body: { schema: changeTenantBody, optional: true, examples: { renamed: { name: 'Acme Laboratories' } } },
  answers: { 200: { description: 'The tenant as it is now.', schema: tenant } },
};
