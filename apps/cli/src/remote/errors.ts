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
