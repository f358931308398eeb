/** A contender's use of the cores: some processes with some threads each, started fresh and told what to run. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CONTENDER = fileURLToPath(new URL('./contender.mjs', import.meta.url));

/** Throws what a contender printed when it cannot start. */
export async function startTeam({ kind, folder, packages = '' }, { processes, threads }) {
  const children = await Promise.all(
    Array.from({ length: processes }, () => startChild([kind, folder, String(threads), packages])),
  );
  return {
    layout: `${processes} × ${threads}`,
    /** Logits of one pass of the first process. */
    answer: async (input) => (await ask(children[0], { type: 'answer', input })).logits,
    /** Passes of all processes at the same time for `ms`: milliseconds of each, and tokens a second altogether. */
    run: async (input, ms) => {
      const runs = await Promise.all(children.map((child) => ask(child, { type: 'run', input, ms })));
      const rates = runs.map(({ times }) => (1000 * input.ids.length * times.length) / sum(times));
      return { times: runs.flatMap(({ times }) => times), tokensPerSecond: sum(rates) };
    },
    stop: () => {
      for (const child of children) child.kill('SIGKILL');
    },
  };
}

async function startChild(args) {
  const child = fork(CONTENDER, args, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr = (stderr + chunk).slice(-4000);
  });
  const failed = once(child, 'exit').then(() => {
    throw new Error(`${args[0]} did not start: ${stderr}`);
  });
  await Promise.race([once(child, 'message'), failed]);
  failed.catch(() => undefined);
  return child;
}

async function ask(child, message) {
  const answered = once(child, 'message');
  child.send(message);
  return (await answered)[0];
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
