/** `npm run chaos`: faults against real processes under load. docs/chaos.md says how to use it. */
import { parseArgs } from 'node:util';
import { runFault } from './campaign.mjs';
import { appliesTo, BACKENDS, FAULTS } from './catalogue.mjs';
import { writePage } from './page.mjs';
import { storeResult } from './results.mjs';
import { makeRunFolder, removeRunFolder } from './run-folder.mjs';
import { copyOfTemplate } from './template.mjs';
import { canMount } from './volume.mjs';

/** What `--ci` runs: the mix strikes everything, on either backend. */
const CI_FAULTS = ['MIX'];
const CI_MINUTES = 5;
const SHOWN_VIOLATIONS = 5;
const HELP = `npm run chaos [-- options]

Starts Postgres, Redis and all processes of Heddle anew for every fault, puts (mostly) 64 clients on them that write
down what they are told, injects the fault, and checks that nothing was lost, doubled, changed, or shown to a stranger.
The last outcome of every fault, backend and seed is kept in bench/results/chaos.json and shown in
docs/chaos-results.md.

  --fault F4         one fault; may be given several times (all)
  --backend redis    or postgres: where the dispatch window lives; may be given several times (both)
  --seed 7           of the load and of random faults; may be given several times (1)
  --minutes 5        goes on with faults in turn until the time is over, each round with the next seed
  --brief            fewer jobs and shorter outages; nothing is stored
  --ci               what CI can bear, within 5 minutes: ${CI_FAULTS.join(', ')}, brief, once
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
    brief: flag,
    ci: flag,
    list: flag,
    logs: flag,
    help: { ...flag, short: 'h' },
  };
  const { values } = parseArgs({ options });
  const faults = (values.fault ?? (values.ci ? CI_FAULTS : FAULTS.map(({ id }) => id))).map((id) => {
    const fault = FAULTS.find((known) => known.id === id.toUpperCase());
    if (!fault) throw new Error(`There is no fault ${id}; --list names them.`);
    return fault;
  });
  const backends = values.backend ?? BACKENDS;
  const unknown = backends.find((name) => !BACKENDS.includes(name));
  if (unknown) throw new Error(`There is no backend ${unknown}; there are ${BACKENDS.join(' and ')}.`);
  const seeds = (values.seed ?? ['1']).map((text) => whole('--seed', text, 0));
  if (!faults.some((fault) => backends.some((backend) => appliesTo(fault, backend)))) {
    throw new Error(`${faults.map(({ id }) => id).join(', ')}: not a fault of ${backends.join(' or ')}.`);
  }
  const minutes = values.minutes === undefined ? null : whole('--minutes', values.minutes, 1);
  return { ...values, brief: values.brief || values.ci, faults, backends, seeds, minutes };
}

function whole(option, text, least) {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new Error(`${option} takes a whole number, not ${text}.`);
  return value;
}

/** What is to be run, in order; without end where time decides. */
function* plan({ faults, backends, seeds, minutes }) {
  if (faults.length === 0) return;
  for (let round = 0; round === 0 || minutes !== null; round++) {
    for (const seed of seeds) {
      for (const fault of faults) {
        for (const backend of backends) {
          if (appliesTo(fault, backend)) yield { fault, backend, seed: seed + round };
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
  const folder = await makeRunFolder();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      removeRunFolder(folder);
      process.exit(130);
    });
  }
  const { passed, failed } = await runAll(wishes).finally(() => removeRunFolder(folder));
  process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
}

/** How many runs passed and failed. */
async function runAll(wishes) {
  const began = performance.now();
  const limit = wishes.ci ? CI_MINUTES : (wishes.minutes ?? Number.POSITIVE_INFINITY);
  const faults = await possible(wishes.faults);
  // Made here, so that it does not count as time of the first run.
  if (faults.length > 0) await copyOfTemplate();
  let passed = 0;
  let failed = 0;
  for (const { fault, backend, seed } of plan({ ...wishes, faults })) {
    if (performance.now() - began > limit * 60_000) {
      console.log(`the time is over before ${fault.id} ${backend} seed ${seed}`);
      break;
    }
    const { logs, ...result } = await runFault(fault, { backend, seed, brief: wishes.brief }).catch((error) =>
      brokenOff(fault, backend, seed, error),
    );
    const hasPassed = result.violations.length === 0;
    if (hasPassed) passed++;
    else failed++;
    print(result);
    if (wishes.logs && !hasPassed) console.log(logs);
    if (wishes.brief) continue;
    await storeResult(result);
    await writePage();
  }
  console.log(`${passed} passed, ${failed} failed in ${Math.round((performance.now() - began) / 1000)} s`);
  return { passed, failed };
}

/** Those that can be injected here; says which others there are. */
async function possible(faults) {
  const mounts = await canMount();
  return faults.filter(({ id, volumeMib }) => {
    const isPossible = mounts || !volumeMib;
    if (!isPossible) console.log(`skipped ${id}: it needs the right to mount a file system`);
    return isPossible;
  });
}

/** What is said of a run that could not be begun or judged. */
function brokenOff({ id }, backend, seed, error) {
  const date = new Date().toISOString().slice(0, 10);
  const nothing = { duration_s: 0, healed_s: null, accepted: 0, statuses: {}, facts: {} };
  const violations = [`the run broke off: ${error.message.split('\n')[0]}`];
  return { fault: id, backend, seed, date, ...nothing, violations, logs: error.stack };
}

function print({ fault, backend, seed, duration_s, healed_s, accepted, statuses, facts, violations }) {
  const verdict = violations.length === 0 ? 'passed' : 'FAILED';
  console.log(
    `${verdict}  ${fault} ${backend} seed ${seed}: ${duration_s} s, healed in ${healed_s} s, ${accepted} accepted, ` +
      `answers ${JSON.stringify(statuses)} ${JSON.stringify(facts)}`,
  );
  for (const violation of violations.slice(0, SHOWN_VIOLATIONS)) console.log(`        ${violation}`);
}
