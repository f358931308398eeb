/** `npm run bench -- <group> [--quick]`: measures, prints a table, writes bench/results/<group>.json (<group>-quick.json). */
import { parseArgs } from 'node:util';
import { benchEngine } from './engine.mjs';
import { benchImport } from './import.mjs';
import { benchPlatform } from './platform.mjs';

const GROUPS = { engine: benchEngine, platform: benchPlatform, import: benchImport };
const HELP = `npm run bench -- <group> [--quick]

  engine     tokens per second and latency of forward passes of v3-base's shape, against its usual export on ONNX
             Runtime and transformers.js (fetched from npm, not with --quick). Answers are compared first.
  platform   jobs per second, and p50/p99 of a waited single-text job, with the dispatch window in Redis and in
             Postgres. Starts the real processes on this machine.
  import     seconds and memory of importing checkpoints of published sizes, random weights, verification included.

  --quick    seconds instead of minutes; enough to see that it works, too short to quote.

Example: npm run bench -- platform --quick`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const group = GROUPS[positionals[0] ?? ''];
if (values.help || !group) {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}
await group(values);
