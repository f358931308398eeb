import { type CommandNode, type OptionNode, reachedAs, type Value } from './tree.js';

/** A script for zsh: to be sourced after compinit, or as the file `_heddle` of a folder of `fpath`. */
export function zshCompletion(nodes: readonly CommandNode[]): string {
  const paths = nodes.slice(1).map(({ path }) => quoted(reachedAs(path)));
  return `#compdef heddle
_heddle() {
  local at='' i
  local -a commands
  for ((i = 2; i < CURRENT; i++)); do
    case "$at \${words[i]}" in
      (${paths.join(' | ')}) at="\${at:+$at }\${words[i]}" ;;
      (*) break ;;
    esac
  done
  # As if the command were a program of its own.
  shift $((i - 2)) words
  ((CURRENT -= i - 2))
  case "$at" in
${nodes.map(nodeCase).join('\n')}
  esac
}
if [[ \${funcstack[1]} == _heddle ]]; then
  _heddle "$@"
else
  compdef _heddle heddle
fi
`;
}

function nodeCase({ path, commands, options, argument }: CommandNode): string {
  const specs = options.flatMap(optionSpecs);
  const lines: string[] = [];
  if (commands.length > 0) {
    const described = commands.map(({ name, description }) => quoted(`${name}:${description}`));
    lines.push(`commands=(${described.join(' ')})`);
    specs.push('1:command:{_describe -t commands command commands}');
  } else if (argument) specs.push(`*:${valueSpec(argument)}`);
  lines.push(`_arguments ${specs.map(quoted).join(' ')}`);
  return `    (${quoted(path)})\n${lines.map((line) => `      ${line}`).join('\n')}\n      ;;`;
}

/** One for each flag; `*`: it may come again. */
function optionSpecs({ flags, description, value }: OptionNode): string[] {
  const told = description.replaceAll(/[\\[\]:]/g, (found) => `\\${found}`);
  return flags.map((flag) => {
    if (!value) return `*${flag}[${told}]`;
    // `--output=json` as well as `--output json`.
    return `*${flag}${flag.startsWith('--') ? '=' : ''}[${told}]:${valueSpec(value)}`;
  });
}

/** What it is, and how it is completed. */
function valueSpec(value: Value): string {
  switch (value.kind) {
    case 'words':
      return `value:(${value.words.join(' ')})`;
    case 'file':
      return 'file:_files';
    case 'folder':
      return 'folder:_files -/';
    case 'other':
      // No words, rather than a message: where one may stand, options are not inserted.
      return `${value.name.replaceAll(/[\\[\]:]/g, (found) => `\\${found}`)}:()`;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
