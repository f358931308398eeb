#!/usr/bin/env node
import { ConfigError, EXIT_CONFIG } from '@heddle/config';
import { HeddleError, plainLines } from '@heddle/contracts';
import { DataFolderInUseError, UnreachableFolderError } from '@heddle/embedded';
import { CommanderError } from 'commander';
import { makeProgram } from './program.js';
import { cliErrorOf, EXIT } from './remote/errors.js';

const program = makeProgram((status) => {
  process.exitCode = status;
});

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
