import { type CommandNode, reachedAs, type Value } from './tree.js';

/** A script for bash 3.2 and newer. */
export function bashCompletion(nodes: readonly CommandNode[]): string {
  const paths = nodes.slice(1).map(({ path }) => quoted(reachedAs(path)));
  const values = nodes.flatMap(({ path, options }) =>
    options.flatMap(({ flags, value }) =>
      value ? flags.map((flag): Case => [`${path} ${flag}`, `${replyOf(value)}; return`]) : [],
    ),
  );
  const args = nodes.flatMap(({ path, argument }): Case[] => (argument ? [[path, replyOf(argument)]] : []));
  return `# bash completion of heddle
_heddle() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local at='' commands='' options='' i
  COMPREPLY=()
  # --output=json comes as three words.
  if [[ $current == '=' ]]; then
    current=''
  elif [[ $previous == '=' ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
      ${paths.join(' | ')}) at="\${at:+$at }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at $previous" in
${casesOf(values)}
  esac
  case "$at" in
${nodes.map(nodeCase).join('\n')}
  esac
  if [[ $current == -* ]]; then
    _heddle_words "$options"
  elif [[ -n $commands ]]; then
    _heddle_words "$commands"
  else
    case "$at" in
${casesOf(args)}
    esac
  fi
}
_heddle_words() {
  COMPREPLY=($(compgen -W "$1" -- "$current"))
}
_heddle_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$1" -- "$current"))
}
complete -F _heddle heddle
`;
}

type Case = [path: string, body: string];

function nodeCase({ path, commands, options }: CommandNode): string {
  const names = commands.map(({ name }) => name).join(' ');
  const flags = options.flatMap((option) => option.flags).join(' ');
  return `    ${quoted(path)}) commands=${quoted(names)} options=${quoted(flags)} ;;`;
}

/** What has the same body is one case. */
function casesOf(cases: Case[]): string {
  const byBody = new Map<string, string[]>();
  for (const [path, body] of cases) byBody.set(body, [...(byBody.get(body) ?? []), quoted(path)]);
  return [...byBody].map(([body, paths]) => `      ${paths.join(' | ')}) ${body} ;;`).join('\n');
}

function replyOf(value: Value): string {
  if (value.kind === 'words') return `_heddle_words ${quoted(value.words.join(' '))}`;
  if (value.kind === 'other') return ':';
  return value.kind === 'file' ? '_heddle_files -f' : '_heddle_files -d';
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
