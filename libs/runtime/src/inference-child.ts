import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { HeddleError, type Provider } from '@heddle/contracts';
import { killFirst, memoryOf } from './memory.js';
import { giveWay } from './priority.js';
import type { LoadResult, Request, Response, RunResult } from './protocol.js';
import { inferenceEnvironment } from './provider/environment.js';
import type { ForwardInput } from './session.js';

const CHILD_MAIN = fileURLToPath(new URL('../dist/child-main.js', import.meta.url));
/** JavaScript heap of a child in MiB: it holds tensors of a few forward passes; weights are outside the heap. */
const HEAP_MIB = 512;
/**
 * A semi-space of the young generation in MiB. V8 lets it grow to 16 while messages come fast, and what they carry lies
 * outside the heap until it is collected: a child came to take 45 MiB more that way. Hardly anything outlives its forward
 * pass, so that collecting often costs nothing that could be measured.
 */
const YOUNG_MIB = 1;
/** How long a child may take to leave by itself. */
const CLOSE_TIMEOUT_MS = 2_000;

export interface InferenceChildOptions {
  /** What runs the graphs; `cpu` when absent. */
  provider?: Provider;
  /** Number of the GPU, for cuda and tensorrt. */
  device?: number;
  threads?: number;
  /** Whether it gets only the time that nobody else on the machine wants. False when absent. */
  background?: boolean;
  /** Longest forward pass; then the child is killed. */
  runTimeoutMs: number;
  loadTimeoutMs: number;
  /** A line the child wrote: warnings of the native library, or the reason of its end. */
  onLog?: (line: string) => void;
}

export interface ChildExit {
  code: number | null;
  signal: string | null;
}

/** A process with ONNX Runtime sessions. Calls run one after another; the caller's event loop is never blocked. */
export interface InferenceChild {
  readonly pid: number;
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<ChildExit>;
  /**
   * Opens a model and runs one short forward pass. Errors: `artifact-corrupt`, `model-unavailable` (not on this provider,
   * or took too long: then the child is killed), `worker-crashed`.
   */
  load(version: string, modelPath: string): Promise<LoadResult>;
  unload(version: string): Promise<void>;
  /** Errors: `inference-timeout` (the child is killed), `worker-crashed` (also of a GPU that failed), `model-unavailable`. */
  run(version: string, input: ForwardInput): Promise<RunResult>;
  /**
   * Bytes of memory it takes; of what several processes share, its part. Where the system does not tell
   * (other than Linux) the process itself is asked, after what it runs. Errors: `worker-crashed`, `model-unavailable`.
   */
  memory(): Promise<number>;
  /** Ends the process now, whatever it does. */
  kill(): void;
  close(): Promise<void>;
}

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
  /** Why the child was killed for this call. */
  timedOut?: HeddleError;
}

type RequestBody = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never;

/** Starts a child without the environment of its parent, except that of drivers for a GPU: it has no secrets to lose. */
export function startInferenceChild(options: InferenceChildOptions): InferenceChild {
  const { provider = 'cpu', device = 0, threads = 1, background = false } = options;
  const isOnCpu = provider === 'cpu';
  const child = fork(CHILD_MAIN, {
    env: inferenceEnvironment(provider, process.env),
    execArgv: [`--max-old-space-size=${HEAP_MIB}`, `--max-semi-space-size=${YOUNG_MIB}`],
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  if (child.pid !== undefined) {
    // Where memory runs out one forward pass is lost, not the parent with its locks and leases.
    void killFirst(child.pid);
    // A GPU waits for its process, which must not wait for others.
    if (isOnCpu || background) giveWay(child.pid, background ? 'tuning' : 'passes');
  }
  const pending = new Map<number, Pending>();
  let lastId = 0;

  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on('line', (line) => options.onLog?.(line));
  }
  child.on('message', (response: Response) => settle(pending, response));
  const exited = new Promise<ChildExit>((resolve) => {
    const end = (code: number | null, signal: string | null) => {
      for (const entry of pending.values()) {
        clearTimeout(entry.timer);
        entry.reject(
          entry.timedOut ??
            new HeddleError('worker-crashed', `The inference process ended (${signal ?? code}).`),
        );
      }
      pending.clear();
      resolve({ code, signal });
    };
    child.once('exit', end);
    child.on('error', (error) => {
      options.onLog?.(error.message);
      // A process that could not be started has no exit to wait for.
      if (child.pid === undefined) end(null, null);
    });
  });

  const call = (request: RequestBody, timeoutMs: number, timeoutError: () => HeddleError): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (!child.connected) {
        reject(new HeddleError('worker-crashed', 'The inference process has ended.'));
        return;
      }
      const id = ++lastId;
      // The caller hears of it when the process is gone: nothing else may be given to a dying one.
      const timer = setTimeout(() => {
        entry.timedOut = timeoutError();
        child.kill('SIGKILL');
      }, timeoutMs);
      const entry: Pending = { resolve, reject, timer };
      pending.set(id, entry);
      child.send({ id, ...request }, (error) => {
        if (!error || !pending.delete(id)) return;
        clearTimeout(timer);
        reject(new HeddleError('worker-crashed', 'The inference process is ending.', { cause: error }));
      });
    });

  const loadTimeout = () => new HeddleError('model-unavailable', 'Loading the model took too long.');
  const runTimeout = () => new HeddleError('inference-timeout', 'The forward pass took too long.');
  return {
    pid: child.pid!,
    exited,
    load: async (version, modelPath) => {
      const request = { type: 'load', version, modelPath, provider, device, threads } as const;
      return (await call(request, options.loadTimeoutMs, loadTimeout)) as LoadResult;
    },
    unload: async (version) => {
      await call({ type: 'unload', version }, options.loadTimeoutMs, loadTimeout);
    },
    run: async (version, input) =>
      (await call({ type: 'run', version, input }, options.runTimeoutMs, runTimeout)) as RunResult,
    memory: async () =>
      (await memoryOf(child.pid!)) ??
      ((await call({ type: 'memory' }, options.loadTimeoutMs, loadTimeout)) as number),
    kill: () => void child.kill('SIGKILL'),
    close: () => close(child, exited),
  };
}

function settle(pending: Map<number, Pending>, response: Response): void {
  const entry = pending.get(response.id);
  if (!entry) return;
  pending.delete(response.id);
  clearTimeout(entry.timer);
  if (response.ok) {
    entry.resolve(response.value);
    return;
  }
  const { code, message, stack } = response;
  if (code !== 'internal') {
    entry.reject(new HeddleError(code, message));
    return;
  }
  // An error nobody expected: a plain Error, so that callers treat it as the bug it is.
  const error = new Error(`inference process: ${message}`);
  if (stack) error.stack = stack;
  entry.reject(error);
}

async function close(child: ChildProcess, exited: Promise<ChildExit>): Promise<void> {
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), CLOSE_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
