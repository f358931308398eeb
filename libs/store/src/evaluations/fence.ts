import type { EvaluationState } from '@heddle/contracts';
import { fencedIn } from '../database/lease.js';

/** As `fencedIn` says. */
export const fenced = fencedIn('evaluations');

/** Assignments that write down a change of state. `state`: SQL of its name. */
export const CHANGE_TO = (
  state: `'${EvaluationState}'` | `$${number}`,
) => `state = ${state}, sequence = sequence + 1,
  history = history || jsonb_build_array(jsonb_build_object('status', ${state}::text, 'at', now(), 'sequence', sequence + 1))`;
