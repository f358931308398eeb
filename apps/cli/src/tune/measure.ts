import { join } from 'node:path';
import { materialise, openArtifactStore } from '@heddle/artifacts';
import { artifactsOf, type Environment, foldersOf, inferenceChildren, layoutIsSet } from '@heddle/config';
import { HeddleError } from '@heddle/contracts';
import { mainGraphs } from '@heddle/deberta';
import type { PlannedVersion, Store } from '@heddle/store';
import { Tuning } from '@heddle/tuning';
import { nameOf } from './versions.js';

interface MeasureOptions {
  values: Environment;
  store: Store;
  machine: string;
  signal: AbortSignal;
}

/**
 * Measures versions on this machine, one after the other, and keeps their plans; tells standard error how far it is, and
 * why a version cannot be measured. How many cannot. Errors: `overloaded` when the database is lost; an AbortError after
 * an interrupt.
 */
export async function measureEach(versions: PlannedVersion[], options: MeasureOptions): Promise<number> {
  let failed = 0;
  for (const version of versions) {
    const show = progressOf(nameOf(version));
    try {
      show.end(await measure(version, options, show.step));
    } catch (error) {
      if (!(error instanceof HeddleError) || error.code === 'overloaded') throw error;
      failed++;
      show.end(`cannot be measured: ${error.code}: ${error.message}`);
    }
  }
  return failed;
}

async function measure(
  version: PlannedVersion,
  { values, store, machine, signal }: MeasureOptions,
  onMeasured: () => void,
): Promise<string> {
  const { id, manifest } = version;
  const folder = join(foldersOf(values).cacheDir, id);
  await materialise(await openArtifactStore(artifactsOf(values)), manifest.files, folder);
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
      memoryBytes: () => values.HEDDLE_MODEL_MEMORY_MIB * 1024 ** 2,
      runTimeoutMs: values.HEDDLE_INFERENCE_TIMEOUT_MS,
      background: false,
      onMeasured,
      onLog: (line) => process.stderr.write(`${line}\n`),
    },
  );
  const started = performance.now();
  const plan = await tuning.run(signal);
  await store.plans.put(id, plan);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  return `${plan.measured.length} sizes of forward passes measured in ${seconds} s`;
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
