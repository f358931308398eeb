/** The contenders that need nothing but Node, all with the same random weights. */
import { execFile } from 'node:child_process';
import { link, mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compileModel } from '@heddle/deberta';
import { generateCheckpoint } from '../generate-checkpoint.mjs';
import { writeUsualExport } from './usual-export.mjs';

/** Fetched packages and the models of a run. */
export const WORK = fileURLToPath(new URL('../.work/', import.meta.url));
/** Graphs of a compiled folder. `exact` ones must answer as float32 does. */
const VARIANTS = [{ name: 'fp32', file: 'model.onnx', exact: true }];
const TRANSFORMERS_JS = { name: '@huggingface/transformers', version: '4.3.1' };

/** Writes a checkpoint of `shape` and what Heddle and the usual export make of it. */
export async function prepareModels(folder, shape) {
  console.log('preparing models …');
  const [checkpointDir, own, usual] = ['checkpoint', 'heddle', 'usual'].map((name) => join(folder, name));
  await generateCheckpoint(checkpointDir, shape);
  await Promise.all([mkdir(own), mkdir(usual)]);
  await compileModel({ checkpointDir, outDir: own });
  await writeUsualExport(checkpointDir, usual);
  return {
    checkpointDir,
    heddle: VARIANTS.map(({ name, file, exact }) => ({
      name: `heddle ${name}`,
      kind: 'heddle',
      model: join(own, file),
      exact,
    })),
    usual: {
      name: 'usual export fp32',
      kind: 'onnxruntime',
      model: join(usual, 'model.onnx'),
      exact: true,
    },
  };
}

/**
 * transformers.js from npm around the usual export and, where there is one, the int8 export. It is installed below
 * bench/.work once, because nothing else needs it.
 */
export async function prepareTransformersJs({ checkpointDir, usual }, int8Export) {
  const entry = await installTransformersJs();
  const model = join(checkpointDir, '..', 'transformers-js');
  await mkdir(join(model, 'onnx'), { recursive: true });
  for (const name of ['config.json', 'tokenizer.json'])
    await link(join(checkpointDir, name), join(model, name));
  await symlink(usual.model, join(model, 'onnx/model.onnx'));
  // ONNX Runtime looks for the one, transformers.js for the other.
  for (const name of ['model.onnx.data', 'model.onnx_data'])
    await symlink(join(dirname(usual.model), 'model.onnx.data'), join(model, 'onnx', name));
  const contender = { kind: 'transformers.js', entry, model };
  const contenders = [{ ...contender, name: 'transformers.js fp32', dtype: 'fp32', exact: true }];
  if (int8Export) {
    await symlink(int8Export, join(model, 'onnx/model_quantized.onnx'));
    contenders.push({ ...contender, name: 'transformers.js q8', dtype: 'q8', exact: false });
  }
  return contenders;
}

/** Versions of what runs on Node. */
export async function nodeVersions(withTransformersJs) {
  const ownPackages = fileURLToPath(new URL('../../node_modules/', import.meta.url));
  const ownRuntime = await versionOf(ownPackages, 'onnxruntime-node');
  if (!withTransformersJs) return { 'onnxruntime-node': ownRuntime };
  const packages = packagesOfTransformersJs();
  return {
    'onnxruntime-node': ownRuntime,
    'transformers.js': await versionOf(packages, TRANSFORMERS_JS.name),
    'onnxruntime-node of transformers.js': await versionOf(packages, 'onnxruntime-node'),
  };
}

export async function installTransformersJs() {
  const { name, version } = TRANSFORMERS_JS;
  const packages = packagesOfTransformersJs();
  const installed = await versionOf(packages, name).catch(() => null);
  if (installed !== version) {
    const prefix = dirname(packages);
    await mkdir(prefix, { recursive: true });
    const flags = ['--no-save', '--ignore-scripts', '--prefix', prefix];
    await promisify(execFile)('npm', ['install', ...flags, `${name}@${version}`]);
  }
  return join(packages, name, 'dist/transformers.node.mjs');
}

function packagesOfTransformersJs() {
  return join(WORK, 'transformers.js/node_modules');
}

async function versionOf(packages, name) {
  return JSON.parse(await readFile(join(packages, name, 'package.json'), 'utf8')).version;
}
