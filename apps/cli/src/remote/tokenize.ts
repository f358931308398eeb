import type { Tokenization } from '@heddle/client';
import type { Command } from 'commander';
import { example } from '../command-name.js';
import { clientOf, formatOf, type RemoteOptions, remote } from './options.js';
import { print } from './output.js';

type Token = Tokenization['data'][number]['tokens'][number];

const TOKEN_COLUMNS: Record<string, (token: Token) => string> = {
  ID: ({ id }) => String(id),
  TOKEN: ({ token }) => token,
  START: ({ start }) => String(start ?? '-'),
  END: ({ end }) => String(end ?? '-'),
  WORD: ({ word }) => String(word ?? '-'),
  OF: (token) => (token.special ? '-' : token.text_pair ? 'pair' : 'text'),
};

interface TokenizeOptions extends RemoteOptions {
  pair?: string;
  specialTokens: boolean;
}

export function addTokenizeCommand(program: Command): void {
  remote(program.command('tokenize'))
    .description('cut a text into the tokens of a model')
    .argument('<model>', 'name, name@alias, name@3 or ver_…')
    .argument('<text>')
    .option('--pair <text>', 'the second text of a pair')
    .option('--no-special-tokens', 'leave out those around the text, such as [CLS] and [SEP]')
    .addHelpText('after', example('tokenize sentiment "I loved it"'))
    .action(async (model: string, text: string, options: TokenizeOptions) => {
      const { pair, specialTokens } = options;
      const input = pair === undefined ? text : { text, text_pair: pair };
      const body = { model, inputs: [input], add_special_tokens: specialTokens };
      const answer = await clientOf(options).tokenize(body);
      if (formatOf(options) === 'json') return print('json', [answer], {});
      for (const { tokens } of answer.data) print(formatOf(options), tokens, TOKEN_COLUMNS);
    });
}
