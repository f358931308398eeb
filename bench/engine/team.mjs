/** A contender's use of the cores: some processes with some threads each, started fresh and told what to run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { inferenceEnvironment } from '@heddle/runtime';

const NODE_CONTENDER = fileURLToPath(new URL('./contender.mjs', import.meta.url));

/** One process with a thread for every core, and one with a single thread for every core. */
export function layoutsOf(cores) {
  const all = [
    { processes: 1, threads: cores },
    { processes: cores, threads: 1 },
  ];
  return cores === 1 ? all.slice(1) : all;
}

/**
 * `contender` is what contender.mjs reads, or, with `program` (executable and script), what that one reads.
 * Throws what a process printed when it does not start or ends while it is asked.
 */
export async function startTeam(contender, { processes, threads }) {
  const started = await Promise.allSettled(
    Array.from({ length: processes }, () => startMember(contender, threads)),
  );
  const members = started.flatMap(({ value }) => value ?? []);
  const stop = async () => {
    await Promise.all(members.map((member) => member.stop()));
  };
  const failed = started.find(({ status }) => status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  return {
    layout: `${processes} × ${threads}`,
    members,
    /** Logits of one pass of the first process. */
    answer: (input) => members[0].answer(input),
    /** Passes of all processes at the same time for `ms`: milliseconds of each, and tokens a second altogether. */
    run: async (input, ms) => {
      const runs = await Promise.all(members.map((member) => member.ask({ type: 'run', input, ms })));
      const rates = runs.map(({ times }) => (1000 * input.ids.length * times.length) / sum(times));
      return { times: runs.flatMap(({ times }) => times), tokensPerSecond: sum(rates) };
    },
    /** Resident memory in MiB; what processes share is counted once. */
    memory: async () => sum(await Promise.all(members.map(({ pid }) => proportionalMib(pid)))),
    stop,
  };
}

/** Requests are lines of JSON on the process's input; answers come on a pipe of their own, whatever libraries print. */
async function startMember({ program, ...contender }, threads) {
  const [executable, script] = program ?? [process.execPath, NODE_CONTENDER];
  const child = spawn(executable, [script, JSON.stringify({ ...contender, threads })], {
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    // Ours as its worker starts it; the others as their documentation has them.
    env: {
      ...process.env,
      HF_HUB_OFFLINE: '1',
      ...(contender.kind === 'heddle' && inferenceEnvironment(contender.provider ?? 'cpu', process.env)),
    },
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr = (stderr + chunk).slice(-4000);
  });
  // A request to a process that has ended: its end is what is reported.
  child.stdin.on('error', () => undefined);
  const exited = once(child, 'close');
  const ended = exited.then(() => {
    throw new Error(`${contender.name} ended: ${stderr}`);
  });
  ended.catch(() => undefined);
  const answers = createInterface({ input: child.stdio[3] });
  const nextAnswer = async () => JSON.parse((await Promise.race([once(answers, 'line'), ended]))[0]);
  const ask = (message) => {
    const answered = nextAnswer();
    child.stdin.write(`${JSON.stringify(message)}\n`);
    return answered;
  };
  await nextAnswer();
  return {
    pid: child.pid,
    ask,
    answer: async (input) => (await ask({ type: 'answer', input })).logits,
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function proportionalMib(pid) {
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)[1]) / 1024;
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
