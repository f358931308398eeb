/**
 * One contender in a process of its own: node contender.mjs '{"kind": "heddle", "model": "….onnx", "threads": 1}'.
 * Reads requests from its input, writes to file 3: `run` is answered with the milliseconds of passes, `answer` with
 * logits to compare.
 */
import { createWriteStream } from 'node:fs';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const KINDS = { heddle: openHeddle, onnxruntime: openOnnxRuntime, 'transformers.js': openTransformersJs };

const answers = createWriteStream(null, { fd: 3 });
const options = JSON.parse(process.argv[2]);
const forward = await KINDS[options.kind](options);
write('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  write(request.type === 'run' ? await run(request) : { logits: Array.from(await forward(request.input)) });
}
process.exit(0);

function write(answer) {
  answers.write(`${JSON.stringify(answer)}\n`);
}

/** Passes of one batch again and again for `ms`, one at least. */
async function run({ input, ms }) {
  const times = [];
  const began = performance.now();
  let last = began;
  do {
    await forward(input);
    const now = performance.now();
    times.push(now - last);
    last = now;
  } while (last - began < ms);
  return { times };
}

/** The session of the workers, as they call it. */
async function openHeddle({ model, threads, provider }) {
  const { openSession } = await import('@heddle/runtime');
  const session = await openSession(model, { threads, provider });
  return async ({ ids, mask, batch, length }) => {
    const attentionMask = Uint8Array.from(mask);
    const { logits } = await session.run({ inputIds: Int32Array.from(ids), attentionMask, batch, length });
    return logits.data;
  };
}

/** The documented way: every optimisation, threads as told. */
async function openOnnxRuntime({ model, threads, provider = 'cpu' }) {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(model, {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
  return async (input) => (await session.run(tensorsOf(Tensor, input))).logits.data;
}

/** `entry` is the module that npm installed, `model` a folder of its layout: config.json, onnx/model….onnx. */
async function openTransformersJs({ entry, model, threads, dtype }) {
  const { AutoModelForSequenceClassification, env, Tensor } = await import(pathToFileURL(entry).href);
  env.allowRemoteModels = false;
  env.localModelPath = dirname(model);
  const opened = await AutoModelForSequenceClassification.from_pretrained(basename(model), {
    dtype,
    // Its documentation: weights beside the graph, as fp32 has them here.
    use_external_data_format: dtype === 'fp32',
    session_options: { intraOpNumThreads: threads, logSeverityLevel: 3 },
  });
  return async (input) => (await opened(tensorsOf(Tensor, input))).logits.data;
}

function tensorsOf(Tensor, { ids, mask, batch, length }) {
  const tensor = (values) => new Tensor('int64', BigInt64Array.from(values, BigInt), [batch, length]);
  return { input_ids: tensor(ids), attention_mask: tensor(mask) };
}
