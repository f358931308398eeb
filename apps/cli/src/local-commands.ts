import { loadConfig, orExit } from '@heddle/config';
import type { Command } from 'commander';
import { COMMAND, example } from './command-name.js';
import { addGarbageCommand } from './local-garbage.js';
import { addKeyCommands } from './local-keys.js';
import { addSharedModelCommands } from './local-models.js';
import { addTuningCommand } from './local-tuning.js';
import { addRemoteWebhookCommands } from './remote/webhooks.js';
import { addListenCommand } from './webhooks/listen.js';

/**
 * Commands for the machine Heddle runs on: they use the database and the data folder themselves. What they need for that is
 * imported when one runs, as it takes longer to load than most commands take.
 */
export function addLocalCommands(program: Command, exit: (status: number) => void): void {
  program
    .command('up')
    .description('start everything on this machine: Postgres, api, dispatcher, worker')
    .option('--new-admin-key', 'take the admin key out of service and print a new one', false)
    .addHelpText(
      'after',
      `\nSettings are environment variables (docs/configuration.md).\nExample: HEDDLE_PORT=9000 ${COMMAND} up`,
    )
    .action(async (options: { newAdminKey: boolean }) => {
      const { up } = await import('./up/up.js');
      exit(await up(options));
    });

  program
    .command('setup')
    .description('prepare servers of your own: migrate, import the shipped models, make the first key')
    .option('--new-admin-key', 'take the admin key out of service and print a new one', false)
    .addHelpText('after', `\nExample: HEDDLE_DATABASE_URL=postgres://… ${COMMAND} setup`)
    .action(async (options: { newAdminKey: boolean }) => {
      const config = orExit(() => loadConfig());
      const [{ makeFolders }, { setUp }, { ensureAdminKey }] = await Promise.all([
        import('./setup/folders.js'),
        import('./setup/setup.js'),
        import('./setup/admin-key.js'),
      ]);
      await makeFolders(config.env);
      const report = (line: string) => void process.stderr.write(`${line}\n`);
      await setUp({ ...config, report });
      const adminKey = await ensureAdminKey(config.databaseUrl, options.newAdminKey);
      const line = adminKey ? `admin key (shown only now): ${adminKey}` : 'admin key: made earlier';
      process.stdout.write(`${line}\n`);
    });

  addKeyCommands(program);
  addSharedModelCommands(program);
  addGarbageCommand(program);
  addTuningCommand(program, exit);
  const webhooks = program
    .command('webhooks')
    .description('make, change and test webhooks, and see what they send');
  addListenCommand(webhooks);
  addRemoteWebhookCommands(webhooks);

  program
    .command('doctor')
    .description('check this machine and say what to do')
    .addHelpText('after', example('doctor'))
    .action(async () => {
      const { doctor } = await import('./doctor/doctor.js');
      exit(await doctor());
    });
}
