import { join } from 'node:path';
import { materialise, openFolderStore } from '@heddle/artifacts';
import { type Environment, foldersOf, inferenceChildren, layoutIsSet } from '@heddle/config';
import { mainGraphs } from '@heddle/deberta';
import type { PlannedVersion, Store } from '@heddle/store';
import { Tuning } from '@heddle/tuning';
import { nameOf } from './versions.js';

interface MeasureOptions {
  values: Environment;
  store: Store;
  machine: string;
  version: PlannedVersion;
  signal: AbortSignal;
}

/**
 * Measures a version on this machine and keeps the plan; tells standard error how far it is. Errors: `artifact-corrupt`,
 * `model-unavailable`, `worker-crashed`; an AbortError after an interrupt.
 */
export async function measure({ values, store, machine, version, signal }: MeasureOptions): Promise<void> {
  const { id, manifest } = version;
  const { artifactsDir, cacheDir } = foldersOf(values);
  const folder = join(cacheDir, id);
  const show = progressOf(nameOf(version));
  await materialise(openFolderStore(artifactsDir), manifest.files, folder);
  const graphs = mainGraphs(manifest, values.HEDDLE_PROVIDER).map(({ lowering, file }) => {
    return { lowering, path: join(folder, file) };
  });
  const tuning = new Tuning(
    { graphs, maxTokens: manifest.maxTokens },
    {
      machine,
      provider: values.HEDDLE_PROVIDER,
      device: values.HEDDLE_DEVICES[0]!,
      children: inferenceChildren(values),
      threads: values.HEDDLE_INFERENCE_THREADS ?? 1,
      tryLayouts: !layoutIsSet(values),
      memoryBytes: values.HEDDLE_MODEL_MEMORY_MIB * 1024 ** 2,
      runTimeoutMs: values.HEDDLE_INFERENCE_TIMEOUT_MS,
      background: false,
      onMeasured: show.step,
      onLog: (line) => process.stderr.write(`${line}\n`),
    },
  );
  const started = performance.now();
  const plan = await tuning.run(signal);
  await store.plans.put(id, plan);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  show.end(`${plan.measured.length} sizes of forward passes measured in ${seconds} s`);
}

/** One line, written again and again on a terminal; elsewhere one at the beginning and one at the end. */
function progressOf(name: string): { step: () => void; end: (text: string) => void } {
  const { isTTY } = process.stderr;
  let steps = 0;
  process.stderr.write(`${name}: measuring …${isTTY ? '' : '\n'}`);
  return {
    step: () => {
      steps++;
      if (isTTY) process.stderr.write(`\r${name}: measuring … ${steps}`);
    },
    end: (text) => process.stderr.write(`${isTTY ? '\r' : ''}${name}: ${text}\n`),
  };
}
