import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileModel, openTokenizer, type Sequence } from '@heddle/deberta';
import { openSession } from '@heddle/runtime';
import type { Logger } from '@heddle/telemetry';
import { childrenOf, memoryOf, waitFor } from '@heddle/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Batcher } from '../batcher/batcher.js';
import { endsAttempt } from '../batcher/errors.js';
import { InferencePool } from './inference-pool.js';

const MIB = 1024 ** 2;
const MODELS = ['sentiment', 'topic', 'nli', 'ner'];
/** What an inference process takes without a session, and a session of the shipped models takes, generously. */
const CHILD_MIB = 75;
const SESSION_MIB = 20;

interface Entry {
  level: 'info' | 'warn' | 'error';
  message: string;
  [field: string]: unknown;
}

let folder: string;
let sequence: Sequence;
/** Outputs of every shipped model for the sequence. */
const expected = new Map<string, number[]>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-pool-'));
  const checkpoints = fileURLToPath(new URL('../../../../models', import.meta.url));
  for (const name of MODELS) {
    await compileModel({ checkpointDir: join(checkpoints, name), outDir: join(folder, name) });
  }
  const tokenizer = await openTokenizer(join(folder, 'sentiment', 'tokenizer.json'));
  const encoding = await tokenizer.encode(
    { text: 'What a film!' },
    {
      maxTokens: 64,
      truncate: false,
      truncationSide: 'right',
    },
  );
  sequence = { encoding, graph: 'main', outputs: ['logits'] };
  for (const name of MODELS) {
    const session = await openSession(join(folder, name, 'model.onnx'));
    const { ids, length } = encoding;
    const attentionMask = new Uint8Array(length).fill(1);
    const { logits } = await session.run({ inputIds: ids, attentionMask, batch: 1, length });
    expected.set(name, [...logits!.data]);
    await session.close();
  }
});
afterAll(() => rm(folder, { recursive: true }));

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Version `n` is a copy of one of the shipped models. */
const versions = (count: number) => Array.from({ length: count }, (_, n) => `v${n}`);
const modelOf = (version: string) => MODELS[Number(version.slice(1)) % MODELS.length]!;

/** A pool with its batcher, and a record of what it has logged. */
function setup(wishes: { children?: number; sessions?: number; memoryMib?: number } = {}) {
  const { children = 1, sessions = 4 } = wishes;
  const memoryMib = wishes.memoryMib ?? children * CHILD_MIB + sessions * SESSION_MIB;
  const log: Entry[] = [];
  const quarantined: string[] = [];
  const at = (level: Entry['level']) => (fields: Record<string, unknown>, message: string) =>
    void log.push({ level, message, ...fields });
  const logger: Logger = { debug: () => undefined, info: at('info'), warn: at('warn'), error: at('error') };
  const batcher = new Batcher({
    budget: () => 64,
    canStart: (version, graph) => pool.canStart(version, graph),
    hasSpare: () => true,
    run: (version, sequences) => pool.run(version, sequences),
    competingPassMs: 0,
    endsAttempt,
  });
  const pool: InferencePool = new InferencePool({
    children,
    provider: 'cpu',
    devices: [0],
    threads: 1,
    runTimeoutMs: 20_000,
    memoryBytes: memoryMib * MIB,
    logger,
    graphFile: async (version) => {
      hooks.onGraphFile();
      const dir = join(folder, modelOf(version));
      const { size } = await stat(join(dir, 'model.onnx.data'));
      return { path: join(dir, 'model.onnx'), bytes: size, maxTokens: 512 };
    },
    awaited: () => batcher.waitingVersions(),
    onChildEnd: () => undefined,
    onIdle: () => batcher.pump(),
    onQuarantine: (version) => void quarantined.push(version),
  });
  pool.start();
  closers.push(() => pool.close());
  /** Called whenever the pool wants to know the file of a graph. */
  const hooks: { onGraphFile: () => void } = { onGraphFile: () => undefined };
  const ask = async (version: string, { alone = false } = {}) => {
    const { signal } = new AbortController();
    const flow = { tenantId: version, priority: 1 };
    const { row } = await batcher.submit(version, sequence, { flow, alone, signal });
    const wanted = expected.get(modelOf(version))!;
    const got = [...row.outputs.logits!.data];
    expect(got).toHaveLength(wanted.length);
    for (const [i, value] of got.entries()) expect(value).toBeCloseTo(wanted[i]!, 3);
  };
  const unloaded = () =>
    log
      .flatMap((entry) => (entry.unloaded as { session: string }[] | undefined) ?? [])
      .map(({ session }) => session.replace('/main', ''));
  const loads = () => log.filter(({ message }) => message === 'model version loaded');
  return { pool, ask, log, unloaded, loads, hooks, quarantined, memoryBytes: memoryMib * MIB };
}

/** The most memory that all children of this process took together, until it is ended. */
function watchMemory(): () => number {
  let most = 0;
  const timer = setInterval(async () => {
    const memory = await Promise.all((await childrenOf(process.pid)).map(memoryOf));
    most = Math.max(
      most,
      memory.reduce((sum, bytes) => sum + bytes, 0),
    );
  }, 25);
  return () => {
    clearInterval(timer);
    return most;
  };
}

describe('InferencePool', () => {
  it('answers for more versions than fit the memory, and keeps within it', async () => {
    const { ask, unloaded, memoryBytes } = setup({ children: 2, sessions: 6 });
    const ended = watchMemory();
    const all = versions(16);
    for (let round = 0; round < 3; round++) await Promise.all(all.map((version) => ask(version)));
    // Some are asked for again and again while others come and go.
    await Promise.all(
      all.map(async (version, i) => {
        for (let n = 0; n < i; n++) await ask(version);
      }),
    );
    expect(unloaded().length).toBeGreaterThan(10);
    const most = ended();
    console.log(`most memory ${Math.round(most / MIB)} MiB of ${Math.round(memoryBytes / MIB)}`);
    // One load in each child may be under way before it is known what it takes.
    expect(most).toBeLessThan(memoryBytes + 2 * SESSION_MIB * MIB);
  });

  it('drops what was used least recently, and loads it again when it is asked for', async () => {
    const { ask, unloaded, loads } = setup({ sessions: 5 });
    const [first, second, ...others] = versions(12);
    await ask(first!);
    await ask(second!);
    for (const version of others) {
      await ask(first!);
      await ask(version);
      if (unloaded().length > 0) break;
    }
    expect(unloaded()[0]).toBe(second);
    expect(unloaded()).not.toContain(first);
    await ask(second!);
    expect(loads().filter(({ version }) => version === second)).toHaveLength(2);
  });

  it('loads what an ended process held besides, once nothing else is asked of the new one', async () => {
    const { ask, unloaded, loads, log } = setup({ sessions: 5 });
    for (const version of versions(12)) {
      await ask(version);
      if (unloaded().length > 0) break;
    }
    const { kept, pid } = log.find((entry) => entry.unloaded)! as unknown as { kept: number; pid: number };
    expect(kept).toBeGreaterThan(0);
    await waitFor(() => loads().filter((load) => load.pid !== pid).length === kept + 1);
  });

  it('never drops a warm version', async () => {
    const { pool, ask, unloaded, loads } = setup({ sessions: 5 });
    await pool.preload('v0', true);
    for (const version of versions(12).slice(1)) await ask(version);
    expect(unloaded().length).toBeGreaterThan(0);
    expect(unloaded()).not.toContain('v0');
    // The process that took another's place last loads it again; those between may have been replaced before.
    const first = loads()[0]!.pid;
    const last = () => loads().at(-1)!.pid;
    expect(last()).not.toBe(first);
    await waitFor(() => loads().some(({ pid, version }) => version === 'v0' && pid === last()));
  });

  it('drops nothing that is asked for all the time while there is something else', async () => {
    const { ask, unloaded, log } = setup({ children: 2, sessions: 6 });
    let ended = false;
    const busy = Array.from({ length: 8 }, async () => {
      while (!ended) await ask('v0');
    });
    for (const version of versions(16).slice(1)) await ask(version);
    ended = true;
    await Promise.all(busy);
    expect(unloaded().length).toBeGreaterThan(0);
    expect(unloaded()).not.toContain('v0');
    expect(log.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('preloads only what finds room', async () => {
    const { pool, unloaded, loads, log } = setup({ sessions: 4 });
    for (const version of versions(12)) await pool.preload(version, false);
    expect(loads().length).toBeGreaterThan(1);
    expect(loads().length).toBeLessThan(12);
    expect(unloaded()).toEqual([]);
    expect(log.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  it('serves what is larger than all of the memory, and says so once', async () => {
    const { ask, log } = setup({ memoryMib: 1 });
    for (const version of ['v0', 'v0', 'v1', 'v0']) await ask(version);
    const warnings = log.filter(({ message }) => message.includes('HEDDLE_MODEL_MEMORY_MIB'));
    expect(warnings.map(({ version }) => version)).toEqual(['v0', 'v1']);
  });

  it('loads another graph in one process after the other', async () => {
    const { pool, ask, loads } = setup({ children: 2 });
    await pool.preload('v0', true);
    const first = Math.min(...(await childrenOf(process.pid)));
    process.kill(first, 'SIGSTOP');
    const reloaded = pool.reload('v0');
    await ask('v0');
    expect(loads()).toHaveLength(2);
    process.kill(first, 'SIGCONT');
    await reloaded;
    expect(loads().map(({ pid }) => pid === first)).toEqual([
      expect.anything(),
      expect.anything(),
      true,
      false,
    ]);
  });

  it('loads what a crashed process held', async () => {
    const { ask, loads } = setup();
    for (const version of versions(3)) await ask(version);
    const [child] = await childrenOf(process.pid);
    process.kill(child!, 'SIGKILL');
    await waitFor(() => loads().filter(({ pid }) => pid !== child).length === 3);
  });

  it('runs what waited for a process that crashed elsewhere', async () => {
    // No second copy fits, so both passes go to the process that holds the version.
    const { ask, loads } = setup({ children: 2, memoryMib: 1 });
    await ask('v0');
    const child = loads()[0]!.pid as number;
    process.kill(child, 'SIGSTOP');
    const [first, second] = [1, 2].map(() =>
      ask('v0', { alone: true }).catch((error: { code?: string }) => error.code),
    );
    process.kill(child, 'SIGKILL');
    expect(await first).toBe('worker-crashed');
    expect(await second).toBe(undefined);
  });

  it('lets no version wait behind a process that only another one needs', async () => {
    // One session in each process, and room for no other.
    const { ask, loads } = setup({ children: 2, memoryMib: 120 });
    await ask('v0');
    await ask('v1');
    const [busy, other] = loads().map(({ pid }) => pid as number);
    expect(other).not.toBe(busy);
    process.kill(busy!, 'SIGSTOP');
    const waiting = [1, 2, 3].map(() => ask('v0', { alone: true }));
    for (let i = 0; i < 3; i++) await ask('v1');
    process.kill(busy!, 'SIGCONT');
    await Promise.all(waiting);
    expect(loads()).toHaveLength(2);
  });

  it('puts a version in quarantine that ends its process again and again, and no other', async () => {
    const { pool, ask, loads, log, quarantined } = setup();
    const code = (asked: Promise<void>) =>
      asked.then(
        () => 'answered',
        (error: { code?: string }) => error.code,
      );
    for (let crash = 1; crash <= 5; crash++) {
      // Answers of another version in between change nothing.
      await ask('v1');
      await ask('v0');
      const child = loads().at(-1)!.pid as number;
      process.kill(child, 'SIGSTOP');
      const asked = code(ask('v0'));
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      process.kill(child, 'SIGKILL');
      expect(await asked).toBe('worker-crashed');
      expect(quarantined).toEqual(crash < 5 ? [] : ['v0']);
    }
    expect(await code(ask('v0'))).toBe('model-unavailable');
    await expect(pool.preload('v0', false)).rejects.toMatchObject({ code: 'model-unavailable' });
    expect(await code(ask('v1'))).toBe('answered');
    const errors = log.filter(({ level }) => level === 'error');
    expect(errors.filter(({ version }) => version === 'v0')).toHaveLength(1);
    // Each process of the place took longer to come.
    const pauses = errors.flatMap(({ pauseMs }) => (pauseMs === undefined ? [] : [pauseMs]));
    expect(pauses).toEqual([50, 100, 200, 400, 800]);
    // Taken up anew, it is tried again.
    await pool.unload(['v0']);
    expect(await code(ask('v0'))).toBe('answered');
  });

  it('ends the processes that hold what is unloaded, and loads the rest again', async () => {
    const { pool, ask, loads, unloaded } = setup();
    for (const version of versions(3)) await ask(version);
    const before = loads()[0]!.pid;
    await pool.unload(['v1', 'v2']);
    expect(await childrenOf(process.pid)).not.toContain(before);
    expect(unloaded().toSorted()).toEqual(['v1', 'v2']);
    await waitFor(() => loads().length === 4);
    expect(loads().at(-1)).toMatchObject({ version: 'v0' });
  });

  it('unloads what is being loaded at that moment', async () => {
    const { pool, ask, log, loads, hooks } = setup();
    await ask('v0');
    const unloading = new Promise<void>((resolve) => {
      hooks.onGraphFile = () => {
        hooks.onGraphFile = () => undefined;
        resolve(pool.unload(['v0']));
      };
    });
    process.kill(loads()[0]!.pid as number, 'SIGKILL');
    await unloading;
    // Whatever was under way has ended with a pass of another version.
    await ask('v1');
    const ofVersion = log.filter(
      (entry) => entry.version === 'v0' || JSON.stringify(entry.unloaded ?? '').includes('v0/'),
    );
    expect(ofVersion.at(-1)).toHaveProperty('unloaded');
  });

  it('heals when a child is killed while it takes the place of another', async () => {
    const { ask, log, unloaded } = setup({ sessions: 5 });
    const all = versions(12);
    let kills = 0;
    for (const version of all) {
      const before = unloaded().length;
      const answer = ask(version).catch((error: { code?: string }) => error.code);
      await Promise.race([answer, waitFor(() => unloaded().length > before).catch(() => undefined)]);
      if (unloaded().length > before && kills < 2) {
        for (const pid of await childrenOf(process.pid)) process.kill(pid, 'SIGKILL');
        kills++;
        // Its attempt is over, or it was answered just before.
        expect(['worker-crashed', undefined]).toContain(await answer);
      } else expect(await answer).toBe(undefined);
    }
    expect(kills).toBeGreaterThan(0);
    for (const version of all) await ask(version);
    expect(log.filter(({ level }) => level === 'error')).toHaveLength(kills);
  });
});
