import { HeddleError, isTerminal, type Job, LIMITS, refuseCount, toPublicId } from '@heddle/contracts';
import type { Answered, Call } from '@heddle/dialects';
import { type NativeReference, nativeReference } from '@heddle/store';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AnswerMemory } from '../http/answer-memory.js';
import { type Caller, callerOf } from '../http/auth.js';
import { idempotencyKeyOf } from '../http/headers.js';
import { Waiters } from '../http/waiters.js';
import { JobsService } from '../jobs/jobs.service.js';
import { serverTiming } from '../jobs/server-timing.js';
import { RESOURCES, type Resources } from '../resources.js';

/** Seconds for which inputs and results of such jobs are kept: their answers have been given. With a key they may be asked for again. */
const RESULT_TTL_S = { once: 3_600, keyed: 86_400 } as const;
const RETRY_AFTER_S = '5';
const RESULTS = { inputs: false, results: true };

/** What a call is answered with, and its job: the first where there are several. */
export interface AnsweredCall extends Answered {
  job: Job;
}

/** A job's share of a call. */
interface KeyedPart {
  part: Call;
  model: NativeReference;
  key: string | null;
  /** What the client asked for, which the key stands for. */
  request: unknown;
}

/**
 * Calls that are answered with what their job has come to. These dialects have no errors of items: the first one is that of
 * the call. A job that takes too long, or whose client hangs up, is canceled. An idempotency key stands for an answer: where
 * the job came to none, or its answer is not kept any more, the same key runs the call afresh, for clients send it again by
 * themselves.
 */
@Injectable()
export class BlockingCalls {
  constructor(
    @Inject(RESOURCES) private readonly resources: Resources,
    private readonly jobs: JobsService,
    private readonly memory: AnswerMemory,
    private readonly waiters: Waiters,
  ) {}

  /**
   * Errors: those of a submission, of the first item that has one, and of the job; `call-timeout`; `overloaded` where too
   * many requests wait, or the api stops.
   */
  async run(request: FastifyRequest, reply: FastifyReply, call: Call): Promise<AnsweredCall> {
    const caller = callerOf(request);
    const key = idempotencyKeyOf(request.headers['idempotency-key']);
    const { inputs, maxInputs = LIMITS.maxInputsPerJob } = call;
    if (inputs.length === 0 || inputs.length > maxInputs) refuseInputs(inputs, maxInputs);
    const size = LIMITS.maxInputsPerJob;
    const count = Math.ceil(inputs.length / size);
    const model = await this.modelOf(caller, call.model, count > 1);
    const asked = { params: request.params, body: request.body };
    const settled = await Promise.allSettled(
      Array.from({ length: count }, (_, i) => {
        // No key of the native API has a blank: those of different routes are never the same. Parts are of one version, also when
        // the call comes again after the alias has moved.
        const part = count > 1 ? `${model.reference} ${i}` : i;
        const ownKey = key && `${request.routeOptions.url} ${part} ${key}`;
        const own = { ...call, inputs: inputs.slice(i * size, (i + 1) * size) };
        return this.runJob(caller, reply, { part: own, model, key: ownKey, request: asked });
      }),
    );
    const ran = settled.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
    if (ran.every(({ created }) => !created)) void reply.header('idempotency-replayed', 'true');
    const jobs = ran.map(({ job }) => job);
    const { timing } = jobs[0]!;
    if (timing) void reply.header('server-timing', serverTiming(timing));
    return {
      outputs: jobs.flatMap((job) => job.results!.map(({ output }) => output!)),
      tokens: jobs.reduce((sum, job) => sum + (job.usage?.tokens ?? 0), 0),
      job: jobs[0]!,
    };
  }

  /** Several jobs of one call are of one version, whatever becomes of the alias meanwhile. */
  private async modelOf(caller: Caller, named: string, pinned: boolean): Promise<NativeReference> {
    const { store } = this.resources;
    const { reference, owner } = await nativeReference(store, caller, named);
    if (!pinned) return { reference, owner };
    const { model, number } = await store.models.resolve(caller.tenantId, reference, owner);
    return { reference: `${model}@${number}`, owner };
  }

  private async runJob(
    caller: Caller,
    reply: FastifyReply,
    { part, model, key, request }: KeyedPart,
  ): Promise<{ job: Job; created: boolean }> {
    const { source, task, inputs, parameters, priority = 'high' } = part;
    const waitS = this.resources.config.env.HEDDLE_DIALECT_TIMEOUT_MS / 1000;
    const until = performance.now() + waitS * 1000;
    const admit = this.memory.admission(reply, caller.tenantId);
    let own: string | null = null;
    let isGone = false;
    const cancel = async () => {
      if (own) await this.jobs.cancel(caller, own, undefined, admit);
    };
    const hungUp = () => {
      isGone = true;
      cancel().catch((error: unknown) =>
        this.resources.logger.warn(
          { error, job: own && toPublicId('job', own) },
          'a job whose client has gone was not canceled',
        ),
      );
    };
    const onCommitted = (id: string) => {
      own = id;
      if (isGone) hungUp();
    };
    const submission = {
      model: model.reference,
      ...(task ? { task } : {}),
      inputs,
      parameters,
      priority,
      deadline_s: Math.ceil(waitS),
      result_ttl_s: key === null ? RESULT_TTL_S.once : RESULT_TTL_S.keyed,
    };
    const origin = { source, owner: model.owner, request, standsForAnswer: true, onCommitted };
    reply.raw.once('close', hungUp);
    if (reply.raw.destroyed) hungUp();
    try {
      for (;;) {
        const leftS = Math.max(0, until - performance.now()) / 1000;
        const { id, created, waited } = await this.jobs.submit(caller, submission, key, leftS, origin);
        // One that an earlier request has made is that one's to cancel.
        const found = await this.jobs.get(caller, id, RESULTS, created ? 0 : leftS, admit);
        const { status, data_removed: isForgotten } = found.job;
        // Nobody ran it to its end, as where a client that has hung up asks again, or its answer has just gone: the call has yet
        // to be run.
        if (isForgotten || (!created && (status === 'canceled' || status === 'expired'))) {
          if (!isGone && performance.now() < until) continue;
          throw timedOut(waitS);
        }
        if (isTerminal(status)) return { job: succeeded(found.job), created };
        await cancel();
        const { job } = await this.jobs.get(caller, id, RESULTS, 0, admit);
        if (isTerminal(job.status) && job.status !== 'canceled') return { job: succeeded(job), created };
        const isRefused = this.waiters.stopping || !(created ? waited : found.waited);
        throw isRefused ? noRoom() : timedOut(waitS);
      }
    } finally {
      reply.raw.off('close', hungUp);
    }
  }
}

/** A job all of whose items were answered. Errors: that of the first item that was not, else the job's. */
function succeeded(job: Job): Job {
  const [failed] = (job.results ?? []).filter(({ error }) => error);
  if (failed?.error) {
    const { code, message, ...extra } = failed.error;
    const errors = [{ pointer: `/inputs/${failed.index}`, code, message }];
    throw new HeddleError(code, message, { extra, errors });
  }
  if (job.error) throw new HeddleError(job.error.code, job.error.message);
  if (job.status === 'canceled') throw new HeddleError('canceled', 'The job was canceled.');
  return job;
}

function refuseInputs(inputs: unknown[], most: number): void {
  if (inputs.length === 0) refuseCount(inputs);
  const message = `at most ${most} items`;
  throw new HeddleError('too-many-inputs', `A request takes ${message}; this one has ${inputs.length}.`, {
    errors: [{ pointer: '/inputs', code: 'too-many', message }],
  });
}

function timedOut(waitS: number): HeddleError {
  return new HeddleError('call-timeout', `There was no result within ${waitS} s; the job was canceled.`);
}

function noRoom(): HeddleError {
  return new HeddleError('overloaded', 'Too many requests wait for their answers.', {
    headers: { 'Retry-After': RETRY_AFTER_S },
  });
}
