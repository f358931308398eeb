import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BodyOf, HeddleClient } from '@heddle/client';
import type { Evaluation } from '@heddle/contracts';
import { type Command, Option } from 'commander';
import { example } from '../command-name.js';
import { CliError, EXIT } from './errors.js';
import { reportMarkdown } from './evaluation-report.js';
import { createEvaluation, durableEvaluation, exitStatusOf, suiteOf } from './evaluation-run.js';
import { parseGate } from './gates.js';
import { junitXml } from './junit.js';
import {
  clientOf,
  collect,
  parametersOf,
  type RemoteOptions,
  remote,
  toCount,
  toSeconds,
} from './options.js';
import { canceledOnInterrupt, interruptible, untilEnded } from './until-ended.js';

/** Longest wait: that of the longest window, and some more. */
const DEFAULT_TIMEOUT_S = '691200';

interface RunOptions extends RemoteOptions {
  model: string;
  dataset: string;
  task?: string;
  format?: string;
  mapping?: Record<string, unknown>;
  labels?: Record<string, unknown>;
  label: string[];
  csv?: Record<string, unknown>;
  conll?: Record<string, unknown>;
  invalidLines?: string;
  parameters?: Record<string, unknown>;
  parameter: string[];
  metric: string[];
  positiveLabel?: string;
  squad?: string;
  baseline?: string;
  gate: string[];
  seed?: number;
  resamples?: number;
  priority?: string;
  window?: number;
  wait: boolean;
  timeout: number;
  cancelOnInterrupt: boolean;
  junit?: string;
  markdown?: string;
}

/** What the other commands of evaluations do as well. */
interface Shared {
  show(evaluation: Evaluation, options: RemoteOptions): void;
  cancel(client: HeddleClient, id: string): Promise<Evaluation>;
  exit(status: number): void;
}

/** `evaluations run`. */
export function addEvaluationRun(evaluations: Command, { show, cancel, exit }: Shared): void {
  remote(evaluations.command('run'))
    .description('measure a model on a data set; ends with 1 when a gate is missed')
    .requiredOption('--model <model>', 'name, name@alias, name@3 or ver_…')
    .requiredOption('--dataset <file>', 'a file of this machine, or file_… that was uploaded before')
    .option('--task <task>', "a task of the model; by default the model's first")
    .option('--format <format>', 'of the data set, where the file does not tell')
    .option('--mapping <json>', 'which columns make an example', toObject)
    .option('--labels <json>', 'labels of the data set and what the model calls them', toObject)
    .option('--label <theirs=ours>', 'one of them; repeatable', collect, [])
    .option('--csv <json>', 'delimiter, header and quote of CSV', toObject)
    .option('--conll <json>', 'token_column and tag_column of CoNLL', toObject)
    .addOption(
      new Option('--invalid-lines <what>', 'what to do about examples that do not fit').choices([
        'reject',
        'skip',
      ]),
    )
    .option('--parameters <json>', 'parameters of the task', toObject)
    .option('-p, --parameter <name=value>', 'one of them; repeatable', collect, [])
    .option('--metric <metric>', 'repeatable; by default those of the task', collect, [])
    .option('--positive-label <label>', 'what f1 of two classes is of')
    .addOption(new Option('--squad <version>', "which of SQuAD's scripts measures").choices(['1', '2']))
    .option('--baseline <model>', 'a model to compare with')
    .option(
      '--gate <rule>',
      'accuracy>=0.9, log_loss<=0.3, "macro_f1 drop<=0.005" below the baseline, or of a slice accuracy[lang=de]>=0.8; repeatable',
      collect,
      [],
    )
    .option('--seed <n>', 'of the intervals', toCount)
    .option('--resamples <n>', 'of the bootstrap; 0 leaves intervals out', toCount)
    .addOption(new Option('--priority <priority>', 'low by default').choices(['high', 'normal', 'low']))
    .option('--window <seconds>', 'an evaluation that has not ended by then expires', toSeconds)
    .option('--wait', 'wait for the end', true)
    .option('--no-wait', 'only start it')
    .option('--timeout <seconds>', 'longest wait', toSeconds, toSeconds(DEFAULT_TIMEOUT_S))
    .option('--cancel-on-interrupt', 'Ctrl-C cancels the evaluation', false)
    .option('--junit <file>', 'write the run and each gate as tests of JUnit XML')
    .option('--markdown <file>', 'write what was found as Markdown')
    .addHelpText(
      'after',
      example("evaluations run --model sentiment@1 --dataset d.jsonl --gate 'accuracy>=0.8'"),
    )
    .action(async (options: RunOptions) => {
      const client = clientOf(options);
      const body = bodyOf(options);
      const { wait, junit, markdown, timeout: timeoutS } = options;
      if (!wait && (junit ?? markdown) !== undefined)
        throw new CliError('--junit and --markdown are of the end: leave --no-wait out', EXIT.usage);
      await interruptible(async (signal) => {
        // Before anything is sent: hours later is late to hear of it.
        for (const path of [junit, markdown]) if (path !== undefined) await makeFolderOf(path);
        const created = await createEvaluation(client, options.dataset, body, signal);
        if (!wait) return show(created, options);
        const { id } = created;
        const waiting = untilEnded(created, durableEvaluation(client, id), { timeoutS, signal });
        const evaluation = await (options.cancelOnInterrupt
          ? canceledOnInterrupt(waiting, { id, signal, cancel: () => cancel(client, id) })
          : waiting);
        show(evaluation, options);
        exit(exitStatusOf(evaluation));
        if (junit !== undefined) await write(junit, junitXml(suiteOf(evaluation)));
        if (markdown !== undefined) await write(markdown, reportMarkdown(evaluation));
      });
    });
}

/** Body of the request; what was not given is left to the server. Throws CliError. */
function bodyOf(options: RunOptions): Omit<BodyOf<'createEvaluation'>, 'dataset'> {
  const { model, task, format, mapping, csv, conll, baseline, seed, resamples, priority } = options;
  const labels = { ...options.labels, ...Object.fromEntries(options.label.map(parseLabel)) };
  const given = {
    model,
    task,
    format,
    mapping,
    labels: Object.keys(labels).length > 0 ? labels : undefined,
    csv,
    conll,
    invalid_lines: options.invalidLines,
    parameters: { ...options.parameters, ...parametersOf(options.parameter) },
    metrics: options.metric.length > 0 ? options.metric : undefined,
    positive_label: options.positiveLabel,
    squad: options.squad === undefined ? undefined : Number(options.squad),
    baseline,
    gates: options.gate.map(parseGate),
    seed,
    resamples,
    priority,
    window_s: options.window,
  };
  const body = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return body as Omit<BodyOf<'createEvaluation'>, 'dataset'>;
}

function parseLabel(text: string): [string, string] {
  const separator = text.indexOf('=');
  if (separator < 1 || separator === text.length - 1)
    throw new CliError(`--label "${text}" is not theirs=ours, e.g. 0=negative`, EXIT.usage);
  return [text.slice(0, separator), text.slice(separator + 1)];
}

function toObject(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (error) {
    throw new CliError(`"${text}" is not JSON: ${(error as Error).message}`, EXIT.usage);
  }
  throw new CliError(`"${text}" is not a JSON object`, EXIT.usage);
}

async function makeFolderOf(path: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(`${folder} cannot be made (${error.code})`, EXIT.usage);
  });
}

async function write(path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(`${path} cannot be written (${error.code})`, EXIT.usage);
  });
}
