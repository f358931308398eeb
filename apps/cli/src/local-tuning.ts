import { orExit, readEnvironment } from '@heddle/config';
import { probeProvider } from '@heddle/runtime';
import { openStore } from '@heddle/store';
import { machineOf } from '@heddle/tuning';
import type { Command } from 'commander';
import { COMMAND, example } from './command-name.js';
import { EXIT } from './remote/errors.js';
import { makeFolders } from './setup/folders.js';
import { withDatabase } from './setup/local-database.js';
import { connectionOf } from './setup/setup.js';
import { measureEach } from './tune/measure.js';
import { plansAsJson, plansAsText } from './tune/report.js';
import { chooseVersions } from './tune/versions.js';

export function addTuningCommand(program: Command, exit: (status: number) => void): void {
  program
    .command('tune')
    .description('show how model versions run best on this machine, or measure it')
    .argument('[models...]', 'name, or name@number; every model without one')
    .option(
      '--redo',
      'measure now, best without other work on the machine; workers follow within a minute',
      false,
    )
    .option('--json', 'print everything that was measured', false)
    .addHelpText(
      'after',
      `\nWorkers measure by themselves when they have nothing to do (docs/tuning.md).${example('tune sentiment --redo')}`,
    )
    .action(async (models: string[], options: { redo: boolean; json: boolean }) => {
      const values = orExit(() => readEnvironment(process.env));
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
    });
}
