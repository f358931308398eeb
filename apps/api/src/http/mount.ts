import type { HeddleError } from '@heddle/contracts';

export interface ErrorContext {
  /** Of the request, without its query. */
  path: string;
  requestId: string;
  /** Seconds, where the answer says when to come back. */
  retryAfterS: string | null;
}

export interface ErrorAnswer {
  status: number;
  /** Its media type; `application/json` when absent. */
  type?: string;
  headers?: Record<string, string>;
  body: unknown;
}

/** A path below which routes are those of other people's APIs, and what is different there for their clients' sake. */
export interface Mount {
  /** Such as `/openai`. */
  path: string;
  /** How errors are told; as problem documents when absent. */
  errors?: (error: HeddleError, context: ErrorContext) => ErrorAnswer;
  /** Its clients know of methods that are not provided, and are told so as of paths: with 404. */
  hidesMethods?: boolean;
}

/** The mount that a path is at or below; none for the native API. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  return mounts.find((mount) => path === mount.path || path.startsWith(`${mount.path}/`));
}
