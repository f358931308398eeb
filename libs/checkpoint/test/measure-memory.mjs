/**
 * Reads a checkpoint tensor by tensor and prints by how many bytes the process grew at most while it did.
 * Run with --expose-gc: what counts is what the library holds, not when the collector comes by.
 */
import { readFileSync } from 'node:fs';
import { openCheckpoint } from '../dist/index.js';

const checkpoint = await openCheckpoint(process.argv[2]);
await collect();
const before = highest();
for (const name of checkpoint.names) {
  await checkpoint.read(name);
  await collect();
}
await checkpoint.close();
console.log(highest() - before);

/** The memory of arrays is given back by another thread, which the second collection waits for. */
async function collect() {
  globalThis.gc();
  await new Promise((resolve) => setTimeout(resolve, 10));
  globalThis.gc();
}

/** Peak of the resident memory. The usual maxRSS of Linux includes the parent's at the moment of the fork. */
function highest() {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
}
