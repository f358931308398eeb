import type { Command } from 'commander';
import { example } from '../command-name.js';
import { isHttpUrl, isKey } from './connection.js';
import { CliError, EXIT } from './errors.js';
import { formatOf, type OutputOptions, outputOptions } from './options.js';
import { print } from './output.js';
import { isProfileName, profilesPath, readProfiles, unknownProfile, writeProfiles } from './profiles.js';
import { secretOfStdin } from './stdin.js';

/** Characters of a key that are no secret: those that `keys list` shows. */
const PREFIX_CHARS = 8;

interface Row {
  name: string;
  server: string;
  key_prefix: string | null;
  current: boolean;
}

const COLUMNS: Record<string, (row: Row) => string> = {
  CURRENT: ({ current }) => (current ? '*' : ''),
  NAME: ({ name }) => name,
  SERVER: ({ server }) => server,
  KEY: ({ key_prefix }) => (key_prefix === null ? '-' : `${key_prefix}…`),
};

/** Servers and keys under names, kept on this machine. */
export function addProfileCommands(program: Command): void {
  const profiles = program
    .command('profiles')
    .description('keep servers and keys under names, for --profile; no request is made');
  outputOptions(profiles.command('list'))
    .description('list the profiles of this machine; of a key only what it begins with is shown')
    .addHelpText('after', example('profiles list'))
    .action((options: OutputOptions) => {
      const { current, byName } = readProfiles();
      const rows = [...byName].map(([name, { server, key }]) => ({
        name,
        server,
        key_prefix: key?.slice(0, PREFIX_CHARS) ?? null,
        current: name === current,
      }));
      if (formatOf(options) === 'json') print('json', [{ path: profilesPath(), data: rows }], {});
      else print(formatOf(options), rows, COLUMNS);
    });
  profiles
    .command('set')
    .description('make a profile, or replace one; the first one made is the current one')
    .argument('<name>', 'lower-case letters, digits, ".", "_" and "-"')
    .requiredOption('--server <url>', 'address of Heddle')
    .option('--key <key>', 'API key; - reads it from standard input, which no list of processes shows')
    .addHelpText(
      'after',
      `\nKeys are kept as they are, in a file that is yours alone (mode 0600): ${profilesPath()}` +
        example('profiles set prod --server https://heddle.example --key - < key.txt'),
    )
    .action(async (name: string, { server, key }: { server: string; key?: string }) => {
      if (!isProfileName(name)) throw new CliError(`"${name}" is not a name of a profile`, EXIT.usage);
      if (!isHttpUrl(server))
        throw new CliError(`"${server}" is not a URL that begins with http:// or https://`, EXIT.usage);
      const secret = key === '-' ? await secretOfStdin() : (key ?? null);
      if (secret !== null && !isKey(secret))
        throw new CliError('the key is empty or holds characters that no key has', EXIT.usage);
      const { current, byName } = readProfiles();
      writeProfiles({
        current: current ?? name,
        byName: new Map([...byName, [name, { server, key: secret }]]),
      });
    });
  profiles
    .command('use')
    .description('make a profile the current one, which is used where none is named')
    .argument('<name>')
    .addHelpText('after', example('profiles use prod'))
    .action((name: string) => {
      const { byName } = readProfiles();
      if (!byName.has(name)) throw unknownProfile(name, byName);
      writeProfiles({ current: name, byName });
    });
  profiles
    .command('remove')
    .description('remove a profile with its key; the key itself stays in service')
    .argument('<name>')
    .addHelpText('after', example('profiles remove prod'))
    .action((name: string) => {
      const { current, byName } = readProfiles();
      const left = new Map(byName);
      if (!left.delete(name)) throw unknownProfile(name, byName);
      writeProfiles({ current: current === name ? null : current, byName: left });
    });
}
