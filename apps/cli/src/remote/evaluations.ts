import type { HeddleClient } from '@heddle/client';
import { type Evaluation, type EvaluationItem, oneLine, type Page } from '@heddle/contracts';
import type { Command } from 'commander';
import { example } from '../command-name.js';
import { addEvaluationRun } from './evaluation-command.js';
import { errorLines, numberText, reportText } from './evaluation-report.js';
import { clientOf, formatOf, printPage, type RemoteOptions, remote } from './options.js';
import { describeResult, print } from './output.js';
import { firstOf, toLimitOfList } from './pages.js';

const EVALUATION_COLUMNS: Record<string, (evaluation: Evaluation) => string> = {
  ID: (evaluation) => evaluation.id,
  STATUS: (evaluation) => evaluation.status,
  MODEL: (evaluation) => `${evaluation.model}@${evaluation.version_number}`,
  TASK: (evaluation) => evaluation.task,
  ANSWERS: ({ counts }) => String(counts.total),
  FAILED: ({ counts }) => String(counts.failed),
  GATES: ({ gates, result }) =>
    gates.length === 0 ? 'none' : !result ? 'open' : result.passed ? 'passed' : 'missed',
  CREATED: (evaluation) => evaluation.created_at,
};

const ITEM_COLUMNS: Record<string, (item: EvaluationItem) => string> = {
  LINE: (item) => String(item.line),
  CORRECT: ({ correct }) => (correct === null ? '-' : correct ? 'yes' : 'no'),
  LOSS: (item) => numberText(item.loss),
  EXPECTED: (item) => short(plain(item.expected)),
  PREDICTED: ({ predicted, error }) => short(answerText(predicted, error)),
};

/** Characters of a cell. */
const CELL_CHARS = 60;

interface ListOptions extends RemoteOptions {
  model?: string;
  version?: string;
  status?: Evaluation['status'][];
  dataset?: string;
  limit: number;
}

export function addEvaluationCommands(program: Command, exit: (status: number) => void): void {
  const evaluations = program
    .command('evaluations')
    .description('measure models on data sets, and hold gates against what was measured');
  addEvaluationRun(evaluations, { show, cancel, exit });
  remote(evaluations.command('get'))
    .description('show one evaluation and what it found')
    .argument('<id>', 'evl_…')
    .addHelpText('after', example('evaluations get evl_01k… --json'))
    .action(async (id: string, options: RemoteOptions) => {
      show(await clientOf(options).evaluations.get(id), options);
    });
  remote(evaluations.command('list'))
    .description('list evaluations, newest first')
    .option('--model <model>', 'only of this model')
    .option('--version <version>', 'only of this version, ver_…')
    .option('--dataset <id>', 'only on this file, file_…')
    .option('--status <status...>', 'only these: queued running succeeded failed canceled expired')
    .option('--limit <n>', 'how many', toLimitOfList, 20)
    .addHelpText('after', example('evaluations list --model sentiment --status succeeded'))
    .action(async (options: ListOptions) => {
      const { model, version, dataset, status = [], limit } = options;
      const { evaluations } = clientOf(options);
      const filter = {
        status,
        ...(model === undefined ? {} : { model }),
        ...(version === undefined ? {} : { version }),
        ...(dataset === undefined ? {} : { dataset }),
      };
      const page = await firstOf((size) => evaluations.list({ ...filter, limit: size }), limit);
      printPage(options, page, EVALUATION_COLUMNS);
      tellOfMore(page);
    });
  remote(evaluations.command('items'))
    .description('show the examples of an evaluation and what was answered')
    .argument('<id>', 'evl_…')
    .option('--wrong', 'only those that were answered wrongly', false)
    .option('--limit <n>', 'how many', toLimitOfList, 20)
    .addHelpText('after', example('evaluations items evl_01k… --wrong'))
    .action(async (id: string, options: RemoteOptions & { wrong: boolean; limit: number }) => {
      const { evaluations } = clientOf(options);
      const filter = options.wrong ? { correct: 'false' as const } : {};
      const page = await firstOf((size) => evaluations.items(id, { ...filter, limit: size }), options.limit);
      printPage(options, page, ITEM_COLUMNS);
      tellOfMore(page);
    });
  remote(evaluations.command('cancel'))
    .description('cancel an evaluation; one that has ended stays as it is')
    .argument('<id>', 'evl_…')
    .addHelpText('after', example('evaluations cancel evl_01k…'))
    .action(async (id: string, options: RemoteOptions) => show(await cancel(clientOf(options), id), options));
}

function cancel(client: HeddleClient, id: string): Promise<Evaluation> {
  return client.evaluations.cancel(id);
}

function tellOfMore({ data, next_cursor }: Page<unknown>): void {
  if (next_cursor !== null) process.stderr.write(`the first ${data.length}; --limit shows more\n`);
}

/** The evaluation with what it found; errors of its data set on standard error. */
function show(evaluation: Evaluation, options: RemoteOptions): void {
  print(formatOf(options), [evaluation], EVALUATION_COLUMNS);
  if (formatOf(options) !== 'table') return;
  process.stdout.write(reportText(evaluation));
  for (const error of errorLines(evaluation)) process.stderr.write(`${oneLine(error)}\n`);
}

function answerText(predicted: unknown, error: EvaluationItem['error']): string {
  if (error) return `error ${error.code}: ${error.message}`;
  if (predicted === null) return '-';
  return describeResult({ output: predicted } as Parameters<typeof describeResult>[0]);
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '-');
}

function short(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  const characters = [...line];
  return characters.length > CELL_CHARS ? `${characters.slice(0, CELL_CHARS - 1).join('')}…` : line;
}
