import { type Delivery, emptyBody, fromPublicId, HeddleError, type Page } from '@heddle/contracts';
import type { DeliveryFilter, DeliveryRecord } from '@heddle/store';
import { deliveryView } from '@heddle/views';
import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { type Caller, callerOf } from '../http/auth.js';
import { Cursors } from '../http/cursor.js';
import { canonicalJson } from '../http/fingerprint.js';
import { linkToNext, pageOf } from '../http/paging.js';
import { afterLooking, noQuery, type Query, readQuery } from '../http/query.js';
import { validateBody } from '../http/validate.js';
import { Waiters } from '../http/waiters.js';
import { RESOURCES, type Resources } from '../resources.js';
import { getDelivery, listDeliveries, listDeliveriesQuery, retryDelivery } from './operations.js';

type DeliveryRequest = FastifyRequest<{ Params: { id: string }; Querystring: Query }>;

/** How webhooks were sent. */
@Controller('v1/deliveries')
export class DeliveriesController {
  private readonly cursors: Cursors;

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    @Inject(Waiters) private readonly waiters: Waiters,
  ) {
    this.cursors = new Cursors(resources.cursorSecret);
  }

  @Get()
  @RouteConfig({ scopes: ['read'], operation: listDeliveries })
  async list(
    @Req() request: DeliveryRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<Delivery>> {
    const { tenantId } = callerOf(request);
    const { limit, cursor, ...asked } = readQuery(listDeliveriesQuery, request.query);
    const page = await pageOf(
      this.cursors,
      `deliveries ${tenantId} ${canonicalJson(asked)}`,
      { limit, ...(cursor === undefined ? {} : { cursor }) },
      (range) => this.resources.store.deliveries.list(tenantId, filterOf(asked), range),
      deliveryView,
    );
    if (page.next_cursor) linkToNext(request, reply, page.next_cursor);
    return page;
  }

  @Get(':id')
  @RouteConfig({ scopes: ['read'], operation: getDelivery })
  async get(@Req() request: DeliveryRequest): Promise<Delivery> {
    const found = () => this.find(callerOf(request), request.params.id);
    await afterLooking(() => readQuery(noQuery, request.query), found);
    return deliveryView(await found());
  }

  @Post(':id/retry')
  @HttpCode(202)
  @RouteConfig({ scopes: ['manage'], operation: retryDelivery })
  async retry(@Req() request: DeliveryRequest): Promise<Delivery> {
    const caller = callerOf(request);
    const { id } = await this.find(caller, request.params.id);
    validateBody(emptyBody, request.body);
    if (!(await this.resources.store.deliveries.retry(caller.tenantId, id))) throw noSuchDelivery();
    this.waiters.publish('deliveries-due', '');
    return deliveryView(await this.find(caller, request.params.id));
  }

  /** Errors: `not-found`. */
  private async find({ tenantId }: Caller, publicId: string): Promise<DeliveryRecord> {
    const id = fromPublicId('delivery', publicId);
    const found = id && (await this.resources.store.deliveries.find(tenantId, id));
    if (!found) throw noSuchDelivery();
    return found;
  }
}

type Asked = Omit<z.output<typeof listDeliveriesQuery>, 'limit' | 'cursor'>;

/** What is not an id of its kind fits nothing. */
function filterOf({ webhook, event_type: eventType, status, job, batch }: Asked): DeliveryFilter {
  const endpointId = webhook === undefined ? undefined : fromPublicId('webhook', webhook);
  const objectIds = [
    ...(job === undefined ? [] : [fromPublicId('job', job)]),
    ...(batch === undefined ? [] : [fromPublicId('batch', batch)]),
  ];
  const [objectId] = objectIds;
  return {
    ...(endpointId ? { endpointId } : {}),
    ...(objectId ? { objectId } : {}),
    ...(eventType ? { eventType } : {}),
    ...(status ? { status } : {}),
    // No event tells of a job and a batch.
    none: endpointId === null || objectId === null || objectIds.length > 1,
  };
}

function noSuchDelivery(): HeddleError {
  return new HeddleError('not-found', 'There is no such delivery.');
}
