#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { ConfigError, EXIT_CONFIG } from '@heddle/config';
import { HeddleError, plainLines } from '@heddle/contracts';
import { DataFolderInUseError, UnreachableFolderError } from '@heddle/embedded';
import { Command, CommanderError } from 'commander';
import { COMMAND } from './command-name.js';
import { addLocalCommands } from './local-commands.js';
import { addLocalEvaluationCommands } from './local-evaluations.js';
import { addRemoteCommands } from './remote/commands.js';
import { cliErrorOf, EXIT } from './remote/errors.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command(COMMAND)
  .description('Serve DeBERTa models from a durable job queue.')
  .version(version)
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
const exit = (status: number) => {
  process.exitCode = status;
};
addLocalCommands(program, exit);
addRemoteCommands(program, exit);
addLocalEvaluationCommands(program.commands.find((command) => command.name() === 'evaluations')!);
// Subcommands inherit only what exists when they are made.
for (const command of program.commands)
  for (const each of [command, ...command.commands]) each.exitOverride();

for (const stream of [process.stdout, process.stderr]) stream.on('error', onUnwritable);

try {
  await program.parseAsync(helpFor(process.argv.slice(2)), { from: 'user' });
} catch (error) {
  process.exitCode = statusOf(error);
}
// Idle connections of HTTP clients must not keep a finished command alive; what was printed must get out first.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))),
);
process.exit();

/**
 * Who reads what is printed may leave, as `head` does: then there is nothing more to do. Except for `up`, which goes on
 * serving.
 */
function onUnwritable(error: NodeJS.ErrnoException): void {
  if (process.argv[2] === 'up') return;
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(`cannot print (${error.code})\n`);
  process.exit(1);
}

/** `help jobs list` as `jobs list --help`: commander's own help knows one level only. */
function helpFor(args: string[]): string[] {
  const [first, noun, verb] = args;
  if (first !== 'help' || !verb) return args;
  const known = program.commands.find((command) => command.name() === noun)?.commands;
  return known?.some((command) => command.name() === verb) ? [noun!, verb, '--help'] : args;
}

function statusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const known = cliErrorOf(error);
  if (known) {
    tell(known.message);
    return known.exitStatus;
  }
  if (error instanceof Error && error.name === 'AbortError') {
    process.stderr.write('interrupted\n');
    return EXIT.interrupted;
  }
  if (error instanceof ConfigError) {
    process.stderr.write(`configuration: ${error.message}\n`);
    return EXIT_CONFIG;
  }
  if (error instanceof DataFolderInUseError || error instanceof UnreachableFolderError) {
    process.stderr.write(`${error.message}\n`);
    return error instanceof UnreachableFolderError ? EXIT_CONFIG : EXIT.conflict;
  }
  if (error instanceof HeddleError) {
    const details = error.errors.map(({ pointer, message }) => `\n  ${pointer}: ${message}`);
    tell(`${error.code}: ${error.message}${details.join('')}`);
    if (error.code === 'wrong-schema' || error.code === 'provider-unavailable') return EXIT_CONFIG;
    if (error.code === 'not-found') return EXIT.notFound;
    return error.code === 'overloaded' ? EXIT.network : EXIT.conflict;
  }
  if (error instanceof Error && 'syscall' in error) {
    tell(error.message);
    return 1;
  }
  tell(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
}

/** Messages quote names and texts of whatever origin. */
function tell(message: string): void {
  process.stderr.write(`${plainLines(message)}\n`);
}
