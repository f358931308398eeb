/** `npm run bench -- <group> [options]`: measures, prints a table, writes bench/results/<group>.json (<group>-quick.json). */
import { parseArgs } from 'node:util';
import { benchBulk } from './bulk.mjs';
import { benchEngine } from './engine.mjs';
import { benchGpu } from './gpu.mjs';
import { benchImport } from './import.mjs';
import { benchPeers } from './peers.mjs';
import { benchPlatform } from './platform.mjs';
import { benchScaling } from './scaling.mjs';
import { benchShadow } from './shadow.mjs';
import { benchSoak, LEAST_MINUTES } from './soak.mjs';

const GROUPS = {
  engine: benchEngine,
  peers: benchPeers,
  platform: benchPlatform,
  bulk: benchBulk,
  shadow: benchShadow,
  scaling: benchScaling,
  soak: benchSoak,
  import: benchImport,
  gpu: benchGpu,
};
const HELP = `npm run bench -- <group> [--quick] [--python] [--minutes <n>] [--backend redis|postgres] [--seed <n>]

  engine     tokens per second and latency of forward passes of v3-base's shape, against its usual export on ONNX
             Runtime and transformers.js (fetched from npm, not with --quick). Answers are compared first.
  peers      the same passes, memory and mixed lengths against transformers.js and, with --python, torch, ONNX Runtime
             and OpenVINO (installed once below bench/.work, some gigabytes).
  platform   single-text jobs per second and p50/p99 of waited ones, against plain BullMQ workers with transformers.js
             (fetched from npm); a base-size model saturated against its engine alone, with one core and all;
             statements with millions of finished jobs; idle processes. Starts the real processes on this machine.
  bulk       a file of 50,000 lines through the shipped topic model against its engine alone, memory of each process, and a
             run in which a worker and a dispatcher are killed. Every line is compared with the engine's answer.
  shadow     waited jobs with spare capacity, and as many as the machine bears, without and with a second version that
             answers them again. Starts the real processes on this machine.
  gpu        the same passes on every provider of this machine's GPU (webgpu, cuda), in float32 and half precision, against
             the usual export and, with --python, the torch and transformers of python3. Answers are compared with the CPU's.
  scaling    patterns of traffic in simulated time through the decision how many workers there should be: waiting times and
             worker-hours against fleets that never change. Takes seconds; the same on every machine.
  soak       memory of every process, Redis's keys and memory and connections to Postgres over half an hour of steady mixed
             load, after a warm-up of a sixth of the time; a line a minute. Starts the real processes on this machine.
  import     seconds and memory of importing checkpoints of published sizes, random weights, verification included.

  --quick    a few minutes instead of many; enough to see that it works, too short to quote.
  --python   contenders of Python too; needs python3.
  --minutes  of the soak, 4 or more (default 30, 4 with --quick); shorter ones than 30 are written as --quick is.
  --backend  of the soak: where the dispatch window is, redis (default) or postgres.
  --seed     of scaling: other random arrivals (default 1, whose figures docs/scaling.md shows).

\`npm run docs\` writes docs/performance.md from the results.

Example: npm run bench -- platform --quick`;

/** The command line; null where it is none. */
function parseCommandLine() {
  const flag = { type: 'boolean', default: false };
  try {
    const text = { type: 'string' };
    const help = { ...flag, short: 'h' };
    const options = { quick: flag, python: flag, minutes: text, backend: text, seed: text, help };
    const { values, positionals } = parseArgs({ allowPositionals: true, options });
    if (values.help) return { help: true };
    const [name, ...more] = positionals;
    if (more.length > 0) throw new Error(`One group at a time, not ${positionals.join(' ')}.`);
    if (!Object.hasOwn(GROUPS, name ?? '')) throw new Error(`There is no group ${name ?? '(none given)'}.`);
    if (values.python && !['peers', 'gpu'].includes(name))
      throw new Error('--python belongs to peers and gpu.');
    return { ...values, ...soakOptions(name, values), ...scalingOptions(name, values), group: GROUPS[name] };
  } catch (error) {
    console.error(`${error.message}\n`);
    return null;
  }
}

function soakOptions(name, { minutes, backend }) {
  if (name !== 'soak') {
    if (minutes ?? backend) throw new Error('--minutes and --backend belong to soak.');
    return {};
  }
  if (backend !== undefined && !['redis', 'postgres'].includes(backend))
    throw new Error(`--backend is redis or postgres, not ${backend}.`);
  if (minutes === undefined) return {};
  if (!(Number(minutes) >= LEAST_MINUTES))
    throw new Error(`--minutes is ${LEAST_MINUTES} or more, not ${minutes}.`);
  return { minutes: Number(minutes) };
}

function scalingOptions(name, { seed }) {
  if (seed === undefined) return {};
  if (name !== 'scaling') throw new Error('--seed belongs to scaling.');
  if (!/^[0-9]{1,9}$/.test(seed)) throw new Error(`--seed is a number of at most nine digits, not ${seed}.`);
  return { seed: Number(seed) };
}

const parsed = parseCommandLine();
if (!parsed || parsed.help) {
  (parsed ? console.log : console.error)(HELP);
  process.exit(parsed ? 0 : 2);
}
// Whoever made a folder removes it when the process exits.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
await parsed.group(parsed);
