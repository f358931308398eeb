import { PATTERNS } from './patterns.mjs';
import { simulate } from './simulate.mjs';

/** The defaults of the settings, with scale to zero and fewer workers at most. */
export const POLICY = {
  targetWaitS: 30,
  utilization: 0.8,
  holdS: 300,
  idleS: 600,
  minWorkers: 0,
  maxWorkers: 20,
};

/**
 * Each pattern with the decisions, and with two fleets that never change: the smallest with which 95 % wait no longer than with
 * the decisions (and one worker at least), and one that costs as much, rounded up.
 */
export function comparePatterns(seed) {
  return PATTERNS.map((pattern) => {
    const policy = { ...POLICY, targetWaitS: pattern.targetWaitS ?? POLICY.targetWaitS };
    const scaled = simulate(pattern, { seed, policy });
    const withFleet = (fixed) => ({ workers: fixed, ...simulate(pattern, { seed, policy, fixed }) });
    const sameWait = smallest((fixed) => withFleet(fixed).p95_s <= scaled.p95_s);
    const sameCost = Math.ceil(scaled.worker_hours / (pattern.durationS / 3_600));
    return { pattern, scaled, same_wait: withFleet(sameWait), same_cost: withFleet(Math.max(1, sameCost)) };
  });
}

/** By halving: more workers never make anyone wait longer. */
function smallest(isEnough) {
  let [least, most] = [1, 128];
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    if (isEnough(middle)) most = middle;
    else least = middle + 1;
  }
  return least;
}
