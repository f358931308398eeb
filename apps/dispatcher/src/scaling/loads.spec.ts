import type { PoolToDecide, QueueRecord } from '@heddle/store';
import { describe, expect, it } from 'vitest';
import { loadsOf } from './loads.js';

const pool = (name: string, models: string[] | null, own: Partial<PoolToDecide> = {}): PoolToDecide => ({
  name,
  models,
  at: 7,
  busy: 0.5,
  workers: 1,
  starting: 0,
  draining: 0,
  speeds: {},
  desiredWorkers: 1,
  scaling: null,
  decidedAt: null,
  ...own,
});
const queue = (model: string, queuedTokens: number, own: Partial<QueueRecord> = {}): QueueRecord => ({
  id: `v-${model}`,
  model,
  number: 1,
  paused: false,
  running: 0,
  queued: [0, 1, 0],
  queuedTokens,
  runningTokens: 0,
  oldestAgeS: 1,
  tokensPerS: 0,
  workers: 0,
  measuredWorkers: 0,
  ...own,
});
/** Tokens by pool and version. */
const tokens = (pools: PoolToDecide[], queues: QueueRecord[]) =>
  Object.fromEntries(
    [...loadsOf(pools, pools, queues, 0)].map(([name, load]) => [
      name,
      Object.fromEntries(load.queues.map((each) => [each.id, each.tokens])),
    ]),
  );

describe('loadsOf', () => {
  it('gives a queue to the pools that name its model, and else to those that serve all', () => {
    const pools = [pool('all', null), pool('gpu', ['nli']), pool('more', ['nli', 'ner'])];
    const queues = [queue('nli', 100), queue('ner', 10), queue('topic', 1, { runningTokens: 2 })];
    expect(tokens(pools, queues)).toEqual({
      all: { 'v-topic': 3 },
      gpu: { 'v-nli': 50 },
      more: { 'v-nli': 50, 'v-ner': 10 },
    });
    expect(tokens([pool('a', null), pool('b', null)], queues).a).toEqual({
      'v-nli': 50,
      'v-ner': 5,
      'v-topic': 1.5,
    });
  });

  it('leaves out what is paused, and what nobody serves', () => {
    expect(tokens([pool('gpu', ['nli'])], [queue('nli', 5, { paused: true }), queue('ner', 5)])).toEqual({
      gpu: {},
    });
  });

  it('counts imports as work of the pools that serve all, or of each', () => {
    const [all, gpu] = [pool('all', null), pool('gpu', ['nli'])];
    const busy = (pools: PoolToDecide[], imports: number) =>
      [...loadsOf(pools, pools, [], imports).values()].map(({ otherWork }) => otherWork);
    expect([busy([all, gpu], 1), busy([all, gpu], 0), busy([gpu], 1)]).toEqual([
      [true, false],
      [false, false],
      [true],
    ]);
  });

  it('knows the share of a pool that is decided about without the others', () => {
    const pools = [pool('a', null), pool('b', null, { speeds: { 'v-nli': 12 } })];
    expect(loadsOf([pools[1]!], pools, [queue('nli', 8)], 0)).toEqual(
      new Map([
        [
          'b',
          {
            at: 7,
            busy: 0.5,
            workers: 1,
            otherWork: false,
            queues: [{ id: 'v-nli', tokens: 4, tokensPerS: 12 }],
          },
        ],
      ]),
    );
  });
});
