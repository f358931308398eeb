import { type AuditEntry, type Page, toPublicId } from '@heddle/contracts';
import type { AuditRecord } from '@heddle/store';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { actorView } from '../http/actor-view.js';
import { allows, type Caller, callerOf } from '../http/auth.js';
import { Cursors } from '../http/cursor.js';
import { canonicalJson } from '../http/fingerprint.js';
import { linkToNext, pageOf } from '../http/paging.js';
import { type Query, readQuery } from '../http/query.js';
import { RESOURCES, type Resources } from '../resources.js';
import { listAudit, listAuditQuery } from './operations.js';

/** What was changed, by whom: a manager sees its tenant's, an operator everybody's. */
@Controller('v1/audit')
export class AuditController {
  private readonly cursors: Cursors;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {
    this.cursors = new Cursors(resources.cursorSecret);
  }

  @Get()
  @RouteConfig({ scopes: ['manage', 'operate'], operation: listAudit })
  async list(
    @Req() request: FastifyRequest<{ Querystring: Query }>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<AuditEntry>> {
    const caller = callerOf(request);
    const tenantId = allows(caller, 'operate') ? null : caller.tenantId;
    const { action, object, ...range } = readQuery(listAuditQuery, request.query);
    const filter = { ...(action ? { action } : {}), ...(object === undefined ? {} : { object }) };
    const page = await pageOf(
      this.cursors,
      `audit ${tenantId} ${canonicalJson(filter)}`,
      range,
      (pageRange) => this.resources.store.audit.list(tenantId, filter, pageRange),
      (record) => auditView(record, caller),
    );
    if (page.next_cursor) linkToNext(request, reply, page.next_cursor);
    return page;
  }
}

function auditView(record: AuditRecord, caller: Caller): AuditEntry {
  return {
    id: toPublicId('audit', record.id),
    at: record.at.toISOString(),
    tenant: record.tenant,
    actor: actorView(record, caller),
    action: record.action,
    object: record.object,
    before: record.before,
    after: record.after,
    request_id: record.requestId,
  };
}
