import { createHash } from 'node:crypto';
import { LIMITS, type Line, LineFault, newUuid, readLines, type Task } from '@heddle/contracts';
import type { BatchJob, LineError, MadeJobs } from '@heddle/store';
import { type LineRules, parseLine, type ReadyLine } from './parse-line.js';
import { Turns } from './turns.js';

/** What is made into jobs at once: lines, their bytes and those between them, their estimated tokens, and the characters of different parameters. */
const WINDOW = { lines: 4_096, bytes: 1024 * 1024, cost: 262_144, parameters: 2 * 1024 * 1024 };
/** When a job has enough items: estimated tokens, and bytes as JSON. */
const JOB = { cost: 4_096, bytes: 512 * 1024 };
/** Each answer of these is large: a line each is a job, and few are made at once. */
export const ONE_BY_ONE: ReadonlySet<Task> = new Set(['attention']);
export const FEW_JOBS = 128;

/**
 * The next lines of a file, from the place that `chunks` begin at. `done`: there is none after them.
 */
export async function nextLines(
  chunks: AsyncIterable<Buffer>,
  from: { byte: number; line: number },
): Promise<{ lines: Line[]; done: boolean }> {
  const taken: Line[] = [];
  for await (const lines of readLines(chunks, { from })) {
    for (const line of lines) {
      // A copy, because a line is a part of its chunk, which would stay for as long as the line does.
      taken.push({ ...line, bytes: line.bytes && Buffer.from(line.bytes) });
      if (taken.length >= WINDOW.lines || line.end - from.byte >= WINDOW.bytes)
        return { lines: taken, done: false };
    }
  }
  return { lines: taken, done: true };
}

/**
 * Lines as jobs: those of equal parameters and similar length together, so that forward passes have little padding. Ends
 * early where they cost much; `ended` is the place behind the last of them. `invalid`: lines that are known not to run.
 */
export async function makeJobs(
  lines: Line[],
  rules: LineRules,
  invalid: ReadonlySet<number>,
): Promise<Omit<MadeJobs, 'next'> & { last: Line | null; cost: number }> {
  const groups = new Map<string, Group>();
  // Most lines share one object.
  const groupOf = new WeakMap<object, Group>();
  const alone: BatchJob[] = [];
  const errors: LineError[] = [];
  const turns = new Turns();
  const mostLines = ONE_BY_ONE.has(rules.task) ? FEW_JOBS : WINDOW.lines;
  let lineCount = 0;
  let cost = 0;
  let length = 0;
  let last: Line | null = null;
  for (const line of lines) {
    if (cost >= WINDOW.cost || length >= WINDOW.parameters || lineCount >= mostLines) break;
    last = line;
    if (invalid.has(line.number)) continue;
    const turn = turns.next();
    if (turn) await turn;
    try {
      const ready = parseLine(line, rules);
      cost += ready.cost;
      if (ready.inputs.length > 1) {
        const job = jobOfLine(line.number, ready);
        length += job.inputs.length;
        lineCount++;
        alone.push(job);
        continue;
      }
      let group = groupOf.get(ready.parameters);
      if (!group) {
        // One parser's order of members, so equal parameters are equal texts.
        const text = JSON.stringify(ready.parameters);
        const key = createHash('sha256').update(text).digest('base64');
        group = groups.get(key);
        if (!group) {
          group = { parameters: ready.parameters, items: [] };
          groups.set(key, group);
          length += text.length;
        }
        groupOf.set(ready.parameters, group);
      }
      lineCount++;
      group.items.push({ line: line.number, json: JSON.stringify(ready.inputs[0]), cost: ready.cost });
    } catch (error) {
      if (!(error instanceof LineFault)) throw error;
      errors.push({ line: line.number, code: error.code, message: error.message });
    }
  }
  const jobs = [...groups.values()].flatMap(({ parameters, items }) =>
    split(items, rules.task).map((own) => jobOf(own, parameters)),
  );
  return { jobs: [...jobs, ...alone], errors, last, cost };
}

interface Group {
  parameters: Record<string, unknown>;
  items: Item[];
}

interface Item {
  line: number;
  json: string;
  cost: number;
}

function split(items: Item[], task: Task): Item[][] {
  const most = ONE_BY_ONE.has(task) ? 1 : LIMITS.maxInputsPerJob;
  const lists: Item[][] = [];
  let cost = Number.POSITIVE_INFINITY;
  let bytes = 0;
  for (const item of items.toSorted((a, b) => a.cost - b.cost)) {
    const isFull = cost + item.cost > JOB.cost || bytes + item.json.length > JOB.bytes;
    if (isFull || lists.at(-1)!.length === most) {
      lists.push([]);
      cost = 0;
      bytes = 0;
    }
    lists.at(-1)!.push(item);
    cost += item.cost;
    bytes += item.json.length;
  }
  return lists;
}

/** A line of several items is a job of its own: it has one answer, which is made of all of them. */
function jobOfLine(line: number, { inputs, parameters, cost }: ReadyLine): BatchJob {
  return {
    id: newUuid(),
    lines: inputs.map(() => line),
    parameters,
    inputs: JSON.stringify(inputs),
    cost: Math.max(1, cost),
  };
}

function jobOf(items: Item[], parameters: Record<string, unknown>): BatchJob {
  return {
    id: newUuid(),
    lines: items.map((item) => item.line),
    parameters,
    inputs: `[${items.map((item) => item.json).join()}]`,
    cost: Math.max(
      1,
      items.reduce((sum, item) => sum + item.cost, 0),
    ),
  };
}
