/** Loaded into a process with --import: answers {type: 'measure'} with the longest delay of its event loop since. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const histogram = monitorEventLoopDelay({ resolution: 1 });
process.on('message', (message) => {
  if (message?.type === 'start-measuring') {
    histogram.reset();
    histogram.enable();
  }
  if (message?.type === 'stop-measuring') {
    histogram.disable();
    process.send({ type: 'measured', maxMs: histogram.max / 1e6, p99Ms: histogram.percentile(99) / 1e6 });
  }
});
