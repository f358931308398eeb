import type { Environment } from '@heddle/config';
import { probeProvider } from '@heddle/runtime';
import { openStore } from '@heddle/store';
import { machineOf } from '@heddle/tuning';
import { COMMAND } from './command-name.js';
import { EXIT } from './remote/errors.js';
import { makeFolders } from './setup/folders.js';
import { withDatabase } from './setup/local-database.js';
import { connectionOf } from './setup/setup.js';
import { measureEach } from './tune/measure.js';
import { plansAsJson, plansAsText } from './tune/report.js';
import { chooseVersions } from './tune/versions.js';

export interface TuneOptions {
  redo: boolean;
  json: boolean;
}

/** `heddle tune`; `exit` is told where a model cannot be measured. */
export async function tuneModels(
  values: Environment,
  models: string[],
  options: TuneOptions,
  exit: (status: number) => void,
): Promise<void> {
  const { HEDDLE_PROVIDER: provider, HEDDLE_DEVICES: devices } = values;
  const machine = machineOf(provider, values.HEDDLE_INFERENCE_THREADS);
  // As a worker does at its start: says what is missing, where a model would only say that it cannot be opened.
  if (options.redo) await Promise.all(devices.map((device) => probeProvider(provider, device)));
  await withDatabase(values, async (url, signal) => {
    const store = await openStore(connectionOf(url));
    try {
      const list = async () => chooseVersions(await store.plans.listVersions(machine), models);
      if (options.redo) {
        await makeFolders(values);
        const failed = await measureEach(await list(), { values, store, machine, signal });
        if (failed > 0) exit(EXIT.conflict);
      }
      const versions = await list();
      const text = options.json
        ? plansAsJson(machine, versions)
        : plansAsText(machine, versions, `${COMMAND} tune --redo`);
      process.stdout.write(`${text}\n`);
    } finally {
      await store.close();
    }
  });
}
