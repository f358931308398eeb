/** The inference child: loads sessions, runs one forward pass after another, and ends when its parent does. */
import { HeddleError } from '@heddle/contracts';
import { nonFiniteRows } from './finite.js';
import { memoryOf } from './memory.js';
import type { LoadResult, Request, Response, RunResult } from './protocol.js';
import { openSession, type Session } from './session.js';
import { warmUp } from './warm-up.js';

const sessions = new Map<string, Session>();
/** Whether the sessions live on a GPU. */
let onGpu = false;

process.on('disconnect', () => process.exit(0));
// Ctrl-C in a terminal reaches the whole process group: the parent decides when its children end.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

let queue: Promise<void> = Promise.resolve();
process.on('message', (request: Request) => {
  queue = queue.then(() => respond(request));
});

async function respond(request: Request): Promise<void> {
  // Set by an error after which the device is not trusted.
  let lost = false;
  const response: Response = await handle(request).then(
    (value) => ({ id: request.id, ok: true as const, value }),
    (error: unknown) => {
      const expected = error instanceof HeddleError;
      if (expected && error.cause instanceof Error) console.error(error.cause.message);
      // A load that fails beside other sessions is the model's affair (too large, perhaps): those stay.
      lost = onGpu && (!expected || (request.type === 'load' && sessions.size === 0));
      if (lost && !expected) console.error(error);
      return {
        id: request.id,
        ok: false as const,
        code: expected ? error.code : lost ? 'worker-crashed' : 'internal',
        message: error instanceof Error ? error.message : String(error),
        stack: error instanceof Error ? error.stack : undefined,
      };
    },
  );
  process.send!(response, () => {
    // A GPU that failed once (lost, out of memory, a broken kernel) fails ever after in this process.
    if (lost) process.exit(1);
  });
}

async function handle(request: Request): Promise<unknown> {
  switch (request.type) {
    case 'load': {
      const before = await ownMemory();
      if (!sessions.has(request.version)) {
        const { provider, device, threads } = request;
        onGpu = provider !== 'cpu';
        const session = await openSession(request.modelPath, { provider, device, threads });
        await warmUp(session);
        sessions.set(request.version, session);
      }
      const result: LoadResult = { before, after: await ownMemory() };
      return result;
    }
    case 'unload': {
      await sessions.get(request.version)?.close();
      sessions.delete(request.version);
      return null;
    }
    case 'memory':
      return ownMemory();
    case 'run': {
      const session = sessions.get(request.version);
      if (!session)
        throw new HeddleError('model-unavailable', 'The model version is not loaded in this process.');
      const startedMs = Date.now();
      const started = performance.now();
      const outputs = await session.run(request.input);
      const inferenceMs = performance.now() - started;
      const result: RunResult = {
        outputs,
        nonFiniteRows: nonFiniteRows(outputs, request.input),
        startedMs,
        inferenceMs,
      };
      return result;
    }
  }
}

async function ownMemory(): Promise<number> {
  return (await memoryOf('self')) ?? process.memoryUsage.rss();
}
