import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSession } from '@heddle/runtime';
import { describe, expect, it } from 'vitest';
import { type Comparison, checkForward } from './__parity__/check-forward.js';
import { WAYS, type Way } from './__parity__/ways.js';

/** What transformers 4.57.6 and Microsoft's code compute from tiny checkpoints: some of them, and all. */
const OWN = join(import.meta.dirname, '__fixtures__');
const SHARED = fileURLToPath(new URL('../../../../../shared/fixtures', import.meta.url));

const check = (folder: string, way: Way) =>
  checkForward(folder, { way, open: (path) => openSession(path, { threads: 1 }) });
const wrong = (comparisons: Comparison[]) => comparisons.filter(({ ratio }) => !(ratio <= 1));

describe.each(Object.entries(WAYS))('%s', (_, way) => {
  it.each(readdirSync(OWN))('%s', async (name) => {
    const comparisons = await check(join(OWN, name), way);
    expect(wrong(comparisons)).toEqual([]);
    expect(comparisons.some(({ role }) => role === 'result')).toBe(true);
  });
});

if (!existsSync(SHARED)) console.log('not run: ../shared/fixtures is missing');
describe.runIf(existsSync(SHARED)).each(['models', 'containers'])('all %s', (group) => {
  const names = existsSync(SHARED) ? readdirSync(join(SHARED, group)) : [];
  describe.each(Object.entries(WAYS))('%s', (_, way) => {
    it.each(names)('%s', async (name) => {
      const comparisons = await check(join(SHARED, group, name), way);
      expect(wrong(comparisons)).toEqual([]);
      expect(comparisons.some(({ role }) => role === 'result')).toBe(true);
    });
  });
});

it('the comparison finds what is wrong', async () => {
  const folder = join(OWN, 'v1-scores');
  const open = (path: string) => openSession(path, { threads: 1 });
  const comparisons = await checkForward(folder, {
    way: { lowering: 'skew' },
    // Every value is off by a thousandth of itself.
    open: async (path) => {
      const session = await open(path);
      return {
        ...session,
        run: async (input) => {
          const outputs = await session.run(input);
          const scaled = Object.entries(outputs).map(([name, { data, dims }]) => [
            name,
            { dims, data: data.map((value) => value * 1.001) },
          ]);
          return Object.fromEntries(scaled);
        },
      };
    },
  });
  const tensors = new Set(wrong(comparisons).map(({ tensor }) => tensor));
  expect([...tensors].sort()).toEqual([
    'attentions.1',
    'cls_pooled',
    'hidden_states.1',
    'last_hidden_state',
    'mean_pooled',
    'scores.1.c2c',
    'scores.1.c2p',
    'scores.1.p2c',
  ]);
});
