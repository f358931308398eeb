import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Hostile files must be refused within these. */
export const MOST_CPU_MS = 2_000;
export const MOST_BYTES = 256 * 1024 * 1024;

const CHILD = fileURLToPath(new URL('./load-folders.mjs', import.meta.url));
/** A process that says nothing for so long hangs. */
const SILENCE_MS = 20_000;

/** How loading a folder ended. */
export interface Answer {
  /** `accepted`, an error code, or what must not be. */
  outcome: string;
  /** What is wrong with the outcome. */
  error?: string;
  /** Processor time of the process: what runs beside does not count. */
  cpuMs: number;
  /** Peak of the resident memory above what was resident before. */
  grownBytes: number;
}

/** A child process that loads folders, started again when one has ended or blocked it. */
export class Loader {
  private child: ChildProcess | undefined;

  /** Compiles a checkpoint to `outDir`, or with `rows` opens and uses a tokenizer for that many embeddings. */
  async load(folder: string, outDir: string, rows: number | null): Promise<Answer> {
    this.child ??= fork(CHILD, {
      execArgv: [`--max-old-space-size=${MOST_BYTES / 2 ** 20}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const child = this.child;
    let stderr = '';
    const listen = (chunk: Buffer) => {
      // A panic says what it is about first.
      stderr = (stderr + chunk.toString()).slice(0, 500);
    };
    child.stderr!.on('data', listen);
    const lost = new AbortController();
    const timer = setTimeout(() => lost.abort(new Error('hangs')), SILENCE_MS);
    child.once('close', (code, signal) => lost.abort(new Error(`ended with ${signal ?? code}: ${stderr}`)));
    try {
      child.send({ folder, outDir, rows });
      return ((await once(child, 'message', { signal: lost.signal })) as [Answer])[0];
    } catch {
      await this.end();
      return { outcome: 'crash', error: String(lost.signal.reason), cpuMs: 0, grownBytes: 0 };
    } finally {
      clearTimeout(timer);
      child.stderr!.off('data', listen);
      child.removeAllListeners('close');
    }
  }

  /** Ends the process. */
  async end(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}
