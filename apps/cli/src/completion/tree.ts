import type { Argument, Command, Option } from 'commander';

/** What may stand in a place: some words, a file or folder of this machine, or anything else. */
export type Value =
  | { kind: 'words'; words: readonly string[] }
  | { kind: 'file' }
  | { kind: 'folder' }
  | { kind: 'other'; name: string };

export interface OptionNode {
  /** `-p` and `--parameter`, the long one last. */
  flags: string[];
  description: string;
  /** What follows it; null where nothing does. */
  value: Value | null;
}

/** A command as a shell completes it. */
export interface CommandNode {
  /** `jobs list`; empty for the program. */
  path: string;
  commands: { name: string; description: string }[];
  options: OptionNode[];
  /** What stands behind a command that has no others below it; null where nothing does. */
  argument: Value | null;
}

/** Placeholders that mean something of this machine. */
const FILES: ReadonlySet<string> = new Set(['file', 'path', 'checkpoint']);
const FOLDERS: ReadonlySet<string> = new Set(['folder']);

/** A command, and then all below it; hidden ones are left out. */
export function nodesOf(command: Command, path = ''): CommandNode[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command);
  const names = commands.map((one) => one.name()).filter((name) => name !== 'help');
  const node: CommandNode = {
    path,
    commands: commands.map((one) => ({ name: one.name(), description: one.description() })),
    options: help.visibleOptions(command).map(optionNode),
    argument: argumentOf(command.registeredArguments),
  };
  const below = commands.flatMap((one): CommandNode[] => {
    const at = path === '' ? one.name() : `${path} ${one.name()}`;
    if (one.name() !== 'help') return nodesOf(one, at);
    return [{ path: at, commands: [], options: [], argument: { kind: 'words', words: names } }];
  });
  return [node, ...below];
}

/** `jobs list` as the words so far and the next one are put together: the first word has none before it. */
export function reachedAs(path: string): string {
  return path.includes(' ') ? path : ` ${path}`;
}

function optionNode({ short, long, description, flags, argChoices }: Option): OptionNode {
  const placeholder = /[<[](.+?)(?:\.\.\.)?[>\]]$/.exec(flags)?.[1];
  return {
    flags: [short, long].filter((flag) => flag !== undefined && flag !== null),
    description,
    value: placeholder === undefined ? null : meaningOf(placeholder, argChoices),
  };
}

/** Of several the first that a shell can say something about. */
function argumentOf(args: readonly Argument[]): Value | null {
  const values = args.map((argument) => meaningOf(argument.name(), argument.argChoices));
  return values.find(({ kind }) => kind !== 'other') ?? values[0] ?? null;
}

function meaningOf(placeholder: string, choices: readonly string[] | undefined): Value {
  if (choices) return { kind: 'words', words: choices };
  if (FILES.has(placeholder)) return { kind: 'file' };
  return FOLDERS.has(placeholder) ? { kind: 'folder' } : { kind: 'other', name: placeholder };
}
