import type { Agreement } from '@heddle/contracts';
import type { Session } from '@heddle/runtime';
import { assertFinite } from '../verify/outputs.js';
import { type Answer, type AnsweringModel, answersOf } from './answers.js';
import { type Comparison, compare, type Kept, keep, spreadOf } from './compare.js';
import { forwardInputs, type Input } from './inputs.js';

/** What the float32 graph answers: the measure of its variants. */
export interface Reference {
  model: AnsweringModel;
  inputs: Input[];
  /** By input. */
  answers: Kept[][];
  /** Standard deviation of all values, of regressions. */
  spread: number;
}

/** How much of a measurement is done, 0 to 1. */
export type OnShare = (done: number) => void;

/** Errors: `model-nonfinite`. */
export async function answerAll(
  session: Session,
  model: AnsweringModel,
  inputs: Input[],
  onShare: OnShare,
): Promise<Reference> {
  const answers: Kept[][] = [];
  for (const [i, input] of inputs.entries()) {
    answers.push((await answer(session, model, input)).map(keep));
    onShare((i + 1) / inputs.length);
  }
  return { model, inputs, answers, spread: spreadOf(answers.flat()) };
}

/** How near a graph's answers are to the reference. Errors: `model-nonfinite`. */
export async function measureAgreement(
  session: Session,
  { model, inputs, answers, spread }: Reference,
  onShare: OnShare = () => undefined,
): Promise<Agreement> {
  const comparisons: Comparison[] = [];
  for (const [i, input] of inputs.entries()) {
    const got = await answer(session, model, input);
    for (const [k, want] of answers[i]!.entries()) comparisons.push(compare(want, got[k]!, spread));
    onShare((i + 1) / inputs.length);
  }
  const decisions = comparisons.length;
  return {
    texts: inputs.length,
    decisions,
    same_decisions: comparisons.filter(({ same }) => same).length / decisions,
    mean_difference: comparisons.reduce((sum, { difference }) => sum + difference, 0) / decisions,
    max_difference: comparisons.reduce((most, { difference }) => Math.max(most, difference), 0),
  };
}

/** Some of the inputs of a reference, spread evenly over all of them. */
export function partOf(reference: Reference, count: number): Reference {
  const step = Math.max(1, reference.inputs.length / count);
  const chosen = Array.from({ length: Math.min(count, reference.inputs.length) }, (_, i) =>
    Math.floor(i * step),
  );
  return {
    ...reference,
    inputs: chosen.map((i) => reference.inputs[i]!),
    answers: chosen.map((i) => reference.answers[i]!),
  };
}

async function answer(session: Session, model: AnsweringModel, input: Input): Promise<Answer[]> {
  const outputs = [];
  for (const forward of forwardInputs(input)) {
    const output = await session.run(forward);
    for (const [name, { data }] of Object.entries(output)) assertFinite(name, data);
    outputs.push(output);
  }
  return answersOf(model, outputs, input);
}
