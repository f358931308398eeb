import type { Logger } from './logger.js';

/**
 * An unhandled rejection or uncaught exception is a bug: it is logged with its cause and ends the process,
 * because nobody knows what state is left; supervisor and leases make up for it.
 */
export function exitOnBugs(logger: Logger): void {
  const die = (kind: string) => (error: unknown) => {
    logger.error({ error }, kind);
    process.exitCode = 1;
    // Gives the log line time to leave through an asynchronous pipe.
    setTimeout(() => process.exit(1), 50);
  };
  process.once('uncaughtException', die('uncaught exception'));
  process.once('unhandledRejection', die('unhandled rejection'));
}

/**
 * Runs `stop` once on SIGINT or SIGTERM, or when the parent that started this process is gone, and exits: 0, or 1
 * when stopping failed. The answered function does so for another reason, which is logged.
 */
export function stopOnSignals(logger: Logger, stop: () => Promise<void>): (reason: string) => void {
  let stopping = false;
  const stopOnce = (reason: string) => {
    if (stopping) return;
    stopping = true;
    logger.info({ reason }, 'stopping');
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stopOnce);
  process.on('SIGTERM', stopOnce);
  // Only processes with an IPC channel are ever disconnected: their supervisor was killed.
  process.once('disconnect', () => stopOnce('disconnect'));
  return stopOnce;
}
