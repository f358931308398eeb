import { access } from 'node:fs/promises';
import type { BodyOf, HeddleClient } from '@heddle/client';
import { type Evaluation, fromPublicId, isTerminalEvaluation } from '@heddle/contracts';
import { COMMAND } from '../command-name.js';
import { EXIT } from './errors.js';
import { errorLines, gateRows, numberText } from './evaluation-report.js';
import type { TestCase, TestSuite } from './junit.js';
import { counting, type Durable } from './until-ended.js';
import { uploadFor } from './upload-for.js';

/** Starts an evaluation on a file of this machine, or on one that was uploaded before (`file_…`). */
export async function createEvaluation(
  client: HeddleClient,
  dataset: string,
  body: Omit<BodyOf<'createEvaluation'>, 'dataset'>,
  signal: AbortSignal,
): Promise<Evaluation> {
  const create = (file: string) => client.evaluations.create({ ...body, dataset: file }, { signal });
  const isId = fromPublicId('file', dataset) !== null && !(await exists(dataset));
  return isId ? create(dataset) : uploadFor(client, { path: dataset, purpose: 'dataset', signal }, create);
}

/** An evaluation as work that is waited for. */
export function durableEvaluation(client: HeddleClient, id: string): Durable<Evaluation> {
  return {
    look: (options) => client.evaluations.get(id, options),
    display: counting('answers', ({ status, counts: { total, succeeded, failed } }) => ({
      status,
      total,
      done: succeeded + failed,
      failed,
    })),
    isTerminal: ({ status }) => isTerminalEvaluation(status),
    goesOn: `the evaluation goes on; ${COMMAND} evaluations get ${id} shows it`,
  };
}

/** An evaluation that has ended as an exit status: 0 only when it has succeeded and no gate was missed. */
export function exitStatusOf({ status, result }: Evaluation): number {
  return status === 'succeeded' && result?.passed ? EXIT.ok : EXIT.jobFailed;
}

/** An evaluation that has ended as checks: that it ran, and each gate. */
export function suiteOf(evaluation: Evaluation): TestSuite {
  const { id, model, version_number, task, dataset, dataset_sha256, status, result } = evaluation;
  const started = evaluation.started_at ?? evaluation.created_at;
  const run: TestCase = {
    name: 'run',
    seconds: Math.max(0, Date.parse(evaluation.completed_at ?? started) - Date.parse(started)) / 1000,
    ...(status === 'succeeded' ? {} : { error: [status, ...errorLines(evaluation)].join('; ') }),
  };
  const gates = gateRows(evaluation).map((row): TestCase => {
    if (row.passed === null) return { name: row.gate, skipped: `the evaluation is ${status}` };
    if (row.passed) return { name: row.gate };
    return { name: row.gate, failure: row.reason || `it is ${numberText(row.actual)}` };
  });
  const metrics = Object.entries(result?.metrics ?? {}).map(([name, value]) => [name, numberText(value)]);
  return {
    name: `evaluation of ${model}@${version_number}`,
    timestamp: evaluation.created_at,
    properties: { evaluation: id, task, dataset, dataset_sha256, ...Object.fromEntries(metrics) },
    cases: [run, ...gates],
  };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
