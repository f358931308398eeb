import { Argument, type Command } from 'commander';
import { example } from '../command-name.js';
import { bashCompletion } from './bash.js';
import { fishCompletion } from './fish.js';
import { nodesOf } from './tree.js';
import { zshCompletion } from './zsh.js';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };

type Shell = keyof typeof SCRIPTS;

export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('print a script that has a shell complete commands, options and values of `heddle`')
    .addArgument(new Argument('<shell>').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', `\nHow to load it: docs/cli.md.${example('completion bash')}`)
    .action((shell: Shell) => {
      process.stdout.write(SCRIPTS[shell](nodesOf(program)));
    });
}
