import type { BodyOf, HeddleClient } from '@heddle/client';
import { type Evaluation, plainLines } from '@heddle/contracts';
import { type Command, Option } from 'commander';
import { example } from '../command-name.js';
import { CliError, EXIT } from './errors.js';
import { createEvaluation, durableEvaluation, exitStatusOf } from './evaluation-run.js';
import { parseGate } from './gates.js';
import { parseMetric } from './metrics.js';
import {
  clientOf,
  collect,
  parametersOf,
  type RemoteOptions,
  remote,
  submittingToTheEnd,
  toCount,
  toSeconds,
} from './options.js';
import { type ReadingFlags, readingOf, readingOptions, toObject } from './reading-options.js';
import { RunFiles } from './run-files.js';
import { canceledOnInterrupt, interruptible, untilEnded } from './until-ended.js';

/** Longest wait: that of the longest window, and some more. */
const DEFAULT_TIMEOUT_S = '691200';

interface RunOptions extends RemoteOptions, ReadingFlags {
  model: string;
  dataset: string;
  task?: string;
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
  const run = remote(evaluations.command('run'))
    .description('measure a model on a data set; ends with 1 when a gate is missed')
    .requiredOption('--model <model>', 'name, name@alias, name@3 or ver_…')
    .requiredOption('--dataset <file>', 'a file of this machine, or file_… that was uploaded before')
    .option('--task <task>', "a task of the model; by default the model's first");
  readingOptions(run)
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
      const { wait, junit, markdown, model, gate } = options;
      if (!wait && (junit ?? markdown) !== undefined)
        throw new CliError('--junit and --markdown are of the end: leave --no-wait out', EXIT.usage);
      const files = new RunFiles({ junit, markdown }, { model, gates: gate });
      await files.begin();
      try {
        // Until it is known: who reads what is printed may leave, which ends the command.
        exit(EXIT.jobFailed);
        const evaluation = await interruptible((signal) => evaluationOf(options, { signal, cancel }));
        exit(wait ? exitStatusOf(evaluation) : EXIT.ok);
        try {
          if (wait) await files.end(evaluation);
        } finally {
          show(evaluation, options);
        }
      } catch (error) {
        await files.fail((error as Error).message).catch(tell);
        throw error;
      }
    });
}

/** The evaluation when it has ended, or as it was started where nobody waits. Throws CliError. */
async function evaluationOf(
  options: RunOptions,
  { signal, cancel }: { signal: AbortSignal; cancel: Shared['cancel'] },
): Promise<Evaluation> {
  const client = clientOf(options, { fetch: submittingToTheEnd });
  const created = await createEvaluation(client, options.dataset, bodyOf(options), signal);
  if (!options.wait) return created;
  const { id } = created;
  const waiting = untilEnded(created, durableEvaluation(client, id), { timeoutS: options.timeout, signal });
  if (!options.cancelOnInterrupt) return waiting;
  return canceledOnInterrupt(waiting, { id, signal, cancel: () => cancel(client, id) });
}

function tell({ message }: Error): void {
  process.stderr.write(`${plainLines(message)}\n`);
}

/** Body of the request; what was not given is left to the server. Throws CliError. */
function bodyOf(options: RunOptions): Omit<BodyOf<'createEvaluation'>, 'dataset'> {
  const { model, task, baseline, seed, resamples, priority } = options;
  const given = {
    model,
    task,
    ...readingOf(options),
    invalid_lines: options.invalidLines,
    parameters: { ...options.parameters, ...parametersOf(options.parameter) },
    metrics: options.metric.length > 0 ? options.metric.map(parseMetric) : undefined,
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
