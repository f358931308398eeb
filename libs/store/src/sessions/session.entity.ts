import type { LiveKey } from '../keys/api-key.entity.js';

/** A session that goes on, with the key that its requests are of. */
export interface LiveSession {
  id: string;
  key: LiveKey;
  /** When it ends at the latest: at its own end or at its key's. */
  expiresAt: Date;
  /** Its last request is longer ago than it is written down for. */
  useIsStale: boolean;
}

/** How long sessions last, in seconds. */
export interface SessionTimes {
  /** Without a request. */
  idleS: number;
  /** At most. */
  maxS: number;
}
