import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { HeddleError } from '@heddle/contracts';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';
import type { ThreadAnswer, ThreadData, ThreadRequest } from './thread-messages.js';

const THREAD_MAIN = fileURLToPath(new URL('./thread-main.js', import.meta.url));
/** Requests that wait for the thread; their texts are in memory. */
const MAX_WAITING = 16;
/** The longest job's texts take a few seconds; what takes so long does not end. */
const TIMEOUT_MS = 60_000;
const RETRY_AFTER_S = 2;

/**
 * Tokenizers in a thread of their own, so that megabytes of text keep nobody else waiting. Requests take turns. The
 * thread starts with the first of them.
 */
@Injectable()
export class TokenizerThread implements OnApplicationShutdown {
  private thread: Promise<Worker> | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  /** JSON of the answer. Errors: `overloaded`, `output-too-large`, `tokenizer-error`, `artifact-corrupt`. */
  async tokenize(request: ThreadRequest): Promise<Buffer> {
    if (this.waiting >= MAX_WAITING) {
      throw new HeddleError('overloaded', 'Too many texts wait to be tokenised.', {
        headers: { 'Retry-After': String(RETRY_AFTER_S) },
      });
    }
    this.waiting++;
    const answer = this.turn.then(() => this.ask(request));
    this.turn = answer.catch(() => undefined);
    try {
      return await answer;
    } finally {
      this.waiting--;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await (await this.thread)?.terminate();
  }

  private async ask(request: ThreadRequest): Promise<Buffer> {
    const thread = await this.open();
    const answer = await this.answerOf(thread, request);
    if ('json' in answer) return Buffer.from(answer.json.buffer);
    throw new HeddleError(answer.code, answer.message);
  }

  private answerOf(thread: Worker, request: ThreadRequest): Promise<ThreadAnswer> {
    return new Promise<ThreadAnswer>((resolve, reject) => {
      const settled = () => {
        clearTimeout(timer);
        thread.off('message', answered).off('error', failed).off('exit', ended);
      };
      const answered = (answer: ThreadAnswer) => {
        settled();
        resolve(answer);
      };
      const failed = (error: unknown) => {
        settled();
        reject(error);
      };
      const ended = () => failed(new Error('the tokenizer thread has ended'));
      const timer = setTimeout(() => {
        failed(new HeddleError('tokenizer-error', 'The texts could not be tokenised in time.'));
        void this.drop(thread);
      }, TIMEOUT_MS);
      thread.on('message', answered).on('error', failed).on('exit', ended);
      thread.postMessage(request);
    });
  }

  private open(): Promise<Worker> {
    this.thread ??= this.start();
    this.thread.catch(() => {
      this.thread = undefined;
    });
    return this.thread;
  }

  private async start(): Promise<Worker> {
    const { config, scratch, logger } = this.resources;
    const workerData: ThreadData = {
      artifacts: config.artifacts,
      scratchDir: await scratch.create(),
    };
    const thread = new Worker(THREAD_MAIN, { workerData });
    thread.on('error', (error) => logger.error({ error }, 'the tokenizer thread failed'));
    thread.on('exit', () => void this.drop(thread));
    return thread;
  }

  /** The next request starts another one. */
  private async drop(thread: Worker): Promise<void> {
    if ((await this.thread) === thread) this.thread = undefined;
    await thread.terminate();
  }
}
