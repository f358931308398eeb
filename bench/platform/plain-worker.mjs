/** One process of plain-queue.mjs: `{redisUrl, queue, entry, model}`, as its examples have it. */
import { basename, dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'bullmq';

/** Jobs that are under way: the next ones come from Redis while a forward pass runs. */
const CONCURRENCY = 8;

const { redisUrl, queue, entry, model } = JSON.parse(process.argv[2]);
const { env, pipeline } = await import(pathToFileURL(entry).href);
env.allowRemoteModels = false;
env.localModelPath = dirname(model);
const classify = await pipeline('text-classification', basename(model), {
  dtype: 'fp32',
  session_options: { intraOpNumThreads: 1, logSeverityLevel: 3 },
});
const worker = new Worker(queue, (job) => classify(job.data.text), {
  connection: { url: redisUrl },
  concurrency: CONCURRENCY,
});
await worker.waitUntilReady();
process.send({ type: 'ready' });
