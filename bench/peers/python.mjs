/** The contenders of Python, in an environment of their own below bench/.work. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { WORK } from '../engine/models.mjs';

const REQUIREMENTS = fileURLToPath(new URL('./requirements.txt', import.meta.url));
const [EXPORT, CONTENDER] = ['export.py', 'contender.py'].map((name) =>
  fileURLToPath(new URL(name, import.meta.url)),
);
const FOLDER = join(WORK, 'python');
const PYTHON = join(FOLDER, 'bin/python');
/** Written when everything is installed: what was asked for. */
const STAMP = join(FOLDER, 'installed.txt');

/**
 * Exports the checkpoint as users of Python do, into `folder`. Returns contenders, the file of the int8 export and
 * the versions of what runs them.
 */
export async function preparePython(checkpointDir, folder) {
  await installPython();
  console.log('exporting with torch …');
  await mkdir(folder);
  await run(PYTHON, [EXPORT, checkpointDir, folder], 'The export with torch failed');
  const model = (file) => join(folder, file);
  const contenders = [
    { name: 'torch fp32', kind: 'torch', model: checkpointDir, dtype: 'float32', exact: true },
    { name: 'torch bf16', kind: 'torch', model: checkpointDir, dtype: 'bfloat16' },
    { name: 'onnxruntime fp32', kind: 'onnxruntime', model: model('model.onnx'), exact: true },
    { name: 'onnxruntime int8', kind: 'onnxruntime', model: model('int8.onnx') },
    { name: 'onnxruntime int8 per channel', kind: 'onnxruntime', model: model('int8-per-channel.onnx') },
    { name: 'openvino fp32', kind: 'openvino', model: model('dynamo.onnx'), precision: 'f32', exact: true },
    { name: 'openvino bf16', kind: 'openvino', model: model('dynamo.onnx'), precision: 'bf16' },
    {
      name: 'openvino bf16, one shape',
      kind: 'openvino',
      model: model('dynamo.onnx'),
      precision: 'bf16',
      fixed: true,
    },
  ];
  return {
    contenders: contenders.map((contender) => ({
      exact: false,
      ...contender,
      program: [PYTHON, CONTENDER],
    })),
    int8Export: model('int8.onnx'),
    versions: await versions(),
  };
}

/** Once: some gigabytes and minutes. What is there and complete stays. */
async function installPython() {
  const wanted = await readFile(REQUIREMENTS, 'utf8');
  if ((await readFile(STAMP, 'utf8').catch(() => null)) === wanted) return;
  console.log('installing torch, onnxruntime and openvino into bench/.work/python …');
  await rm(FOLDER, { recursive: true, force: true });
  const needs = '--python needs python3 on the PATH, with its venv module (3.11 is known to work)';
  await run('python3', ['-m', 'venv', FOLDER], needs);
  await run(PYTHON, ['-m', 'pip', 'install', '--quiet', '-r', REQUIREMENTS], 'pip could not install them');
  await writeFile(STAMP, wanted);
}

async function versions() {
  const script = `import sys, json, importlib.metadata as m
print(json.dumps({"python": sys.version.split()[0]} | {n: m.version(n) for n in sys.argv[1:]}))`;
  const names = ['torch', 'transformers', 'onnxruntime', 'openvino'];
  const { stdout } = await promisify(execFile)(PYTHON, ['-c', script, ...names]);
  return JSON.parse(stdout);
}

async function run(executable, args, whenItFails) {
  const env = { ...process.env, HF_HUB_OFFLINE: '1' };
  try {
    await promisify(execFile)(executable, args, { env, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    throw new Error(`${whenItFails}: ${(error.stderr || error.message).slice(-4000)}`, { cause: error });
  }
}
