import { fromPublicId, HeddleError, type Job, toPublicId } from '@heddle/contracts';
import {
  createdPredictionOf,
  eventsOf,
  type Prediction,
  type PredictionBody,
  predictionOf,
  type ReplicateOrigin,
  readInput,
  replicateOrigin,
  type WebhookFilter,
} from '@heddle/dialects';
import type { Admit, JobInclude, JobRecord } from '@heddle/store';
import { jobView } from '@heddle/views';
import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../http/auth.js';
import { StreamTokens } from '../../http/stream-token.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { RESOURCES, type Resources } from '../../resources.js';
import { type NativeReference, nativeReference, noSuchModel } from '../model-reference.js';
import { DialectModels } from '../models.js';

/** Seconds for which texts and outputs of a prediction that was waited for are kept: as Replicate keeps them. */
const WAITED_TTL_S = 3_600;
/** Seconds after its end for which a prediction's stream may be read without a key. */
export const STREAM_S = 3_600;
const WHOLE = { inputs: true, results: true };
const NOTHING = { inputs: false, results: false };

/** Which model a prediction is asked of. */
export interface Target {
  /** `ver_…`, or `owner/name` with what may stand behind it. */
  reference: string;
  /** `owner/name@alias`, where a deployment was asked. */
  deployment?: string;
}

export interface NewPrediction {
  target: Target;
  /** Its body as it came, which its key stands for. */
  request: unknown;
  body: PredictionBody;
  /** Seconds from acceptance until it has failed; the usual time where it is null. */
  deadlineS: number | null;
  /** Seconds to wait for its end. */
  waitS: number;
  idempotencyKey: string | null;
  base: string;
}

/** Jobs as predictions. */
@Injectable()
export class PredictionsService {
  private readonly streamTokens: StreamTokens;

  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    private readonly jobs: JobsService,
    private readonly models: DialectModels,
  ) {
    this.streamTokens = new StreamTokens(resources.streamSecret);
  }

  async create(
    caller: Caller,
    { target, request, body, deadlineS, waitS, idempotencyKey, base }: NewPrediction,
    admit: Admit,
  ): Promise<{ prediction: Prediction; created: boolean; waited: boolean }> {
    const { inputs, task, parameters, shape, rest } = readInput(body.input);
    const { reference: model, owner, owned } = await this.modelOf(caller, target.reference);
    const { url, filter } = webhookOf(body);
    const dialect: ReplicateOrigin = {
      model: owned,
      ...(target.deployment === undefined ? {} : { deployment: target.deployment }),
      shape,
      rest,
      ...(filter ? { filter } : {}),
      base,
    };
    const submission = {
      model,
      inputs,
      ...(task ? { task } : {}),
      parameters,
      ...(url === undefined ? {} : { webhook: { url } }),
      ...(deadlineS === null ? {} : { deadline_s: deadlineS }),
      ...(waitS > 0 ? { priority: 'high', result_ttl_s: WAITED_TTL_S } : {}),
    };
    const submitted = await this.jobs.submit(caller, submission, idempotencyKey, waitS, {
      source: 'replicate',
      owner,
      request,
      dialect: { ...dialect },
      webhookEvents: eventsOf(filter),
    });
    const { id, created } = submitted;
    const { waited } = created ? submitted : await this.jobs.get(caller, id, NOTHING, waitS, admit);
    const record = await this.find(caller, id, admit);
    const job = jobView(record, WHOLE);
    const shown = createdPredictionOf(job, this.originOf(record, base), this.tokenFor(caller, job));
    return { prediction: shown, created, waited };
  }

  async show(caller: Caller, id: string, base: string, admit: Admit): Promise<Prediction> {
    return this.view(caller, await this.find(caller, id, admit), base);
  }

  view(caller: Caller, record: JobRecord, base: string): Prediction {
    const job = jobView(record, WHOLE);
    return predictionOf(job, this.originOf(record, base), this.tokenFor(caller, job));
  }

  async cancel(caller: Caller, id: string, base: string, admit: Admit): Promise<Prediction> {
    await this.find(caller, id, admit);
    await this.jobs.cancel(caller, id, undefined, admit);
    return this.show(caller, id, base, admit);
  }

  /** A job that came in by this dialect. Errors: `not-found`, also for one of another interface. */
  async find(
    { tenantId }: Pick<Caller, 'tenantId'>,
    id: string,
    admit: Admit,
    include: JobInclude = WHOLE,
  ): Promise<JobRecord> {
    const record = await this.resources.store.jobs.find(tenantId, id, include, admit);
    if (record?.source !== 'replicate') throw noSuchPrediction();
    return record;
  }

  /** Throws `not-found`. */
  uuidOf(publicId: string): string {
    const id = fromPublicId('job', publicId);
    if (!id) throw noSuchPrediction();
    return id;
  }

  private originOf({ dialect }: JobRecord, base: string): ReplicateOrigin {
    return { ...replicateOrigin.parse(dialect), base };
  }

  /** Clients open the stream without their key. Null when the time for that is over. */
  private tokenFor({ keyId }: Caller, job: Job): string | null {
    const end = Date.parse(job.completed_at ?? job.deadline) + STREAM_S * 1000;
    const lifetimeS = Math.floor((end - Date.now()) / 1000);
    if (lifetimeS <= 0) return null;
    return this.streamTokens.issue(keyId, fromPublicId('job', job.id)!, Date.now(), lifetimeS);
  }

  /** A model as jobs name it, and its name with its owner. `owner/name:ver_…` is that version of that model. */
  private async modelOf(caller: Caller, reference: string): Promise<NativeReference & { owned: string }> {
    const [named = '', version] = reference.split(':');
    const model = await nativeReference(this.resources.store, caller, named);
    const ownedName = named.includes('/') ? named.split('@')[0]! : null;
    if (version === undefined && ownedName !== null) return { ...model, owned: ownedName };
    const found = await this.models.find(caller, version ?? named);
    const { id, owner, name } = await this.models.summary(caller, found);
    if (version === undefined) return { ...model, owned: `${owner}/${name}` };
    if ((await this.models.model(caller, named)).id !== id) throw noSuchModel(reference);
    return {
      reference: toPublicId('version', found.id),
      owner: null,
      owned: ownedName ?? `${owner}/${name}`,
    };
  }
}

/** `webhook_completed` is what older clients send. */
function webhookOf({
  webhook,
  webhook_events_filter: filter,
  webhook_completed: completed,
}: PredictionBody): { url: string | undefined; filter: WebhookFilter[] | undefined } {
  if (webhook) return { url: webhook, filter: filter ?? undefined };
  if (completed) return { url: completed, filter: ['completed'] };
  return { url: undefined, filter: undefined };
}

function noSuchPrediction(): HeddleError {
  return new HeddleError('not-found', 'There is no such prediction.');
}
