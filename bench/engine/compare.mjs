/** Compares contenders: answers first, then interleaved rounds in fresh processes, one contender at a time. */
import { availableParallelism } from 'node:os';
import { layoutsOf, startTeam } from './team.mjs';

/** Largest difference of logits, relative to the largest logit: float32 sums in another order. */
const EXACT = 1e-3;
/**
 * The same for bfloat16 and int8. Weights are random, so decisions mean nothing and their agreement cannot be judged
 * here: this only catches the answer to another question. Peers' differ by 0.02 to 0.04, those to two sequences that
 * begin alike by 0.3.
 */
const REDUCED = 0.2;

/** `shape` is batch x length; every token real. */
export function inputOf(shape, vocabulary) {
  const [batch, length] = shape.split('x').map(Number);
  const ids = Array.from({ length: batch * length }, (_, i) => (i * 7919 + 13) % vocabulary);
  return { batch, length, ids, mask: ids.map(() => 1) };
}

/**
 * Answers of every contender to `inputs` (by shape), against those of the first one. Throws on a wrong one: a fast
 * wrong answer is none. Returns the largest relative difference of each by name.
 */
export async function checkAnswers(contenders, inputs) {
  const differences = {};
  let reference;
  for (const contender of contenders) {
    const answers = await answersOf(contender, inputs);
    reference ??= answers;
    differences[contender.name] = largestDifference(contender, answers, reference);
  }
  return differences;
}

/** Logits of a contender by shape, from a process of its own. */
export async function answersOf(contender, inputs) {
  const team = await startTeam(contender, { processes: 1, threads: availableParallelism() });
  try {
    return await answerAll(team, inputs);
  } finally {
    await team.stop();
  }
}

/** Logits by shape. */
export async function answerAll(team, inputs) {
  const answers = {};
  for (const [shape, input] of Object.entries(inputs)) answers[shape] = await team.answer(input);
  return answers;
}

/** Of all shapes, relative to the largest logit. Throws on a wrong answer. */
export function largestDifference(contender, answers, reference) {
  const all = Object.keys(reference).map((shape) =>
    assertAnswers(contender, answers[shape], reference[shape], shape),
  );
  return Math.max(...all);
}

/** Largest difference of logits, relative to the largest of `expected`; throws when the contender may not be so far off. */
export function assertAnswers({ name, exact }, values, expected, where) {
  const difference = relativeDifference(values, expected);
  if (difference <= (exact ? EXACT : REDUCED)) return difference;
  throw new Error(`${name} answers otherwise (${where}), by ${difference} of the largest logit`);
}

/** Infinite when there is something else than as many finite numbers. */
function relativeDifference(values, expected) {
  if (values.length !== expected.length || !values.every(Number.isFinite)) return Number.POSITIVE_INFINITY;
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...values.map((value, i) => Math.abs(value - expected[i]))) / largest;
}

/**
 * `rounds` times every contender in every layout: fresh processes, then each input for `ms`, the machine to itself.
 * Results by shape and name: throughput and memory of the layout with the highest throughput; the shortest pass of any,
 * and the memory of one process with all threads.
 */
export async function measure(
  contenders,
  inputs,
  { rounds, ms, layouts = layoutsOf(availableParallelism()) },
) {
  const turns = contenders.flatMap((contender) => layouts.map((layout) => ({ contender, layout })));
  const runs = [];
  for (let round = 0; round < rounds; round++) {
    // There and back again: a machine that slows down slows all of them.
    for (const { contender, layout } of round % 2 ? turns.toReversed() : turns) {
      const team = await startTeam(contender, layout);
      try {
        runs.push(...(await runAll(team, contender.name, inputs, ms)));
      } finally {
        await team.stop();
      }
    }
    console.log(`round ${round + 1} of ${rounds}`);
  }
  return Object.fromEntries(
    Object.keys(inputs).map((shape) => [
      shape,
      Object.fromEntries(contenders.map(({ name }) => [name, bestOf(runs, shape, name)])),
    ]),
  );
}

/** One contender's passes of every input for `ms`, after one that is not counted. */
export async function runAll(team, name, inputs, ms) {
  const runs = [];
  for (const [shape, input] of Object.entries(inputs)) {
    await team.run(input, 0);
    const { times, tokensPerSecond } = await team.run(input, ms);
    const memory = await team.memory();
    runs.push({ name, shape, layout: team.layout, rate: tokensPerSecond, pass: median(times), memory });
  }
  return runs;
}

/** What is said of one contender at one shape, out of all runs. */
export function bestOf(runs, shape, name) {
  const own = runs.filter((run) => run.shape === shape && run.name === name);
  const layouts = [...new Set(own.map(({ layout }) => layout))].map((layout) => {
    const of = (key) => own.filter((run) => run.layout === layout).map((run) => run[key]);
    return {
      layout,
      tokens_per_second: Math.round(median(of('rate'))),
      spread: [Math.round(Math.min(...of('rate'))), Math.round(Math.max(...of('rate')))],
      pass_ms: round(median(of('pass')), 1),
      memory_mib: Math.round(median(of('memory'))),
    };
  });
  const best = layouts.reduce((a, b) => (b.tokens_per_second > a.tokens_per_second ? b : a));
  return {
    ...best,
    latency_ms: Math.min(...layouts.map((run) => run.pass_ms)),
    one_process_mib: layouts.find(({ layout }) => layout.startsWith('1 ')).memory_mib,
  };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

export function round(value, digits = 2) {
  return Number(value.toFixed(digits));
}
