import { getEventListeners, setMaxListeners } from 'node:events';
import type { Sequence } from '@heddle/deberta';
import { describe, expect, it } from 'vitest';
import { Batcher, type ForwardPass } from './batcher.js';

const OUTPUTS = ['logits'];
const sequence = (length: number, graph: Sequence['graph'] = 'main') =>
  ({
    encoding: { length, ids: new Int32Array(length) } as Sequence['encoding'],
    graph,
    outputs: OUTPUTS,
  }) satisfies Sequence;
const never = new AbortController().signal;
setMaxListeners(0, never);
const OPTIONS = { flow: { priority: 1, tenantId: 'a' }, alone: false, signal: never };

/** A batcher over engines whose passes end when told, with a record of what ran. */
function setup({
  engines = 1,
  maxTokens = 512,
  budget = (_version: string, _lengthClass: number) => maxTokens,
  competingPassMs = 0,
  fails = (_: number[]) => null as Error | null,
  /** Versions whose engine does something else. */
  busy = new Set<string>(),
} = {}) {
  const passes: { version: string; lengths: number[]; end: () => void; onCut?: () => void }[] = [];
  let running = 0;
  const batcher = new Batcher({
    budget,
    competingPassMs,
    canStart: (version) => running < engines && !busy.has(version),
    hasSpare: () => true,
    endsAttempt: (error) => (error as Error).message === 'engine gone',
    run: (version, sequences) =>
      new Promise<ForwardPass>((resolve, reject) => {
        running++;
        const lengths = sequences.map(({ encoding }) => encoding.length);
        const failure = fails(lengths);
        const rows = lengths.map((length) => ({
          outputs: { logits: { data: Float32Array.of(length), shape: [1] } },
          finite: true,
        }));
        const pass: (typeof passes)[number] = {
          version,
          lengths,
          end: () => {
            running--;
            if (failure) reject(failure);
            else
              resolve({
                rows: cut,
                inferenceMs: Math.max(...lengths),
                paddedLength: Math.max(...lengths) / lengths.length,
              });
          },
        };
        const cut = () => {
          pass.onCut?.();
          return rows;
        };
        passes.push(pass);
      }),
  });
  const submit = (length: number, version = 'v', options = OPTIONS) =>
    batcher.submit(version, sequence(length), options).then((answer) => answer.row.outputs.logits!.data[0]);
  /** What was submitted, or waited for an end, has started. */
  const settle = async () => {
    for (let i = 0; i < 2; i++) await new Promise(setImmediate);
  };
  return { batcher, passes, submit, settle };
}

describe('Batcher', () => {
  it('gives every caller its own row', async () => {
    const { passes, submit, settle } = setup();
    const first = submit(10);
    await settle();
    const others = [submit(11), submit(12), submit(9)];
    passes[0]!.end();
    expect(await first).toBe(10);
    passes[1]!.end();
    expect(await Promise.all(others)).toEqual([11, 12, 9]);
    expect(passes.map((pass) => pass.lengths)).toEqual([[10], [11, 12, 9]]);
  });

  it('starts the next pass before it cuts the answers of the last one apart', async () => {
    const { passes, submit, settle } = setup({ maxTokens: 16 });
    let startedBefore = 0;
    const first = submit(16);
    await settle();
    const cut = passes[0]!;
    cut.onCut = () => {
      startedBefore = passes.length;
    };
    void submit(16);
    cut.end();
    await first;
    await settle();
    expect(startedBefore).toBe(2);
  });

  it('never exceeds the token budget, counted with padding', async () => {
    const { passes, submit, settle } = setup({ maxTokens: 128 });
    const answers = Array.from({ length: 20 }, () => submit(30));
    await settle();
    for (let i = 0; i < 20 && passes.length > i; i++) {
      passes[i]!.end();
      await settle();
    }
    await Promise.all(answers);
    expect(Math.max(...passes.map((pass) => pass.lengths.length))).toBe(4);
  });

  it('keeps passes short while tenants compete, as far as their pace is known', async () => {
    // A pass takes 1 ms for its computed token, by which 32 tokens are 32 ms.
    const { passes, submit, settle } = setup({ competingPassMs: 70, maxTokens: 1_024 });
    const other = { ...OPTIONS, flow: { priority: 1, tenantId: 'b' } };
    const answers = [submit(32)];
    await settle();
    answers.push(...Array.from({ length: 5 }, () => submit(32)), submit(32, 'v', other));
    for (let i = 0; i < passes.length; i++) {
      passes[i]!.end();
      await settle();
    }
    await Promise.all(answers);
    expect(passes.map((pass) => pass.lengths.length)).toEqual([1, 2, 2, 2]);
  });

  it('has the budget of the version and the length class', async () => {
    const budgets: Record<string, (lengthClass: number) => number> = {
      small: (lengthClass) => (lengthClass <= 16 ? 32 : 64),
      large: () => 128,
    };
    const { passes, submit, settle } = setup({
      budget: (version, lengthClass) => budgets[version]!(lengthClass),
    });
    const answers = ['small', 'large'].flatMap((version) =>
      [10, 10, 10, 10, 30, 30, 30, 30].map((length) => submit(length, version)),
    );
    await settle();
    for (let i = 0; i < answers.length && passes.length > i; i++) {
      passes[i]!.end();
      await settle();
    }
    await Promise.all(answers);
    const largest = (of: string, length: number) =>
      Math.max(
        ...passes.filter((p) => p.version === of && p.lengths[0] === length).map((p) => p.lengths.length),
      );
    expect([largest('small', 10), largest('small', 30)]).toEqual([2, 2]);
    expect([largest('large', 10), largest('large', 30)]).toEqual([4, 4]);
  });

  it('bounds what a pass answers, though one sequence always runs', async () => {
    const { batcher, passes, settle } = setup({ maxTokens: 512 });
    const MIB = 1024 * 1024;
    const answers = [80, 10, 30, 30, 30].map((mib) =>
      batcher.submit('v', { ...sequence(10 + mib / 10), outputBytes: mib * MIB }, OPTIONS),
    );
    await settle();
    for (let i = 0; i < 3; i++) {
      passes[i]!.end();
      await settle();
    }
    await Promise.all(answers);
    expect(passes.map((pass) => pass.lengths)).toEqual([[18], [11, 13], [13, 13]]);
  });

  it('runs a sequence that is longer than the budget', async () => {
    const { passes, submit, settle } = setup({ maxTokens: 64 });
    const answer = submit(900);
    await settle();
    passes[0]!.end();
    expect(await answer).toBe(900);
  });

  it('mixes neither versions nor length classes', async () => {
    const { passes, submit, settle } = setup();
    const answers = [submit(10), submit(10, 'w'), submit(200), submit(12), submit(150)];
    await settle();
    for (let i = 0; i < 4; i++) {
      passes[i]!.end();
      await settle();
    }
    await Promise.all(answers);
    expect(passes.map((pass) => [pass.version, pass.lengths])).toEqual([
      ['v', [10, 12]],
      ['w', [10]],
      ['v', [200]],
      ['v', [150]],
    ]);
  });

  it('mixes no graphs and no outputs', async () => {
    const { batcher, passes, settle } = setup();
    const answers = [
      sequence(10),
      sequence(11, 'causal'),
      { ...sequence(12), outputs: ['hidden'] },
      { ...sequence(13), outputs: ['logits'] },
    ].map((each) => batcher.submit('v', each, OPTIONS));
    await settle();
    for (let i = 0; i < 3; i++) {
      passes[i]?.end();
      await settle();
    }
    await Promise.all(answers);
    expect(passes.map((pass) => pass.lengths)).toEqual([[10, 13], [11], [12]]);
  });

  it('starts what came in one turn of the event loop together when that turn ends', async () => {
    const { passes, submit } = setup();
    const answers = [submit(10), submit(11)];
    expect(passes).toHaveLength(0);
    await new Promise(setImmediate);
    expect(passes.map((pass) => pass.lengths)).toEqual([[10, 11]]);
    passes[0]!.end();
    await Promise.all(answers);
  });

  it('keeps as many passes under way as there are engines', async () => {
    const { passes, submit, settle } = setup({ engines: 2, maxTokens: 16 });
    for (let i = 0; i < 5; i++) void submit(16);
    await settle();
    expect(passes).toHaveLength(2);
  });

  it('passes over what waits for a busy engine, and keeps its place', async () => {
    const busy = new Set(['v']);
    const { batcher, passes, submit, settle } = setup({ engines: 1, maxTokens: 16, busy });
    for (const version of ['v', 'v', 'w', 'w']) void submit(16, version);
    await settle();
    expect(passes.map(({ version }) => version)).toEqual(['w']);
    busy.delete('v');
    batcher.pump();
    passes[0]!.end();
    await settle();
    expect(passes.map(({ version }) => version)).toEqual(['w', 'v']);
  });

  it('forgets callers who left', async () => {
    const { passes, submit, settle } = setup({ maxTokens: 16 });
    const first = submit(16);
    const leaver = new AbortController();
    const left = submit(15, 'v', { ...OPTIONS, signal: leaver.signal });
    const last = submit(14);
    leaver.abort(new Error('canceled'));
    await expect(left).rejects.toThrow('canceled');
    await settle();
    passes[0]!.end();
    await first;
    await settle();
    passes[1]!.end();
    expect(await last).toBe(14);
    expect(passes.map((pass) => pass.lengths)).toEqual([[16], [14]]);
  });

  it('lets callers leave also when no engine is there', async () => {
    const { batcher } = setup({ engines: 0 });
    const leaver = new AbortController();
    const left = batcher.submit('v', sequence(5), { ...OPTIONS, signal: leaver.signal });
    leaver.abort(new Error('canceled'));
    await expect(left).rejects.toThrow('canceled');
    const late = batcher.submit('v', sequence(5), { ...OPTIONS, signal: leaver.signal });
    await expect(late).rejects.toThrow('canceled');
  });

  it('takes nothing more when it is closed, and lets passes under way end', async () => {
    const { batcher, passes, submit, settle } = setup();
    const running = submit(10);
    await settle();
    const waiting = submit(11);
    batcher.close(new Error('drained'));
    await expect(waiting).rejects.toThrow('drained');
    await expect(submit(12)).rejects.toThrow('drained');
    passes[0]!.end();
    expect(await running).toBe(10);
    expect(passes).toHaveLength(1);
  });

  it('reruns a failed pass one by one, so that one bad sequence fails alone', async () => {
    const { passes, submit, settle } = setup({
      fails: (lengths) => (lengths.includes(13) ? new Error('bad input') : null),
    });
    const answers = [submit(10), submit(13), submit(11)].map((answer) =>
      answer.catch((error: Error) => error.message),
    );
    for (let i = 0; i < 4; i++) {
      await settle();
      passes[i]!.end();
    }
    expect(await Promise.all(answers)).toEqual([10, 'bad input', 11]);
    expect(passes.map((pass) => pass.lengths)).toEqual([[10, 13, 11], [10], [13], [11]]);
  });

  it('does not rerun when the engine itself is gone', async () => {
    const { passes, submit, settle } = setup({ fails: () => new Error('engine gone') });
    const answers = [submit(10), submit(11)].map((answer) => answer.catch((error: Error) => error.message));
    await settle();
    passes[0]!.end();
    expect(await Promise.all(answers)).toEqual(['engine gone', 'engine gone']);
    expect(passes).toHaveLength(1);
  });

  it('runs alone what took an engine down before', async () => {
    const { passes, submit, settle } = setup();
    void submit(10, 'v', { ...OPTIONS, alone: true });
    void submit(11);
    void submit(12);
    await settle();
    passes[0]!.end();
    await settle();
    expect(passes.map((pass) => pass.lengths)).toEqual([[10], [11, 12]]);
  });

  it('leaves nothing on a signal once its sequences are answered', async () => {
    const { batcher, passes, settle } = setup();
    const { signal } = new AbortController();
    const answer = batcher.submit('v', sequence(10), { ...OPTIONS, signal });
    await settle();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    passes[0]!.end();
    await answer;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});
