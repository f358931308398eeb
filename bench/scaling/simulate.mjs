import { decideWorkers } from '@heddle/contracts';
import { poisson, randomOf } from './random.mjs';

/** Of one worker: the shipped models do more, a base-size model on a few cores less. */
const TOKENS_PER_S = 2_000;
const JOB_TOKENS = 80;
/** Estimated tokens of a job for each real one: the estimate goes by characters. */
const ESTIMATE = 1.15;
/** As dispatchers decide and workers report. */
const DECIDE_S = 5;
/** As Kubernetes' autoscaler looks. */
const SCALE_S = 15;
/** A worker that leaves takes no jobs for so long, and still costs. */
const DRAIN_S = 10;

/**
 * A pattern of traffic in simulated time, a second a step: the decisions are those of `decideWorkers`; the fleet that follows
 * them, and turns of tenants by equal shares, are modelled. `fixed`: a fleet of so many workers in place of the decisions.
 */
export function simulate(pattern, { seed, policy, fixed = null }) {
  const random = randomOf(seed);
  const startUps = randomOf(seed + 1);
  const fleet = new Fleet(fixed ?? policy.minWorkers, () => pattern.startUpS * (0.8 + 0.4 * startUps()));
  const tenants = tenantsOf(pattern);
  const samples = [];
  let state = null;
  let workerSeconds = 0;
  let busy = 0;
  for (let t = 0; t < pattern.durationS; t++) {
    const demand = arrive(pattern, tenants, t, random);
    if (fixed === null && t % DECIDE_S === 0) {
      const tokens = ESTIMATE * tenants.reduce((sum, { open }) => sum + open, 0);
      const queues = [{ id: 'v', tokens, tokensPerS: fleet.ready > 0 ? TOKENS_PER_S : null }];
      const load = { at: t, queues, busy: busy / DECIDE_S, workers: fleet.ready, otherWork: false };
      state = decideWorkers(state, load, policy);
      busy = 0;
    }
    if (fixed === null && t % SCALE_S === 0) fleet.scaleTo(state.desired, t);
    fleet.pass(t);
    busy += work(tenants, fleet.ready * TOKENS_PER_S, t) / TOKENS_PER_S;
    workerSeconds += fleet.size;
    samples.push({ t, demand, workers: fleet.size, ready: fleet.ready });
  }
  const usual = tenants.filter(({ isFlood }) => !isFlood);
  return {
    ...waitsOf(usual),
    most_workers: Math.max(...samples.map(({ workers }) => workers)),
    worker_hours: Math.round(workerSeconds / 360) / 10,
    left_tokens: Math.round(tenants.reduce((sum, { open }) => sum + open, 0)),
    samples,
  };
}

/** Workers that start, take jobs, and leave. */
class Fleet {
  ready;
  #starting = [];
  #leaving = [];
  #startUpS;

  constructor(ready, startUpS) {
    this.ready = ready;
    this.#startUpS = startUpS;
  }

  /** Workers that cost. */
  get size() {
    return this.ready + this.#starting.length + this.#leaving.length;
  }

  scaleTo(desired, t) {
    for (let missing = desired - this.ready - this.#starting.length; missing > 0; missing--)
      this.#starting.push(t + this.#startUpS());
    // Those that have not begun go first.
    while (this.#starting.length > 0 && this.ready + this.#starting.length > desired) this.#starting.pop();
    for (; this.ready > desired; this.ready--) this.#leaving.push(t + DRAIN_S);
  }

  pass(t) {
    const before = this.#starting.length;
    this.#starting = this.#starting.filter((at) => at > t);
    this.ready += before - this.#starting.length;
    this.#leaving = this.#leaving.filter((at) => at > t);
  }
}

function tenantsOf({ tenants = 1, flood }) {
  const one = (isFlood) => ({ isFlood, open: 0, waiting: [], waits: [] });
  return [...Array.from({ length: tenants }, () => one(false)), ...(flood ? [one(true)] : [])];
}

/** Jobs of one second; the workers that they would keep busy. */
function arrive({ demand, flood }, tenants, t, random) {
  const usual = tenants.filter(({ isFlood }) => !isFlood);
  const jobsPerS = (demand(t) * TOKENS_PER_S) / JOB_TOKENS / usual.length;
  let tokens = 0;
  const add = (tenant, jobs) => {
    if (jobs === 0) return;
    tenant.waiting.push({ at: t, tokens: jobs * JOB_TOKENS });
    tenant.open += jobs * JOB_TOKENS;
    tokens += jobs * JOB_TOKENS;
  };
  for (const tenant of usual) add(tenant, poisson(jobsPerS, random));
  if (flood && t >= flood.at && t < flood.at + flood.forS)
    add(tenants.at(-1), Math.round((flood.workerSeconds * TOKENS_PER_S) / JOB_TOKENS / flood.forS));
  return tokens / TOKENS_PER_S;
}

/** Does what it can of the open tokens within a second, in equal shares; the tokens that were done. */
function work(tenants, capacity, t) {
  let left = capacity;
  for (let open = tenants.filter((tenant) => tenant.open > 0); open.length > 0 && left > 0.5; ) {
    const share = left / open.length;
    for (const tenant of open) left -= take(tenant, share, t);
    open = open.filter((tenant) => tenant.open > 0);
  }
  return capacity - left;
}

function take(tenant, most, t) {
  let left = most;
  while (left > 0 && tenant.waiting.length > 0) {
    const [first] = tenant.waiting;
    const done = Math.min(left, first.tokens);
    const waited = t - first.at;
    tenant.waits[waited] = (tenant.waits[waited] ?? 0) + done;
    first.tokens -= done;
    left -= done;
    if (first.tokens <= 0) tenant.waiting.shift();
  }
  tenant.open = Math.max(0, tenant.open - (most - left));
  if (tenant.waiting.length === 0) tenant.open = 0;
  return most - left;
}

/** Seconds from arrival to a worker, over tokens. */
function waitsOf(tenants) {
  const waits = [];
  for (const tenant of tenants)
    tenant.waits.forEach((tokens, seconds) => {
      waits[seconds] = (waits[seconds] ?? 0) + tokens;
    });
  const total = waits.reduce((sum, tokens) => sum + (tokens ?? 0), 0);
  const quantile = (part) => {
    let sum = 0;
    for (const [seconds, tokens] of waits.entries()) {
      sum += tokens ?? 0;
      if (sum >= part * total) return seconds;
    }
    return 0;
  };
  return { p50_s: quantile(0.5), p95_s: quantile(0.95), most_s: waits.length - 1 };
}
