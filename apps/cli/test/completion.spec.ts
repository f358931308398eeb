import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { shellPathIfAny, waitFor } from '@heddle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodesOf } from '../src/completion/tree.js';
import { makeProgram } from '../src/program.js';
import { heddle } from './cli.js';

const TAB = '\t';
/** Key that has a shell write down what its line is, and the one that clears it. */
const NOTE = '\u0007';
const CLEAR = '\u0015';
const NODES = nodesOf(makeProgram(() => undefined));
const ZSH = await shellPathIfAny('zsh');
const FISH = await shellPathIfAny('fish');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heddle-completion-'));
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { status, stdout } = await heddle(['completion', shell]);
    expect(status).toBe(0);
    await writeFile(join(folder, `heddle.${shell}`), stdout);
  }
  await mkdir(join(folder, 'here', 'a folder'), { recursive: true });
  await writeFile(join(folder, 'here', 'a file.jsonl'), '');
});
afterAll(() => rm(folder, { recursive: true }));

/** What lines have become after Tab was pressed at their end, in a shell on a terminal. `start` reads its settings from `folder`. */
async function typed(start: string, lines: string[]): Promise<string[]> {
  const notes = join(folder, 'notes');
  await rm(notes, { force: true });
  const shell = spawn('script', ['-qec', start, '/dev/null'], {
    cwd: join(folder, 'here'),
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      ZDOTDIR: folder,
      NOTES: notes,
      TERM: 'xterm',
      LC_ALL: 'C.UTF-8',
    },
  });
  let shown = '';
  shell.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
  });
  try {
    await waitFor(() => shown.includes('ready>'), { timeoutMs: 60_000 });
    const noted: string[] = [];
    for (const line of lines) {
      shell.stdin.write(`${line}${TAB}${NOTE}${CLEAR}`);
      const text = await waitFor(
        async () => {
          const all = (await readFile(notes, 'utf8').catch(() => '')).split('\n');
          return all.length > noted.length + 1 ? all : null;
        },
        { timeoutMs: 60_000 },
      );
      noted.push(text!.at(-2)!);
    }
    return noted;
  } finally {
    shell.kill('SIGKILL');
  }
}

/** Lines that are begun, and what they become. */
const LINES = {
  'heddle jo': 'heddle jobs ',
  'heddle jobs wa': 'heddle jobs wa',
  'heddle jobs wat': 'heddle jobs watch ',
  'heddle jobs watch --cancel': 'heddle jobs watch --cancel-on-interrupt ',
  'heddle jobs watch job_x --time': 'heddle jobs watch job_x --timeout ',
  'heddle jobs list --output jsonl --lim': 'heddle jobs list --output jsonl --limit ',
  'heddle jobs list --output t': 'heddle jobs list --output table ',
  'heddle jobs list --output=t': 'heddle jobs list --output=table ',
  'heddle evaluations ablate --no-i': 'heddle evaluations ablate --no-int8 ',
  'heddle help job': 'heddle help jobs ',
  'heddle jobs help purg': 'heddle jobs help purge ',
  'heddle completion f': 'heddle completion fish ',
};

describe('bash', () => {
  it('completes what is typed', async () => {
    const settings = [
      `source ${folder}/heddle.bash`,
      `bind -x '"\\C-g": printf "%s\\n" "$READLINE_LINE" >>"$NOTES"'`,
      "bind 'set bell-style none'",
      'PS1="ready>"',
    ];
    await writeFile(join(folder, 'bashrc'), settings.join('\n'));
    const start = `bash --noprofile --rcfile ${folder}/bashrc -i`;
    expect(await typed(start, Object.keys(LINES))).toEqual(Object.values(LINES));
    expect(await typed(start, ['heddle files upload a\\ fi', 'heddle batches create x --out '])).toEqual([
      'heddle files upload a\\ file.jsonl ',
      'heddle batches create x --out a\\ folder/',
    ]);
  });

  it('knows every command, option and value there is', async () => {
    const cases = NODES.flatMap(({ path, commands, options }): [line: string, words: string[]][] => {
      const at = path === '' ? 'heddle' : `heddle ${path}`;
      const values = options.flatMap(({ flags, value }) =>
        value?.kind === 'words' ? [[`${at} ${flags.at(-1)} `, [...value.words]] as [string, string[]]] : [],
      );
      const names = commands.map(({ name }) => name);
      return [
        ...(names.length > 0 ? [[`${at} `, names] as [string, string[]]] : []),
        [`${at} -`, options.flatMap(({ flags }) => flags)],
        ...values,
      ];
    });
    const program = `source ${folder}/heddle.bash
      while IFS= read -r line; do
        COMP_WORDS=($line)
        [[ $line == *' ' ]] && COMP_WORDS+=('')
        COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
        _heddle
        printf '%s\\n' "\${COMPREPLY[*]}"
      done`;
    const running = promisify(execFile)('bash', ['-c', program]);
    running.child.stdin!.end(cases.map(([line]) => `${line}\n`).join(''));
    const answers = (await running).stdout.split('\n');
    const found = cases.map(([line], i) => [line, answers[i]!.split(' ').filter((word) => word !== '')]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(cases));
  });
});

describe.skipIf(!ZSH)('zsh', () => {
  it('completes what is typed', async () => {
    const settings = [
      'autoload -Uz compinit && compinit -u -D',
      `source ${folder}/heddle.zsh`,
      'note() { print -r -- "$BUFFER" >>$NOTES }',
      'zle -N note && bindkey -e && bindkey "^G" note',
      'unsetopt beep automenu',
      'PS1="ready>"',
    ];
    await writeFile(join(folder, '.zshrc'), settings.join('\n'));
    const start = `${ZSH} -i`;
    // It writes the sign that a blank takes the place of.
    const wholes = Object.values(LINES).map((line) => line.replace(/ --(timeout|limit) $/, ' --$1='));
    expect(await typed(start, Object.keys(LINES))).toEqual(wholes);
    expect(await typed(start, ['heddle files upload a\\ fi', 'heddle batches create x --out '])).toEqual([
      'heddle files upload a\\ file.jsonl ',
      'heddle batches create x --out a\\ folder/',
    ]);
  });
});

describe.skipIf(!FISH)('fish', () => {
  it('offers what may come next, with what it is for', async () => {
    const offers = async (line: string) => {
      const program = `source ${folder}/heddle.fish; complete -C ${JSON.stringify(line)}`;
      const options = { cwd: join(folder, 'here'), env: { PATH: process.env.PATH, HOME: folder } };
      const { stdout } = await promisify(execFile)(FISH!, ['--no-config', '-c', program], options);
      return stdout.trimEnd().split('\n');
    };
    expect(await offers('heddle jobs wa')).toEqual([
      'wait\twait until a job has ended, and show it with its answers',
      expect.stringMatching(/^watch\tprint what happens/),
    ]);
    for (const [line, whole] of Object.entries(LINES)) {
      if (line === whole) continue;
      const [word] = (await offers(line)).map((offer) => offer.split('\t')[0]!);
      expect(line.slice(0, line.lastIndexOf(' ') + 1) + word).toBe(whole.trimEnd());
    }
    expect(await offers('heddle files upload a')).toEqual(['a file.jsonl', 'a folder/']);
    const [only, ...more] = await offers('heddle batches create x --out ');
    expect([only!.split('\t')[0], more]).toEqual(['a folder/', []]);
  });
});
