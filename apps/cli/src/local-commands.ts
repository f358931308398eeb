import { loadConfig, orExit } from '@heddle/config';
import type { Command } from 'commander';
import { COMMAND, example } from './command-name.js';
import { doctor } from './doctor/doctor.js';
import { addGarbageCommand } from './local-garbage.js';
import { addKeyCommands } from './local-keys.js';
import { addSharedModelCommands } from './local-models.js';
import { addTuningCommand } from './local-tuning.js';
import { addRemoteWebhookCommands } from './remote/webhooks.js';
import { ensureAdminKey } from './setup/admin-key.js';
import { makeFolders } from './setup/folders.js';
import { setUp } from './setup/setup.js';
import { up } from './up/up.js';
import { addListenCommand } from './webhooks/listen.js';

/** Commands for the machine Heddle runs on: they use the database and the data folder themselves. */
export function addLocalCommands(program: Command, exit: (status: number) => void): void {
  program
    .command('up')
    .description('start everything on this machine: Postgres, api, dispatcher, worker')
    .option('--new-admin-key', 'take the admin key out of service and print a new one', false)
    .addHelpText(
      'after',
      `\nSettings are environment variables (docs/configuration.md).\nExample: HEDDLE_PORT=9000 ${COMMAND} up`,
    )
    .action(async (options: { newAdminKey: boolean }) => exit(await up(options)));

  program
    .command('setup')
    .description('prepare servers of your own: migrate, import the shipped models, make the first key')
    .option('--new-admin-key', 'take the admin key out of service and print a new one', false)
    .addHelpText('after', `\nExample: HEDDLE_DATABASE_URL=postgres://… ${COMMAND} setup`)
    .action(async (options: { newAdminKey: boolean }) => {
      const config = orExit(() => loadConfig());
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
    .action(async () => exit(await doctor()));
}
