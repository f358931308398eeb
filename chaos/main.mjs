/** `npm run chaos`: faults against real processes under load; docs/chaos-results.md is written from whole campaigns. */
import { parseArgs } from 'node:util';
import { runFault } from './campaign.mjs';
import { API_FAULTS } from './faults/api.mjs';
import { DISPATCHER_FAULTS } from './faults/dispatcher.mjs';
import { POSTGRES_FAULTS } from './faults/postgres.mjs';
import { REDIS_FAULTS } from './faults/redis.mjs';
import { TENANT_FAULTS } from './faults/tenants.mjs';
import { WORKER_FAULTS } from './faults/worker.mjs';

const BACKENDS = ['redis', 'postgres'];
const FAULTS = [
  ...API_FAULTS,
  ...DISPATCHER_FAULTS,
  ...REDIS_FAULTS,
  ...WORKER_FAULTS,
  ...POSTGRES_FAULTS,
  ...TENANT_FAULTS,
];
const SHOWN_VIOLATIONS = 5;
const HELP = `npm run chaos [-- options]

Starts Postgres, Redis and all processes of Heddle anew for every fault, puts 64 clients on them that write down what
they are told, injects the fault, and checks that nothing was lost, doubled, changed, or shown to a stranger.

  --fault F4         one fault; may be given several times (all)
  --backend redis    or postgres: where the dispatch window lives; may be given several times (both)
  --seed 7           of the load and of random faults; may be given several times (1)
  --minutes 5        goes on with faults in turn until the time is over, each round with the next seed
  --list             names the faults
  --logs             prints the processes' logs where something was violated

Example: npm run chaos -- --fault F5 --backend redis --seed 7`;

function parseCommandLine() {
  const list = { type: 'string', multiple: true };
  const flag = { type: 'boolean', default: false };
  const options = {
    fault: list,
    backend: list,
    seed: list,
    minutes: { type: 'string' },
    list: flag,
    logs: flag,
    help: { ...flag, short: 'h' },
  };
  const { values } = parseArgs({ options });
  const faults = (values.fault ?? FAULTS.map(({ id }) => id)).map((id) => {
    const fault = FAULTS.find((known) => known.id === id.toUpperCase());
    if (!fault) throw new Error(`There is no fault ${id}; --list names them.`);
    return fault;
  });
  const backends = values.backend ?? BACKENDS;
  const unknown = backends.find((name) => !BACKENDS.includes(name));
  if (unknown) throw new Error(`There is no backend ${unknown}; there are ${BACKENDS.join(' and ')}.`);
  const seeds = (values.seed ?? ['1']).map((text) => whole('--seed', text, 0));
  const minutes = values.minutes === undefined ? null : whole('--minutes', values.minutes, 1);
  return { ...values, faults, backends, seeds, minutes };
}

function whole(option, text, least) {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`${option} takes a whole number, not ${text}.`);
  return value;
}

/** What is to be run, in order; without end where time decides. */
function* plan({ faults, backends, seeds, minutes }) {
  for (let round = 0; round === 0 || minutes !== null; round++) {
    for (const seed of seeds) {
      for (const fault of faults) {
        for (const backend of backends) {
          if (!fault.backends || fault.backends.includes(backend))
            yield { fault, backend, seed: seed + round };
        }
      }
    }
  }
}

let wishes;
try {
  wishes = parseCommandLine();
} catch (error) {
  console.error(`${error.message}\n\n${HELP}`);
  process.exit(2);
}
if (wishes.help) console.log(HELP);
else if (wishes.list) for (const { id, what } of FAULTS) console.log(`${id.padEnd(4)} ${what}`);
else {
  const ends =
    wishes.minutes === null ? Number.POSITIVE_INFINITY : performance.now() + wishes.minutes * 60_000;
  const results = [];
  for (const { fault, backend, seed } of plan(wishes)) {
    if (performance.now() > ends) break;
    const { logs, ...result } = await runFault(fault, { backend, seed });
    results.push(result);
    const verdict = result.violations.length === 0 ? 'passed' : 'FAILED';
    console.log(
      `${verdict}  ${fault.id} ${backend} seed ${seed}: healed in ${result.healed_s} s, ${result.accepted} accepted, ` +
        `answers ${JSON.stringify(result.statuses)} ${JSON.stringify(result.facts)}`,
    );
    for (const violation of result.violations.slice(0, SHOWN_VIOLATIONS)) console.log(`        ${violation}`);
    if (wishes.logs && verdict === 'FAILED') console.log(logs);
  }
  const failed = results.filter(({ violations }) => violations.length > 0).length;
  console.log(`${results.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
