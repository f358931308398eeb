import type { Evaluation, Model } from '@heddle/client';

type Gate = Model['gates'][number];
type Result = NonNullable<Evaluation['result']>;

/** What an evaluation knows of a gate. */
export interface GateEvidence {
  gate: Gate;
  actual: number | null;
  /** Of gates that compare: the same of the baseline. */
  baseline: number | null;
  /** As far as its numbers say so; null where the server has to look closer. */
  met: boolean | null;
}

/** The newest of the evaluations that measured what every gate asks of, as the server looks for it; else the newest. */
export function evidenceOf(
  evaluations: readonly Evaluation[],
  gates: readonly Gate[],
): Evaluation | undefined {
  const measured = ({ result }: Evaluation) =>
    result !== null && gates.every(({ metric }) => Object.hasOwn(result.metrics, metric));
  return evaluations.find(measured) ?? evaluations.find(({ result }) => result !== null);
}

/** A gate beside the numbers of an evaluation. `current`: the version that the alias points to, which `max_drop` is against. */
export function gateEvidence(gate: Gate, result: Result, current: string | undefined): GateEvidence {
  const values = gate.slice ? result.slices[gate.slice.field]?.[gate.slice.value] : result;
  const actual = values?.metrics[gate.metric] ?? null;
  const isCompared = 'max_drop' in gate;
  const baseline =
    isCompared && result.baseline === current ? (values?.baseline_metrics?.[gate.metric] ?? null) : null;
  return { gate, actual, baseline, met: metOf(gate, actual, baseline) };
}

function metOf(gate: Gate, actual: number | null, baseline: number | null): boolean | null {
  if (actual === null) return false;
  if ('min' in gate) return actual >= gate.min;
  if ('max' in gate) return actual <= gate.max;
  // Whether a difference is more than chance is the server's to say.
  return baseline === null ? false : null;
}
