import { Controller, Get, Inject, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../../http/auth.js';
import { RESOURCES, type Resources } from '../../resources.js';
import { WebhooksService } from '../../webhooks/webhooks.service.js';
import { getReplicateAccount, getReplicateWebhookSecret, listReplicateHardware } from './operations.js';

/** What has little to do with predictions. */
@Controller('replicate/v1')
export class ReplicateAccountController {
  constructor(
    @Inject(WebhooksService) private readonly webhooks: WebhooksService,
    @Inject(RESOURCES) private readonly resources: Resources,
  ) {}

  @Get('account')
  @RouteConfig({ scopes: ['infer', 'read'], operation: getReplicateAccount })
  async account(@Req() request: FastifyRequest) {
    const { slug, name } = await this.resources.store.tenants.get(callerOf(request).tenantId);
    return { type: 'organization', username: slug, name, github_url: null };
  }

  @Get('hardware')
  @RouteConfig({ scopes: ['infer', 'read'], operation: listReplicateHardware })
  hardware() {
    return [{ name: 'What the workers have', sku: 'workers' }];
  }

  /** What webhooks of predictions are signed with. */
  @Get('webhooks/default/secret')
  @RouteConfig({ scopes: ['manage'], operation: getReplicateWebhookSecret })
  async secret(@Req() request: FastifyRequest): Promise<{ key: string }> {
    const { secret } = await this.webhooks.defaultSecret(callerOf(request));
    return { key: secret };
  }
}
