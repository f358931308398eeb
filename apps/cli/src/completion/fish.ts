import { type CommandNode, type OptionNode, reachedAs, type Value } from './tree.js';

/** A script for fish 3 and newer. */
export function fishCompletion(nodes: readonly CommandNode[]): string {
  const paths = nodes.slice(1).map(({ path }) => quoted(reachedAs(path)));
  return `# fish completion of heddle
function __heddle_at
    set -l at ''
    for word in (commandline -opc)[2..-1]
        switch "$at $word"
            case ${paths.join(' ')}
                set at (string trim -- "$at $word")
        end
    end
    test "$at" = "$argv[1]"
end
complete -c heddle -f
${nodes.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, commands, options, argument }: CommandNode): string[] {
  const begin = `complete -c heddle -n ${quoted(`__heddle_at ${quoted(path)}`)}`;
  const lines = commands.map(
    ({ name, description }) => `${begin} -a ${quoted(name)} -d ${quoted(description)}`,
  );
  lines.push(...options.map((option) => `${begin} ${optionText(option)}`));
  if (argument && argument.kind !== 'other') lines.push(`${begin} ${valueText(argument)}`);
  return lines;
}

function optionText({ flags, description, value }: OptionNode): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return [...names, ...(value ? ['-r', valueText(value)] : []), `-d ${quoted(description)}`].join(' ');
}

function valueText(value: Value): string {
  switch (value.kind) {
    case 'words':
      return `-f -a ${quoted(value.words.join(' '))}`;
    case 'file':
      return '-F';
    case 'folder':
      return "-f -a '(__fish_complete_directories)'";
    case 'other':
      return '-f';
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, (found) => `\\${found}`)}'`;
}
