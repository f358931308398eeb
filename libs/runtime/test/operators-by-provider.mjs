/**
 * Runs a compiled model once under ONNX Runtime's profiler and prints which provider ran which operators, as JSON:
 * {"WebGpu": ["MatMul", …], "CPU": […]}. Arguments: model file, provider, [batch, length] as JSON.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const [modelPath, provider, shape] = process.argv.slice(2);
const [batch, length] = JSON.parse(shape);
const folder = await mkdtemp(join(tmpdir(), 'heddle-profile-'));
try {
  const session = await InferenceSession.create(modelPath, {
    executionProviders: [provider],
    logSeverityLevel: 3,
    enableProfiling: true,
    profileFilePrefix: join(folder, 'profile'),
  });
  const int64 = (dims, value) => {
    const size = dims.reduce((product, axis) => product * axis);
    return new Tensor(
      'int64',
      BigInt64Array.from({ length: size }, (_, i) => BigInt(value(i))),
      dims,
    );
  };
  const feeds = {
    input_ids: int64([batch, length], (i) => i % 20),
    attention_mask: int64([batch, length], () => 1),
    token_type_ids: int64([batch, length], () => 0),
    positions: int64([batch, 2], (i) => (i % 2 === 0 ? i / 2 : 1)),
  };
  await session.run(Object.fromEntries(session.inputNames.map((name) => [name, feeds[name]])));
  // The profiler writes its file when the session ends.
  await session.release();
  const [profile] = await readdir(folder);
  const events = JSON.parse(await readFile(join(folder, profile), 'utf8'));
  const operators = {};
  for (const { args } of events) {
    if (!args?.provider) continue;
    const name = args.provider.replace('ExecutionProvider', '');
    operators[name] ??= new Set();
    operators[name].add(args.op_name);
  }
  const lists = Object.entries(operators).map(([name, ops]) => [name, [...ops].sort()]);
  process.stdout.write(JSON.stringify(Object.fromEntries(lists)));
} finally {
  await rm(folder, { recursive: true });
}
