import { setTimeout as sleep } from 'node:timers/promises';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@heddle/embedded';

/** The embedded Postgres of `heddle up`. */
export interface Database {
  /** Stays the same when the server is started again. */
  url: string;
  /** Rejects when the server has ended and cannot be started again. */
  lost: Promise<never>;
  stop(): Promise<void>;
  /** Ends the server at once; the next start recovers what was committed. One that is coming up is adopted then. */
  kill(): void;
}

/** Pauses before each try to start again a server that does not come up, e.g. because its port was taken. */
const RETRY_MS = [0, 1_000, 2_000, 4_000, 8_000, 16_000];
/** A server that ended sooner than this counts as one that did not come up. */
const HEALTHY_MS = 10_000;

/**
 * Starts the server, and starts it again at the same address whenever it ends by itself: what was committed is
 * recovered, and the processes connect again. Throws what `startEmbeddedPostgres` does.
 */
export async function startDatabase(dataDir: string, report: (line: string) => void): Promise<Database> {
  const onLog = (line: string) => report(`database: ${line}`);
  let server = await startEmbeddedPostgres({ dataDir, onLog });
  const { url, port } = server;
  const stopping = new AbortController();

  /** Starts without a server that stayed up for a while. */
  let tries = 0;
  const startAgain = async (): Promise<EmbeddedPostgres> => {
    for (;;) {
      await sleep(RETRY_MS[tries], undefined, { signal: stopping.signal });
      tries++;
      try {
        return await startEmbeddedPostgres({ dataDir, port, onLog });
      } catch (error) {
        if (tries === RETRY_MS.length) throw error;
        onLog(`${messageOf(error)}; trying again in ${RETRY_MS[tries]! / 1000} s`);
      }
    }
  };
  let starting: Promise<EmbeddedPostgres> | undefined;
  const watch = async (): Promise<never> => {
    for (;;) {
      const startedAt = performance.now();
      const ended = await server.exited;
      // An orderly stop is nobody's loss.
      if (stopping.signal.aborted || !ended) return new Promise<never>(() => undefined);
      onLog(`${ended.message}; starting it again …`);
      await server.stop();
      if (performance.now() - startedAt >= HEALTHY_MS) tries = 0;
      if (tries === RETRY_MS.length) throw ended;
      starting = startAgain();
      server = await starting;
    }
  };
  const lost = watch();
  // Whoever races it hears of it; before and after, nobody may be there.
  lost.catch(() => undefined);
  return {
    url,
    lost,
    stop: async () => {
      stopping.abort();
      // One that is coming up must not outlive us.
      const last = await starting?.catch(() => undefined);
      await (last ?? server).stop();
    },
    kill: () => {
      stopping.abort();
      try {
        // Postgres' own immediate shutdown, which takes its children along.
        process.kill(server.pid, 'SIGQUIT');
      } catch {
        // It has ended already.
      }
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
