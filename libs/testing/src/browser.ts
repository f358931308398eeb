import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { createTestFolder } from './test-folder.js';

/** Of what the browser has written, what an error shows. */
const MAX_SAID = 2_000;

/** A browser with one empty page; what it tells of the page is kept. */
export interface TestBrowser {
  /** Addresses that the page has asked for, those within it (`data:`) left out. */
  requests: string[];
  /** What the page has written to its console as an error or a warning, its uncaught exceptions, and what the browser refused it. */
  complaints: string[];
  /** Resolves when the page has loaded. */
  open(url: string): Promise<void>;
  /** The value of an expression in the page, as JSON has it. */
  evaluate<T>(expression: string): Promise<T>;
  close(): Promise<void>;
}

interface Message {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** Starts the Chromium at `path` (`chromiumPathIfAny`), driven by the DevTools protocol over a pipe. */
export async function startBrowser(path: string): Promise<TestBrowser> {
  const profile = await createTestFolder('heddle-test-browser-');
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];
  const child = spawn(path, [...flags, '--remote-debugging-pipe', `--user-data-dir=${profile}`], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
  });
  const requests: string[] = [];
  const complaints: string[] = [];
  let loaded = () => {};
  const send = speak(child, ({ method, params = {} }) => {
    if (method === 'Page.loadEventFired') loaded();
    if (method === 'Network.requestWillBeSent') {
      const { url } = params.request as { url: string };
      if (!url.startsWith('data:')) requests.push(url);
    }
    const complaint = complaintIn(method, params);
    if (complaint) complaints.push(complaint);
  });
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  const inPage = (method: string, params = {}) => send(method, params, sessionId as string);
  for (const domain of ['Page', 'Network', 'Runtime', 'Log', 'Inspector']) await inPage(`${domain}.enable`);
  return {
    requests,
    complaints,
    open: async (url) => {
      const done = new Promise<void>((resolve) => {
        loaded = resolve;
      });
      const { errorText } = await inPage('Page.navigate', { url });
      if (errorText) throw new Error(`${url}: ${errorText}`);
      await done;
    },
    evaluate: async <T>(expression: string) => {
      const { result } = await inPage('Runtime.evaluate', { expression, returnByValue: true });
      return (result as { value: T }).value;
    },
    close: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Messages are JSON with a zero byte behind. The function sends a command and resolves with its result. */
function speak(child: ChildProcess, onEvent: (message: Message) => void) {
  const [, , , input, output] = child.stdio as unknown as [null, null, null, Writable, Readable];
  const waiting = new Map<number, { resolve: (message: Message) => void; reject: (error: Error) => void }>();
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-MAX_SAID);
  });
  // The end of the process is told to whoever waits for an answer.
  for (const stream of [input, output]) stream.on('error', () => undefined);
  let text = '';
  let last = 0;
  output.setEncoding('utf8').on('data', (chunk: string) => {
    const messages = (text + chunk).split('\0');
    text = messages.pop()!;
    for (const json of messages) {
      const message = JSON.parse(json) as Message;
      if (message.method === 'Inspector.targetCrashed') end(new Error(`the page crashed: ${said}`));
      if (message.id === undefined) onEvent(message);
      else {
        waiting.get(message.id)?.resolve(message);
        waiting.delete(message.id);
      }
    }
  });
  const end = (error: Error) => {
    for (const { reject } of waiting.values()) reject(error);
  };
  child.once('error', end);
  child.once('exit', () => end(new Error(`the browser ended before it answered: ${said}`)));
  return async (method: string, params: object, sessionId?: string) => {
    const id = ++last;
    const answer = await new Promise<Message>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result ?? {};
  };
}

function complaintIn(method: string | undefined, params: Record<string, unknown>): string | null {
  const of = params as {
    type?: string;
    args?: { value?: unknown; description?: string }[];
    exceptionDetails?: { text: string; exception?: { description?: string } };
    entry?: { level: string; text: string; url?: string };
  };
  if (method === 'Runtime.exceptionThrown')
    return of.exceptionDetails?.exception?.description ?? of.exceptionDetails!.text;
  if (method === 'Runtime.consoleAPICalled' && ['error', 'warning', 'assert'].includes(of.type ?? ''))
    return (of.args ?? []).map(({ value, description }) => String(value ?? description)).join(' ');
  if (method === 'Log.entryAdded' && of.entry?.level === 'error')
    return `${of.entry.text} ${of.entry.url ?? ''}`;
  return null;
}
