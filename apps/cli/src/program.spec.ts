import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { createProgram } from './program.js';

const commandsOf = (command: Command, path: string[] = []): [string, Command][] =>
  command.commands.length === 0
    ? [[path.join(' '), command]]
    : command.commands.flatMap((child) => commandsOf(child, [...path, child.name()]));
const commands = commandsOf(createProgram(() => undefined));

it('has commands of its own and of the server', () => {
  const names = commands.map(([name]) => name);
  expect(names).toEqual(expect.arrayContaining(['up', 'run', 'versions import', 'evaluations ablate']));
  expect(names.length).toBeGreaterThan(60);
});

it.each(commands)('%s explains itself with an example', (name, command) => {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  // From the clone, which the tests run in.
  expect(help).toMatch(new RegExp(`^Usage: npx heddle ${name} `));
  expect(help).toMatch(new RegExp(`^Example: .*npx heddle ${name}`, 'm'));
});
