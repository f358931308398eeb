/** docs/chaos-results.md, from what full runs have stored. */
import { writeFile } from 'node:fs/promises';
import { appliesTo, BACKENDS, FAULTS } from './catalogue.mjs';
import { readResults } from './results.mjs';

const PAGE = new URL('../docs/chaos-results.md', import.meta.url);
const INVARIANT = /^I\d/;

export async function writePage() {
  await writeFile(PAGE, chaosAsMarkdown(await readResults()));
}

/** `results`: { machine, runs } as stored. Faults that no run is stored of are named too. */
export function chaosAsMarkdown({ machine, runs }) {
  const pairs = FAULTS.flatMap((fault) =>
    BACKENDS.filter((backend) => appliesTo(fault, backend)).map((backend) => ({ fault, backend })),
  );
  const rows = pairs.map(({ fault, backend }) =>
    rowOf(
      fault,
      backend,
      runs.filter((run) => run.fault === fault.id && run.backend === backend),
    ),
  );
  const failures = runs
    .filter(({ violations }) => violations.length > 0)
    .map(({ fault, backend, seed, violations: [first] }) => `- ${fault}, ${backend}, seed ${seed}: ${first}`);
  const sections = [
    INTRODUCTION,
    table(HEADINGS, rows),
    ...(failures.length > 0 ? ['## What failed', failures.join('\n')] : []),
    ...(machine ? [`Last run on ${machine.cpu}, ${machine.cores} cores, Node.js ${machine.node}.`] : []),
    'This page is generated: `npm run chaos` writes it, and so does `npm run docs`.',
  ];
  return `${sections.join('\n\n')}\n`;
}

const INTRODUCTION = `# What survived which fault

Every fault is injected into a Heddle of its own: real processes, Postgres and Redis, and with most faults 64 clients. [The
page on the campaign](chaos.md) says what is injected, what is checked and how to run it. Invariants: I1 nothing that was
accepted is lost; I2 one result, equal to that of an undisturbed run; I3 no job that nobody asked for; I5 nothing of one
tenant is shown to another; I6 among server errors only 503 with \`Retry-After\`, and no uncaught error in any log; and with
faults of webhooks I4, every end of a job arrives, with one body. Where no clients submitted jobs, only what the fault itself asks for was checked.
*Healed* is the time from the end of the fault to the end of the first job that was submitted after it, the longest of all seeds.`;

const HEADINGS = [
  'fault',
  'what',
  'backend',
  'seeds',
  'jobs',
  'outcome',
  'invariants',
  'healed s',
  'run s',
  'date',
];

function rowOf({ id, what }, backend, runs) {
  if (runs.length === 0) return [id, what, backend, '', '', 'not run', '', '', '', ''];
  const failed = runs.filter(({ violations }) => violations.length > 0);
  const broken = new Set(
    runs.flatMap(({ violations }) => violations.map((text) => INVARIANT.exec(text)?.[0]).filter(Boolean)),
  );
  const accepted = sum(runs.map((run) => run.accepted));
  // Of no job there is nothing to say.
  const held = accepted > 0 ? 'hold' : '';
  const invariants = broken.size > 0 ? `broken: ${[...broken].sort().join(', ')}` : held;
  const healed = runs.map(({ healed_s }) => healed_s);
  return [
    id,
    what,
    backend,
    runs.map(({ seed }) => seed).join(', '),
    accepted.toLocaleString('en'),
    failed.length === 0 ? 'passed' : `failed with seed ${failed.map(({ seed }) => seed).join(', ')}`,
    invariants,
    healed.includes(null) ? 'never' : Math.max(...healed),
    sum(runs.map(({ duration_s }) => duration_s)),
    runs
      .map(({ date }) => date)
      .sort()
      .at(-1),
  ];
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

function table(headings, rows) {
  return [headings, headings.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
