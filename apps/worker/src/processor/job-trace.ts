import { toPublicId } from '@heddle/contracts';
import type { QueueEntry } from '@heddle/queue';
import type { ClaimedJob } from '@heddle/store';
import type { Span, Tracing } from '@heddle/telemetry';
import type { Answer, PassRun } from '../batcher/batcher.js';
import type { Tally } from './items.js';

/** Forward passes of one job that have a span of their own: a job of a thousand long texts has thousands. */
const MAX_PASS_SPANS = 32;

/** The span of one attempt at a job, and what is beneath it. */
export class JobTrace {
  private readonly span: Span;
  private readonly passes = new Set<PassRun>();

  constructor(
    private readonly tracing: Tracing,
    { traceparent }: QueueEntry,
  ) {
    this.span = tracing.begin('process', { parent: traceparent, kind: 'consumer' });
  }

  claimed({ id, tenantId, versionId, attempt, task, queueMs }: ClaimedJob): void {
    this.span.set(() => ({
      'messaging.system': 'bullmq',
      'messaging.operation.type': 'process',
      'messaging.destination.name': versionId,
      'heddle.job.id': toPublicId('job', id),
      'heddle.job.attempt': attempt,
      'heddle.job.task': task,
      'heddle.job.queue_ms': queueMs,
      'heddle.tenant.id': tenantId,
    }));
  }

  /** The inference process has no network: what it did is told here, with its own times. */
  answered({ pass, inferenceMs }: Answer): void {
    if (!this.span.isRecorded || this.passes.has(pass) || this.passes.size >= MAX_PASS_SPANS) return;
    this.passes.add(pass);
    this.tracing
      .begin('forward pass', {
        parent: this.span.traceparent,
        kind: 'internal',
        startMs: pass.startedMs,
        attributes: () => ({ 'process.pid': pass.pid, 'heddle.pass.sequences': pass.items }),
      })
      .end(null, pass.startedMs + inferenceMs);
  }

  counted({ tokens, tokenizeMs }: Tally): void {
    this.span.set(() => ({ 'heddle.job.tokens': tokens, 'heddle.job.tokenize_ms': tokenizeMs }));
  }

  /** Storing the result. */
  async finishing<T>(store: () => Promise<T>): Promise<T> {
    const span = this.tracing.begin('finish', { parent: this.span.traceparent, kind: 'internal' });
    try {
      return await store();
    } finally {
      span.end();
    }
  }

  /** `outcome`: as `heddle_job_attempts_total` names it, or `not-claimed`; anything but `finished` is a failure. */
  end(outcome: string): void {
    this.span.set(() => ({ 'heddle.job.outcome': outcome }));
    this.span.end(outcome === 'finished' || outcome === 'not-claimed' ? null : outcome);
  }
}
