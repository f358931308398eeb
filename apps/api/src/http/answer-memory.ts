import { HeddleError, LIMITS } from '@heddle/contracts';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** Longest that a large answer waits for others to be sent, in milliseconds; then the client is asked to come again. */
const PATIENCE_MS = 10_000;
/** A client that takes a large answer has this long to begin, and then reads at least so many bytes a millisecond. */
const GRACE_MS = 30_000;
const SLOWEST_READER = 256;
const RETRY_AFTER_S = 5;

interface Waiting {
  tenantId: string;
  bytes: number;
  admit: () => void;
}

/**
 * Large answers that are in memory at the same time, from before they are read from the database until they are sent:
 * together they stay below `LIMITS.maxAnswerBytesInFlight`, and one tenant's below half of that. One is always admitted
 * where none is, however large. Those who read slowly are cut off, because others wait for what they hold.
 */
@Injectable()
export class AnswerMemory {
  private readonly held = new Map<string, number>();
  private total = 0;
  private readonly waiting: Waiting[] = [];

  /**
   * For the answer of one request: resolves when so many bytes may be read. Throws `overloaded` when others take too
   * long.
   */
  admission(reply: FastifyReply, tenantId: string): (bytes: number) => Promise<void> {
    return async (bytes) => {
      await this.take(tenantId, bytes);
      const { raw } = reply;
      const cutOff = setTimeout(() => raw.destroy(), GRACE_MS + bytes / SLOWEST_READER);
      const release = () => {
        clearTimeout(cutOff);
        this.release(tenantId, bytes);
      };
      // The client may have gone while the answer waited.
      if (raw.closed || raw.destroyed) release();
      else raw.once('close', release);
    };
  }

  private take(tenantId: string, bytes: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const entry: Waiting = {
        tenantId,
        bytes,
        admit: () => {
          clearTimeout(timer);
          this.total += bytes;
          this.held.set(tenantId, this.heldBy(tenantId) + bytes);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        reject(
          new HeddleError('overloaded', 'Too many large answers are being sent; ask again, or for less.', {
            headers: { 'Retry-After': String(RETRY_AFTER_S) },
          }),
        );
        // Whoever stood behind it may fit.
        this.admitWaiting();
      }, PATIENCE_MS);
      this.waiting.push(entry);
      this.admitWaiting();
    });
  }

  private release(tenantId: string, bytes: number): void {
    this.total -= bytes;
    const left = this.heldBy(tenantId) - bytes;
    if (left > 0) this.held.set(tenantId, left);
    else this.held.delete(tenantId);
    this.admitWaiting();
  }

  /** In the order of asking, but past those whose tenant holds its share. */
  private admitWaiting(): void {
    const limit = LIMITS.maxAnswerBytesInFlight;
    for (let i = 0; i < this.waiting.length; ) {
      const { tenantId, bytes, admit } = this.waiting[i]!;
      const own = this.heldBy(tenantId);
      if (own > 0 && own + bytes > limit / 2) {
        i++;
        continue;
      }
      if (this.total > 0 && this.total + bytes > limit) return;
      this.waiting.splice(i, 1);
      admit();
    }
  }

  private heldBy(tenantId: string): number {
    return this.held.get(tenantId) ?? 0;
  }
}
