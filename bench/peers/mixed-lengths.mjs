/**
 * Texts of all lengths, as they arrive: the product's batcher against static batches. What counts are real tokens;
 * padding is computed for nothing. Tokenisation is not part of it, on either side.
 */
import { availableParallelism } from 'node:os';
import { assertAnswers, median, round } from '../engine/compare.mjs';
import { layoutsOf } from '../engine/team.mjs';
import { startBatcher, startStaticBatches } from './serving.mjs';

const MEDIAN_TOKENS = 40;
/** Of the logarithm: 5 % are above 250 tokens, and the 95th percentile of a normal distribution lies at 1.645. */
const SIGMA = Math.log(250 / MEDIAN_TOKENS) / 1.645;
/** [CLS], a token, [SEP] at least; the model's positions at most. */
const TOKENS = { min: 3, max: 512 };

/** `count` sequences of token ids with log-normal lengths, the same every time. */
export function mixedSequences(count, vocabulary) {
  const random = seededRandom();
  return Array.from({ length: count }, (_, index) => {
    // Box and Muller's way to a normal distribution; 1 - x is never 0.
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const length = Math.round(MEDIAN_TOKENS * Math.exp(SIGMA * normal));
    const tokens = Math.min(TOKENS.max, Math.max(TOKENS.min, length));
    return Array.from({ length: tokens }, (_, i) => ((index + 1) * 7919 + i * 104_729) % vocabulary);
  });
}

/**
 * `rounds` times every contender in fresh processes, in turn. `batched` ones go through Heddle's batcher, `padded` ones
 * take static batches in either layout. Throws when answers differ from those of the first. Results by name: real
 * tokens a second of the better layout, and the share of computed tokens that is padding.
 */
export async function measureMixed({ batched, padded }, sequences, rounds) {
  const layouts = layoutsOf(availableParallelism());
  const turns = [
    ...batched.map((contender) => ({ contender, layout: 'batcher', start: () => startBatcher(contender) })),
    ...padded.flatMap((contender) =>
      layouts.map((layout) => ({
        contender,
        layout: `${layout.processes} × ${layout.threads}`,
        start: () => startStaticBatches(contender, layout),
      })),
    ),
  ];
  const runs = [];
  let expected;
  for (let turn = 0; turn < rounds; turn++) {
    for (const { contender, layout, start } of turn % 2 ? turns.toReversed() : turns) {
      const running = await start();
      try {
        const { answers, computed, seconds } = await timed(running, sequences);
        expected ??= answers;
        assertAnswers(contender, answers, expected, 'mixed lengths');
        runs.push({ name: contender.name, layout, computed, seconds });
      } finally {
        await running.stop();
      }
    }
    console.log(`mixed lengths: round ${turn + 1} of ${rounds}`);
  }
  return Object.fromEntries(
    [...batched, ...padded].map(({ name }) => [name, bestOf(runs, name, tokensOf(sequences))]),
  );
}

async function timed(running, sequences) {
  await running.warmUp(sequences);
  const started = performance.now();
  const { answers, computed } = await running.answer(sequences);
  return { answers: answers.flat(), computed, seconds: (performance.now() - started) / 1000 };
}

function bestOf(runs, name, realTokens) {
  const own = runs.filter((run) => run.name === name);
  const layouts = [...new Set(own.map(({ layout }) => layout))].map((layout) => {
    const rates = own.filter((run) => run.layout === layout).map(({ seconds }) => realTokens / seconds);
    const computed = median(own.map((run) => run.computed));
    return {
      layout,
      real_tokens_per_second: Math.round(median(rates)),
      spread: [Math.round(Math.min(...rates)), Math.round(Math.max(...rates))],
      padded_share: round(1 - realTokens / computed, 3),
    };
  });
  return layouts.reduce((a, b) => (b.real_tokens_per_second > a.real_tokens_per_second ? b : a));
}

function tokensOf(sequences) {
  return sequences.reduce((total, ids) => total + ids.length, 0);
}

/** The generator of generate-checkpoint.mjs, in [0, 1). */
function seededRandom() {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
