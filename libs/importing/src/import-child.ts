import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { HeddleError, type ImportProgress } from '@heddle/contracts';
import { giveWay, killFirst } from '@heddle/runtime';
import { watchMemory } from './memory-watch.js';
import type { BuiltVersion, ImportMessage, ImportRequest } from './protocol.js';

/** Seen from `src` and `dist` alike. */
const CHILD_MAIN = fileURLToPath(new URL('../dist/child-main.js', import.meta.url));
/** JavaScript heap of an import in MiB; tensors are outside of it and read one by one. */
const HEAP_MIB = 2_048;
/** What is kept of the child's last words. */
const STDERR_CHARS = 4_000;

export interface ImportLimits {
  /** Memory of the child's own, in MiB; pages of mapped files do not count. */
  memoryMib: number;
  timeoutMs: number;
}

export interface ImportControl extends ImportLimits {
  onProgress?: (progress: ImportProgress) => void;
  /** Ends the import at once; it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * Builds a version in a child process. Nothing of the child outlives this call; files are below the request's
 * `workDir` alone.
 * Errors: the import codes; `import-limits` (time, memory); `worker-crashed` when the child died by itself.
 */
export async function buildInChild(request: ImportRequest, control: ImportControl): Promise<BuiltVersion> {
  control.signal?.throwIfAborted();
  const child = startChild();
  return new Promise<BuiltVersion>((resolve, reject) => {
    let stderr = '';
    let outcome: { version: BuiltVersion } | { error: unknown } | undefined;
    const end = (error: unknown) => {
      outcome ??= { error };
      child.kill('SIGKILL');
    };
    const minutes = (control.timeoutMs / 60_000).toFixed(1);
    const timer = setTimeout(
      () => end(new HeddleError('import-limits', `The import did not end within ${minutes} minutes.`)),
      control.timeoutMs,
    );
    const stopWatching = watchMemory(child.pid, control.memoryMib, () =>
      end(new HeddleError('import-limits', `The import needs more than ${control.memoryMib} MiB of memory.`)),
    );
    const onAbort = () => end(control.signal?.reason);
    control.signal?.addEventListener('abort', onAbort, { once: true });

    child.stderr!.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-STDERR_CHARS);
    });
    child.on('message', (message: ImportMessage) => {
      if (message.type === 'progress') control.onProgress?.(message.progress);
      else outcome ??= message.type === 'built' ? { version: message.version } : { error: errorOf(message) };
    });
    child.once('error', end);
    // After its last message, and after all that it wrote was read.
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      stopWatching();
      control.signal?.removeEventListener('abort', onAbort);
      if (outcome && 'version' in outcome) resolve(outcome.version);
      else reject(outcome ? outcome.error : crash(signal ?? `status ${code}`, stderr));
    });
    child.send(request);
  });
}

function startChild(): ChildProcess {
  // An empty environment: it has no secrets to lose.
  const child = fork(CHILD_MAIN, {
    env: {},
    execArgv: [`--max-old-space-size=${HEAP_MIB}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  if (child.pid !== undefined) {
    // Serving goes first: for the processor, and for the system when memory runs out.
    giveWay(child.pid, 'imports');
    void killFirst(child.pid);
  }
  return child;
}

function errorOf({ code, message, extra, stack }: Extract<ImportMessage, { type: 'failed' }>): Error {
  if (code !== 'internal') return new HeddleError(code, message, { extra });
  // An error nobody expected: a plain Error, so that callers treat it as the bug it is.
  return Object.assign(new Error(`import process: ${message}`), stack ? { stack } : {});
}

function crash(how: string, stderr: string): HeddleError {
  const cause = new Error(stderr);
  if (/heap out of memory|Array buffer allocation failed/i.test(stderr)) {
    return new HeddleError('import-limits', `The import needs more than ${HEAP_MIB} MiB of heap.`, { cause });
  }
  return new HeddleError('worker-crashed', `The checkpoint brought the import down (${how}).`, { cause });
}
