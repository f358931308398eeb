import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { COMMAND } from './command-name.js';
import { addCompletionCommand } from './completion/command.js';
import { addLocalCommands } from './local-commands.js';
import { addLocalEvaluationCommands } from './local-evaluations.js';
import { addRemoteCommands } from './remote/commands.js';

/** All commands. `exit` is told the exit status of one that has done its work. */
export function makeProgram(exit: (status: number) => void): Command {
  const program = new Command(COMMAND)
    .description('Serve DeBERTa models from a durable job queue.')
    .version(ownVersion())
    .showHelpAfterError('(--help shows how)')
    .exitOverride()
    // An option after a command is the command's, also where it is called --version.
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `
Exit status: 0 ok, 1 a job failed, 2 usage, 3 key, 4 not found, 5 conflict or invalid, 6 capacity, 7 network,
8 waited too long, 78 configuration, 130 interrupted`,
    );
  addLocalCommands(program, exit);
  addRemoteCommands(program, exit);
  addLocalEvaluationCommands(program.commands.find((command) => command.name() === 'evaluations')!);
  addCompletionCommand(program);
  // Subcommands inherit only what exists when they are made.
  for (const command of program.commands)
    for (const each of [command, ...command.commands]) each.exitOverride();
  return program;
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
