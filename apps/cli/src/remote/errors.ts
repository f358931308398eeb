import { ApiError, ConnectionError, UnexpectedAnswerError, WaitTimeoutError } from '@heddle/client';

/** Exit statuses by kind of failure, for scripts. */
export const EXIT = {
  ok: 0,
  jobFailed: 1,
  usage: 2,
  auth: 3,
  notFound: 4,
  conflict: 5,
  capacity: 6,
  network: 7,
  waitTimeout: 8,
  /** As `EX_CONFIG` of sysexits.h. */
  config: 78,
  interrupted: 130,
} as const;

/** A failure that the command line knows how to tell: message for people, status for scripts. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly exitStatus: number,
  ) {
    super(message);
    this.name = 'CliError';
  }
}

/** An error of the client as the command line tells it; null for any other that is none of the command line. */
export function cliErrorOf(error: unknown): CliError | null {
  if (error instanceof CliError) return error;
  if (error instanceof ApiError) return new CliError(error.message, exitStatusOf(error.status));
  if (error instanceof WaitTimeoutError) return new CliError(error.message, EXIT.waitTimeout);
  if (error instanceof ConnectionError) {
    const help = 'Is Heddle running? HEDDLE_URL or --server names another address.';
    return new CliError(`${error.message}. ${help}`, EXIT.network);
  }
  if (error instanceof UnexpectedAnswerError)
    return new CliError(`${error.message}: check HEDDLE_URL or --server`, EXIT.network);
  return null;
}

function exitStatusOf(httpStatus: number): number {
  if (httpStatus === 401 || httpStatus === 403) return EXIT.auth;
  if (httpStatus === 404) return EXIT.notFound;
  if (httpStatus === 429 || httpStatus === 503 || httpStatus === 507) return EXIT.capacity;
  return httpStatus < 500 ? EXIT.conflict : EXIT.network;
}
