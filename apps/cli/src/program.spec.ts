import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { makeProgram } from './program.js';

const PAGE = fileURLToPath(new URL('../../../docs/cli.md', import.meta.url));
const program = makeProgram(() => undefined);

/** Commands that do something, by the words that call them. */
function leaves(command: Command, words: string[] = []): [name: string, command: Command][] {
  if (command.commands.length === 0) return [[words.join(' '), command]];
  return command.commands.flatMap((one) => leaves(one, [...words, one.name()]));
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (more) => {
      text += more;
    },
  });
  command.outputHelp();
  return text;
}

const groups = program.commands
  .filter(({ commands }) => commands.length > 0)
  .map((group): [string, Command] => [group.name(), group]);

describe('commands', () => {
  it('are those that the page of the command line lists', async () => {
    const page = await readFile(PAGE, 'utf8');
    const rows = [...page.matchAll(/^\| `([\w-]+)` \| ((?:`[\w-]+`(?:, )?)*) ?\| .+ \|$/gm)];
    const listed = rows.flatMap(([, noun, verbs]) => {
      const names = [...verbs!.matchAll(/[\w-]+/g)].map(([verb]) => verb);
      return names.length === 0 ? [noun!] : names.map((verb) => `${noun} ${verb}`);
    });
    expect(listed.sort()).toEqual(
      leaves(program)
        .map(([name]) => name)
        .sort(),
    );
  });

  it.each(leaves(program))('%s says what it does, what it takes, and has an example', (name, command) => {
    const text = helpOf(command);
    expect(text).toMatch(new RegExp(`^Usage: .*heddle ${name} `));
    expect(text).toMatch(new RegExp(`^Example: .*heddle ${name}( |$)`, 'm'));
    expect(command.description()).not.toBe('');
    for (const { flags, description } of command.options) expect(description, flags).not.toBe('');
  });

  it.each(groups)('%s says what it is for', (_, group) => {
    expect(group.description()).not.toBe('');
  });
});

/** Those that ask a server, alone or besides what they do here. `profiles set` only notes one down. */
const asking = leaves(program).filter(
  ([name, { options }]) => name !== 'profiles set' && options.some(({ long }) => long === '--server'),
);

it.each(asking)('%s may be told the server, the key, the profile, and how to print', (_, { options }) => {
  const flags = options.map(({ long }) => long);
  expect(flags).toEqual(expect.arrayContaining(['--server', '--key', '--profile', '--output', '--json']));
});
