/** The contenders that need nothing but Node, all with the same random weights. */
import { execFile } from 'node:child_process';
import { link, mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { compileModel } from '@heddle/deberta';
import { buildVersion } from '../../libs/importing/dist/build-version.js';
import { generateCheckpoint } from '../generate-checkpoint.mjs';
import { writeUsualExport } from './usual-export.mjs';

/** Fetched packages and the models of a run. */
export const WORK = fileURLToPath(new URL('../.work/', import.meta.url));
/** Graphs of a version. `exact` ones must answer as float32 does. */
const FP32 = { name: 'fp32', file: 'model.onnx', exact: true };
const INT8 = { name: 'int8', file: 'int8.onnx', exact: false };
const TRANSFORMERS_JS = { name: '@huggingface/transformers', version: '4.3.1' };

/**
 * Writes a checkpoint of `shape` and what Heddle and the usual export make of it. With `int8` Heddle's is a whole
 * import, whose gate the variant must pass as any other.
 */
export async function prepareModels(folder, shape, { int8 = false } = {}) {
  console.log('preparing models …');
  const [checkpointDir, own, usual] = ['checkpoint', 'heddle', 'usual'].map((name) => join(folder, name));
  await generateCheckpoint(checkpointDir, shape);
  await Promise.all([mkdir(own), mkdir(usual)]);
  const { dir, agreement } = int8 ? await importInt8(checkpointDir, own) : await compile(checkpointDir, own);
  await writeUsualExport(checkpointDir, usual);
  return {
    checkpointDir,
    agreement,
    heddle: (int8 ? [FP32, INT8] : [FP32]).map(({ name, file, exact }) => ({
      name: `heddle ${name}`,
      kind: 'heddle',
      model: join(dir, file),
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

async function compile(checkpointDir, outDir) {
  await compileModel({ checkpointDir, outDir });
  return { dir: outDir };
}

async function importInt8(checkpointDir, workDir) {
  const source = { folder: checkpointDir };
  const { dir, report } = await buildVersion(
    { source, wishes: { precision: 'int8' }, workDir },
    () => undefined,
  );
  const { same_decisions, mean_difference, activations, layers } = report.int8;
  const int8_layers = layers.filter(({ precision }) => precision === 'int8').length;
  return {
    dir,
    agreement: { same_decisions, mean_difference, activations, int8_layers, layers: layers.length },
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
