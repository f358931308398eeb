#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { EXIT_CONFIG } from '@heddle/config';
import { HeddleError } from '@heddle/contracts';
import { Command, CommanderError } from 'commander';
import { addLocalCommands } from './local-commands.js';
import { addRemoteCommands } from './remote/commands.js';
import { CliError, EXIT } from './remote/errors.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('heddle')
  .description('Serve DeBERTa models from a durable job queue.')
  .version(version)
  .showHelpAfterError('(--help shows how)')
  .exitOverride()
  .addHelpText(
    'after',
    `
Exit status: 0 ok, 1 a job failed, 2 usage, 3 key, 4 not found, 5 conflict or invalid, 6 capacity, 7 network, 78 configuration`,
  );
const exit = (status: number) => {
  process.exitCode = status;
};
addLocalCommands(program, exit);
addRemoteCommands(program, exit);
// Subcommands inherit only what exists when they are made.
for (const command of program.commands)
  for (const each of [command, ...command.commands]) each.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = statusOf(error);
}
// Idle connections of HTTP clients must not keep a finished command alive; what was printed must get out first.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))),
);
process.exit();

function statusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CliError) {
    process.stderr.write(`${error.message}\n`);
    return error.exitStatus;
  }
  if (error instanceof HeddleError) {
    process.stderr.write(`${error.code}: ${error.message}\n`);
    if (error.code === 'wrong-schema') return EXIT_CONFIG;
    return error.code === 'overloaded' ? EXIT.network : EXIT.conflict;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}
