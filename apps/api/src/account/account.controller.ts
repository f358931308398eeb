import { LIMITS, type Limits, type Me, toPublicId } from '@heddle/contracts';
import { Controller, Get, Inject, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { type Caller, callerOf } from '../http/auth.js';
import { noQuery, type Query, readQuery } from '../http/query.js';
import { RESOURCES, type Resources } from '../resources.js';
import { getLimits, getMe } from './operations.js';

type AccountRequest = FastifyRequest<{ Querystring: Query }>;

/** Who the caller is and what it may ask for. */
@Controller('v1')
export class AccountController {
  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  @Get('me')
  @RouteConfig({ scopes: [], operation: getMe })
  async me(@Req() request: AccountRequest): Promise<Me> {
    readQuery(noQuery, request.query);
    const caller = callerOf(request);
    const { tenantId, keyId, keyName, scopes } = caller;
    const tenant = await this.resources.store.tenants.get(tenantId);
    return {
      tenant: { slug: tenant.slug, name: tenant.name },
      key: { id: toPublicId('key', keyId), name: keyName, scopes },
      limits: this.limitsView(caller),
    };
  }

  @Get('limits')
  @RouteConfig({ scopes: [], operation: getLimits })
  limits(@Req() request: AccountRequest): Limits {
    readQuery(noQuery, request.query);
    return this.limitsView(callerOf(request));
  }

  /** What holds for this caller. */
  private limitsView({ rateLimitPerMin, tenantLimits }: Caller): Limits {
    const { env } = this.resources.config;
    return {
      max_body_bytes: env.HEDDLE_MAX_BODY_BYTES,
      max_inputs_per_job: LIMITS.maxInputsPerJob,
      max_text_chars: LIMITS.maxTextChars,
      max_job_chars: LIMITS.maxJobChars,
      max_queued_items_per_tenant: tenantLimits.maxQueuedItems ?? env.HEDDLE_MAX_QUEUED_ITEMS_PER_TENANT,
      max_model_bytes: env.HEDDLE_MAX_MODEL_BYTES,
      max_file_bytes: env.HEDDLE_MAX_FILE_BYTES,
      max_stored_files_per_tenant: env.HEDDLE_MAX_STORED_FILES_PER_TENANT,
      max_stored_bytes_per_tenant: env.HEDDLE_MAX_STORED_BYTES_PER_TENANT,
      max_batch_lines: LIMITS.maxBatchLines,
      max_line_bytes: LIMITS.maxLineBytes,
      max_open_evaluations: LIMITS.maxOpenEvaluationsPerTenant,
      max_evaluation_items: LIMITS.maxEvaluationItems,
      max_evaluation_metrics: LIMITS.maxEvaluationMetrics,
      max_evaluation_option_bytes: LIMITS.maxEvaluationOptionBytes,
      max_evaluation_output_bytes: LIMITS.maxEvaluationOutputBytes,
      max_resamples: LIMITS.maxResamples,
      max_resampled_values: LIMITS.maxResampledValues,
      max_page_bytes: LIMITS.maxPageBytes,
      max_wait_s: LIMITS.maxWaitS,
      max_deadline_s: LIMITS.maxDeadlineS,
      rate_limit_per_min: rateLimitPerMin,
    };
  }
}
