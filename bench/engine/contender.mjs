/**
 * One contender in a process of its own: node contender.mjs <kind> <model folder> <threads>. Answers `run` with the
 * milliseconds of its passes, and `answer` with logits to compare.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const KINDS = { heddle: openHeddle, onnxruntime: openOnnxRuntime, 'transformers.js': openTransformersJs };

const [kind, folder, threads, packages] = process.argv.slice(2);
const forward = await KINDS[kind](folder, Number(threads));
process.on('message', async (message) => {
  process.send(
    message.type === 'run' ? await run(message) : { logits: Array.from(await forward(message.input)) },
  );
});
process.on('disconnect', () => process.exit(0));
process.send('ready');

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
async function openHeddle(dir, threads) {
  const { openSession } = await import('@heddle/runtime');
  const session = await openSession(join(dir, 'model.onnx'), { threads });
  return async ({ ids, batch, length }) => {
    const attentionMask = new Uint8Array(ids.length).fill(1);
    const { logits } = await session.run({ inputIds: Int32Array.from(ids), attentionMask, batch, length });
    return logits.data;
  };
}

/** The documented way: every optimisation, threads as told. */
async function openOnnxRuntime(dir, threads) {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(join(dir, 'model.onnx'), {
    intraOpNumThreads: threads,
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
  });
  return async ({ ids, batch, length }) => {
    const tensor = (values) => new Tensor('int64', BigInt64Array.from(values, BigInt), [batch, length]);
    const { logits } = await session.run({
      input_ids: tensor(ids),
      attention_mask: tensor(ids.map(() => 1)),
    });
    return logits.data;
  };
}

/** `packages` is where npm installed it. The folder has its layout: config.json and onnx/model.onnx. */
async function openTransformersJs(dir, threads) {
  const entry = pathToFileURL(
    join(packages, 'node_modules/@huggingface/transformers/dist/transformers.node.mjs'),
  );
  const { AutoModelForSequenceClassification, env, Tensor } = await import(entry.href);
  env.allowRemoteModels = false;
  env.localModelPath = join(dir, '..');
  const model = await AutoModelForSequenceClassification.from_pretrained(dir.split('/').at(-1), {
    dtype: 'fp32',
    use_external_data_format: true,
    session_options: { intraOpNumThreads: threads, logSeverityLevel: 3 },
  });
  return async ({ ids, batch, length }) => {
    const tensor = (values) => new Tensor('int64', BigInt64Array.from(values, BigInt), [batch, length]);
    const { logits } = await model({ input_ids: tensor(ids), attention_mask: tensor(ids.map(() => 1)) });
    return logits.data;
  };
}
