/**
 * What one would build without Heddle: BullMQ workers that call transformers.js once a job, a process of one thread for
 * each core. The graph is the one that Heddle runs. Nothing is kept but what BullMQ itself keeps in Redis.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, link, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromPublicId } from '@heddle/contracts';
import { messageOf } from '@heddle/testing';
import { Queue, QueueEvents } from 'bullmq';
import { installTransformersJs, nodeVersions, WORK } from '../engine/models.mjs';

const WORKER = fileURLToPath(new URL('./plain-worker.mjs', import.meta.url));
const CHECKPOINT = fileURLToPath(new URL('../../models/sentiment/', import.meta.url));
const QUEUE = 'texts';

/** Serves the version of the shipped sentiment model as `heddle` has laid it out. */
export async function startPlainWorkers({ redisUrl, heddle, version }) {
  const entry = await installTransformersJs();
  const folder = await mkdtemp(join(WORK, 'plain-'));
  const model = join(folder, 'sentiment');
  await layOut(join(heddle.dataDir, 'cache', fromPublicId('version', version)), model);
  const processes = availableParallelism();
  const workers = Array.from({ length: processes }, () =>
    fork(WORKER, [JSON.stringify({ redisUrl, queue: QUEUE, entry, model })]),
  );
  const connection = { url: redisUrl };
  const queue = new Queue(QUEUE, { connection });
  const events = new QueueEvents(QUEUE, { connection });
  // Whoever waits for a job listens, and all clients do.
  queue.setMaxListeners(0);
  const stop = async () => {
    await Promise.all([queue.close(), events.close()]);
    await Promise.all(workers.map(end));
    await rm(folder, { recursive: true });
  };
  try {
    await Promise.all([...workers.map((worker) => messageOf(worker, 'ready')), events.waitUntilReady()]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    processes,
    versions: await nodeVersions(true),
    answer: async (text) => (await queue.add('classify', { text })).waitUntilFinished(events),
    stop,
  };
}

/** The folder that transformers.js reads. */
async function layOut(version, model) {
  await mkdir(join(model, 'onnx'), { recursive: true });
  for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json'])
    await copyFile(join(CHECKPOINT, name), join(model, name));
  for (const name of await readdir(version))
    if (name.startsWith('model.onnx')) await link(join(version, name), join(model, 'onnx', name));
}

async function end(worker) {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const exited = once(worker, 'exit');
  worker.kill('SIGKILL');
  await exited;
}
