import { parentPort } from 'node:worker_threads';
import { digestOf } from '@heddle/artifacts';
import { HeddleError, LIMITS, type TokenizeBody } from '@heddle/contracts';
import { openTokenizer, type Tokenizer, tokenizeItem } from '@heddle/deberta';
import type { ThreadAnswer, ThreadRequest } from './thread-messages.js';

/** Tokenizers that stay open. One of a large vocabulary takes about a hundred megabytes. */
const MAX_OPEN = 4;

const WHOLE = { maxTokens: Number.MAX_SAFE_INTEGER, truncate: false, truncationSide: 'right' } as const;

/** By digest, the one that was used last at the end. */
const opened = new Map<string, Tokenizer>();

// One request at a time: the other side sends the next one when this one is answered.
parentPort!.on('message', (request: ThreadRequest) => {
  void answer(request).then((result) => {
    parentPort!.postMessage(result, 'json' in result ? [result.json.buffer as ArrayBuffer] : []);
  });
});

/** What is no error for users is thrown, and ends the thread. */
async function answer(request: ThreadRequest): Promise<ThreadAnswer> {
  try {
    const tokenizer = await tokenizerOf(request);
    if (!tokenizer) return { notOpen: true };
    if ('ids' in request) return { json: decodeAll(tokenizer, request.ids, request.skipSpecialTokens) };
    if ('lengthsOf' in request) return { json: await countAll(tokenizer, request.lengthsOf) };
    return { json: await tokenizeAll(tokenizer, request.inputs, request.addSpecialTokens) };
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    return { code: error.code, message: error.message };
  }
}

async function tokenizeAll(
  tokenizer: Tokenizer,
  inputs: TokenizeBody['inputs'],
  addSpecialTokens: boolean,
): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for (const [i, item] of inputs.entries()) {
    const json = JSON.stringify(await tokenizeItem(tokenizer, item, addSpecialTokens));
    const part = Buffer.from(`${i === 0 ? '{"data":[' : ','}${json}`);
    parts.push(part);
    bytes += part.length;
    if (bytes > LIMITS.maxOutputBytes) {
      throw new HeddleError(
        'output-too-large',
        `The tokens would take more than ${LIMITS.maxOutputBytes} bytes: ask for those of fewer texts.`,
      );
    }
  }
  parts.push(Buffer.from(']}'));
  // Memory of its own, which can be handed over: small buffers share theirs.
  const all = new Uint8Array(bytes + 2);
  let position = 0;
  for (const part of parts) {
    all.set(part, position);
    position += part.length;
  }
  return all;
}

async function countAll(tokenizer: Tokenizer, inputs: TokenizeBody['inputs']): Promise<Uint8Array> {
  const lengths: number[] = [];
  // One after the other: the native tokens of a long text take a hundred bytes a character.
  for (const item of inputs) {
    const input = typeof item === 'string' ? { text: item } : { text: item.text, pair: item.text_pair };
    lengths.push((await tokenizer.encode(input, WHOLE)).length);
  }
  return new Uint8Array(Buffer.from(JSON.stringify(lengths)));
}

function decodeAll(tokenizer: Tokenizer, ids: number[][], skipSpecialTokens: boolean): Uint8Array {
  const texts = ids.map((one) => tokenizer.decode(one, { skipSpecialTokens }));
  return new Uint8Array(Buffer.from(JSON.stringify(texts)));
}

async function tokenizerOf({ sha256, path }: ThreadRequest): Promise<Tokenizer | undefined> {
  const tokenizer = opened.get(sha256) ?? (path === undefined ? undefined : await open(sha256, path));
  if (!tokenizer) return undefined;
  opened.delete(sha256);
  opened.set(sha256, tokenizer);
  if (opened.size > MAX_OPEN) opened.delete(opened.keys().next().value!);
  return tokenizer;
}

async function open(sha256: string, path: string): Promise<Tokenizer> {
  if ((await digestOf(path)).sha256 !== sha256)
    throw new HeddleError('artifact-corrupt', 'The stored tokenizer is not what it was when it came.');
  return openTokenizer(path);
}
