import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { HeddleError, type VersionManifest } from '@heddle/contracts';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { RESOURCES, type Resources } from '../resources.js';
import type { ThreadAnswer, ThreadRequest, ThreadWork } from './thread-messages.js';

const TOKENIZER_FILE = 'tokenizer.json';
const THREAD_MAIN = fileURLToPath(new URL('./thread-main.js', import.meta.url));
/** Requests that wait for the thread, and those that wait for the bytes of a tokenizer; their texts are in memory. */
const MAX_WAITING = 16;
const MAX_FETCHING = 4;
/** The longest job's texts take a few seconds; what takes so long does not end. */
const TIMEOUT_MS = 60_000;
const RETRY_AFTER_S = 2;

/**
 * Tokenizers in a thread of their own, so that megabytes of text keep nobody else waiting. Requests take turns. The
 * thread starts with the first of them.
 */
@Injectable()
export class TokenizerThread implements OnApplicationShutdown {
  private thread: Worker | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private fetching = 0;

  constructor(@Inject(RESOURCES) private readonly resources: Resources) {}

  /**
   * JSON of the answer, with the tokenizer of a version: what `POST /v1/tokenize` answers, or a list of lengths or texts. Errors:
   * `overloaded`, `output-too-large`, `tokenizer-error`, `artifact-corrupt`, `storage-full`.
   */
  async tokenize({ files }: Pick<VersionManifest, 'files'>, work: ThreadWork): Promise<Buffer> {
    const file = files[TOKENIZER_FILE];
    if (!file) throw new HeddleError('artifact-corrupt', 'The version has no tokenizer.');
    const request = { ...work, sha256: file.sha256 };
    const answer = await this.inTurn(request);
    return jsonOf('notOpen' in answer ? await this.fetched(request) : answer);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.thread?.terminate();
  }

  /** What is not open is fetched here, and not in the thread: a store that is slow keeps nobody else waiting. */
  private async fetched(request: ThreadRequest): Promise<ThreadAnswer> {
    const { artifacts, scratch } = this.resources;
    if (this.fetching >= MAX_FETCHING) throw overloaded();
    this.fetching++;
    let dir: string | undefined;
    try {
      dir = await scratch.create();
      const path = join(dir, 'tokenizer.json');
      await artifacts.fetch(request.sha256, path);
      return await this.inTurn({ ...request, path });
    } finally {
      this.fetching--;
      if (dir !== undefined) await rm(dir, { recursive: true, force: true });
    }
  }

  private async inTurn(request: ThreadRequest): Promise<ThreadAnswer> {
    if (this.waiting >= MAX_WAITING) throw overloaded();
    this.waiting++;
    const answer = this.turn.then(() => this.answerOf(this.open(), request));
    this.turn = answer.catch(() => undefined);
    try {
      return await answer;
    } finally {
      this.waiting--;
    }
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

  private open(): Worker {
    if (this.thread) return this.thread;
    const thread = new Worker(THREAD_MAIN);
    thread.on('error', (error) => this.resources.logger.error({ error }, 'the tokenizer thread failed'));
    thread.on('exit', () => void this.drop(thread));
    this.thread = thread;
    return thread;
  }

  /** The next request starts another one. */
  private async drop(thread: Worker): Promise<void> {
    if (this.thread === thread) this.thread = undefined;
    await thread.terminate();
  }
}

function jsonOf(answer: ThreadAnswer): Buffer {
  if ('json' in answer) return Buffer.from(answer.json.buffer);
  if ('code' in answer) throw new HeddleError(answer.code, answer.message);
  throw new Error('the tokenizer thread did not open what it was given');
}

function overloaded(): HeddleError {
  return new HeddleError('overloaded', 'Too many texts wait to be tokenised.', {
    headers: { 'Retry-After': String(RETRY_AFTER_S) },
  });
}
