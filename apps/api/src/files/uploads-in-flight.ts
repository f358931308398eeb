import { HeddleError } from '@heddle/contracts';
import { Inject, Injectable } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';

/** Seconds until a client asks again: uploads end, and there is no telling when. */
const RETRY_AFTER_S = 10;

/** The bytes of one upload. */
export interface UploadBytes {
  /** What its head promises, before anything of it is read. Throws `quota-exceeded`. */
  promise(bytes: number): void;
  /** Bytes that are about to be written. Errors: `quota-exceeded`, `overloaded`. */
  add(bytes: number): void;
  /** Nothing of it lies there any more. */
  end(): void;
}

/**
 * Bytes of the uploads that one api process takes at the same time, which lie on its disk until they are stored. A tenant's
 * are bounded by what they promise, so that those which cannot end do not begin; all together by what has come, because a
 * promise costs nothing. The one of which most has come goes on whatever the others do, so that not all of them end at the bound.
 */
@Injectable()
export class UploadsInFlight {
  private readonly perTenant: number;
  private readonly overall: number;
  private readonly held = new Map<string, number>();
  private written = 0;
  /** Bytes that have come of each that is under way. */
  private readonly come = new Map<UploadBytes, number>();

  constructor(@Inject(RESOURCES) { config: { env } }: Pick<Resources, 'config'>) {
    this.perTenant = env.HEDDLE_MAX_UPLOADING_BYTES_PER_TENANT;
    this.overall = env.HEDDLE_MAX_UPLOADING_BYTES;
  }

  begin(tenantId: string): UploadBytes {
    let own = 0;
    let promised = 0;
    let hasEnded = false;
    // Of the tenant, whichever is more: what was promised or what has come.
    const hold = (bytes: number) => {
      const before = Math.max(own, promised);
      if (bytes <= before) return;
      const all = this.heldBy(tenantId);
      if (all > before && all - before + bytes > this.perTenant) throw this.tooMuch();
      this.held.set(tenantId, all - before + bytes);
    };
    const upload: UploadBytes = {
      promise: (bytes) => {
        hold(bytes);
        promised = bytes;
      },
      add: (bytes) => {
        if (this.written + bytes > this.overall && own < Math.max(...this.come.values()))
          throw tooMuchOfAll();
        hold(own + bytes);
        own += bytes;
        this.come.set(upload, own);
        this.written += bytes;
      },
      end: () => {
        if (hasEnded) return;
        hasEnded = true;
        this.come.delete(upload);
        this.written -= own;
        const left = this.heldBy(tenantId) - Math.max(own, promised);
        if (left > 0) this.held.set(tenantId, left);
        else this.held.delete(tenantId);
      },
    };
    return upload;
  }

  private heldBy(tenantId: string): number {
    return this.held.get(tenantId) ?? 0;
  }

  private tooMuch(): HeddleError {
    const detail = `Uploads that are under way may have ${this.perTenant} bytes together. Wait until one has ended.`;
    return new HeddleError('quota-exceeded', detail, { headers: { 'Retry-After': String(RETRY_AFTER_S) } });
  }
}

function tooMuchOfAll(): HeddleError {
  return new HeddleError('overloaded', 'Too much is being uploaded; try again later.', {
    headers: { 'Retry-After': String(RETRY_AFTER_S) },
  });
}
