import { type ChildProcess, fork } from 'node:child_process';
import { HeddleError } from '@heddle/contracts';
import type { Answer } from './serve.js';

/** JavaScript heap of a child in MiB: several times what the largest public sets take. Bytes of a file are outside of it. */
const HEAP_MIB = 1_024;
/** What is kept of a child's last words. */
const STDERR_CHARS = 4_000;

interface Waiting<Value> {
  resolve: (value: Value) => void;
  reject: (error: Error) => void;
}

/**
 * A process that computes for one evaluation, so that neither its time nor its memory is the dispatcher's: where its heap is full
 * it ends, and nobody else does. One request at a time. It ends when the signal is aborted.
 */
export class Child<Request extends object, Value> {
  private readonly process: ChildProcess;
  private readonly closed: Promise<void>;
  private waiting: Waiting<Value> | null = null;
  private failure: Error | null = null;
  private stderr = '';

  /** `main`: path of what it runs. */
  constructor(
    main: string,
    private readonly signal: AbortSignal,
    heapMib = HEAP_MIB,
  ) {
    signal.throwIfAborted();
    this.process = fork(main, {
      env: {},
      execArgv: [`--max-old-space-size=${heapMib}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.process.stderr!.on('data', (chunk: Buffer) => {
      this.stderr = (this.stderr + chunk.toString()).slice(-STDERR_CHARS);
    });
    this.process.on('message', (answer: Answer<Value>) => this.settle(answer));
    this.closed = new Promise((resolve) => {
      this.process.on('error', (error) => {
        this.fail(error);
        // One that could not be started has no end to wait for.
        if (this.process.pid === undefined) resolve();
      });
      // After all that it wrote was read.
      this.process.once('close', (code, by) => {
        this.fail(endOf(by ?? `status ${code}`, this.stderr));
        resolve();
      });
    });
    signal.addEventListener('abort', this.abort, { once: true });
  }

  /** Errors: those of the work; `payload-too-large` where it took more memory than a child has; the signal's reason. */
  ask(request: Request): Promise<Value> {
    return new Promise((resolve, reject) => {
      if (this.failure) {
        reject(this.failure);
        return;
      }
      this.waiting = { resolve, reject };
      this.process.send(request, (error) => {
        // Its end, which says more, may be on its way.
        if (error) void this.closed.then(() => this.fail(error));
      });
    });
  }

  /** Ends the process, whatever it does. */
  async end(): Promise<void> {
    this.signal.removeEventListener('abort', this.abort);
    this.process.kill('SIGKILL');
    await this.closed;
  }

  private readonly abort = (): void => {
    this.fail(this.signal.reason as Error);
    this.process.kill('SIGKILL');
  };

  private settle(answer: Answer<Value>): void {
    const { waiting } = this;
    this.waiting = null;
    if ('value' in answer) waiting?.resolve(answer.value);
    else if ('code' in answer) waiting?.reject(new HeddleError(answer.code, answer.message));
    else waiting?.reject(new Error(`in a child process: ${answer.fault}`));
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.waiting?.reject(this.failure);
    this.waiting = null;
  }
}

function endOf(how: string, stderr: string): Error {
  if (/out of memory/i.test(stderr))
    return new HeddleError(
      'payload-too-large',
      'The data set takes more memory than one evaluation may have; give it in parts.',
    );
  return new Error(`a child process has ended (${how})`, { cause: stderr });
}
