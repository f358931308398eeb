import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { openScratch } from '@heddle/artifacts';
import { type Environment, foldersOf, orExit, readEnvironment } from '@heddle/config';
import { HeddleError, TASKS, type Task } from '@heddle/contracts';
import { ablationMarkdown, ablationSvg, attentionMarkdown, attentionSvg } from '@heddle/evaluation';
import { LIBRARY_TENANT, openStore, type Store } from '@heddle/store';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { example } from './command-name.js';
import { ablate, isFolder } from './evaluations/ablate.js';
import { attentionOf } from './evaluations/attention.js';
import { nameOf, readTexts } from './evaluations/dataset.js';
import type { EngineOptions } from './evaluations/engine.js';
import { type LocalVersion, openVersion } from './evaluations/open-version.js';
import { importLimitsOf } from './import/import-locally.js';
import { collect, parametersOf } from './remote/options.js';
import { makeFolders } from './setup/folders.js';
import { withDatabase } from './setup/local-database.js';
import { connectionOf, SHIPPED_MODELS_DIR } from './setup/setup.js';

const MAX_COUNT = 1_000_000;

interface ReportOptions {
  model: string;
  tenant?: string;
  format?: string;
  mapping?: Record<string, unknown>;
  labels?: Record<string, string>;
  label: string[];
  limit?: number;
  json?: string;
  markdown?: string;
  svg?: string;
}

interface AblateCommand extends ReportOptions {
  dataset: string;
  checkpoint?: string;
  task?: Task;
  parameters?: Record<string, unknown>;
  parameter: string[];
  int8: boolean;
  seed: number;
  resamples: number;
}

interface AttentionCommand extends ReportOptions {
  dataset?: string;
  text: string[];
}

/** Reports that run a version's graphs on this machine, with the database and the artefact store, without a server. */
export function addLocalEvaluationCommands(evaluations: Command): void {
  reportOptions(evaluations.command('ablate'))
    .description("what a model's position terms and mask decoder are good for, measured on this machine")
    .requiredOption('--dataset <file>', 'examples; for a masked language model texts will do')
    .option('--checkpoint <folder>', 'what the version was imported from; of shipped models it is known')
    .addOption(new Option('--task <task>', "by default the model's first").choices(TASKS))
    .option('--parameters <json>', 'parameters of the task', toObject)
    .option('-p, --parameter <name=value>', 'one of them; repeatable', collect, [])
    .option('--no-int8', 'leave the row in int8 out')
    .option('--seed <n>', 'of intervals, and of which tokens are hidden', toCount, 0)
    .option('--resamples <n>', 'of the bootstrap', toCount, 1000)
    .addHelpText(
      'after',
      `\nIt runs without a server and takes the time of one evaluation for each row (docs/ablation.md).${example('evaluations ablate --model topic --dataset test.jsonl --markdown ablation.md')}`,
    )
    .action((options: AblateCommand) => runAblate(options));

  reportOptions(evaluations.command('attention'))
    .description(
      'where a model looks: attention by distance, and on diagonals and special tokens, by layer and head',
    )
    .option('--dataset <file>', 'texts, or examples of any format')
    .option('--text <text>', 'a text; repeatable', collect, [])
    .addHelpText(
      'after',
      `\nIt runs without a server (docs/ablation.md).${example('evaluations attention --model topic --dataset test.jsonl --svg attention.svg')}`,
    )
    .action((options: AttentionCommand) => runAttention(options));
}

function reportOptions(command: Command): Command {
  return command
    .requiredOption('--model <model>', 'name, name@alias, name@3 or ver_…')
    .option('--tenant <slug>', 'whose model, where several have one of that name')
    .option('--format <format>', 'of the data set, where the file does not tell')
    .option('--mapping <json>', 'which columns make an example', toObject)
    .option('--labels <json>', 'labels of the data set and what the model calls them', toObject)
    .option('--label <theirs=ours>', 'one of them; repeatable', collect, [])
    .option('--limit <n>', 'only the first examples', toCount)
    .option('--json <file>', 'write the report as JSON')
    .option('--markdown <file>', 'write it as Markdown, which is printed in any case')
    .option('--svg <file>', 'write a chart');
}

async function runAblate(options: AblateCommand): Promise<void> {
  await withVersion(options, async (version, { values, signal, engine }) => {
    const checkpointDir = await checkpointOf(version, options.checkpoint);
    const scratch = await openScratch(join(foldersOf(values).dataDir, 'tmp'));
    try {
      const report = await ablate({
        version,
        checkpointDir,
        dataset: { path: options.dataset, ...readingOf(options) },
        task: options.task,
        parameters: { ...options.parameters, ...parametersOf(options.parameter) },
        int8: options.int8,
        seed: options.seed,
        resamples: options.resamples,
        makeFolder: () => scratch.create(),
        limits: importLimitsOf(values),
        engine,
        tell,
      });
      signal.throwIfAborted();
      await show(report, { markdown: ablationMarkdown(report), svg: ablationSvg(report) }, options);
    } finally {
      await scratch.close();
    }
  });
}

async function runAttention(options: AttentionCommand): Promise<void> {
  const { dataset, text } = options;
  if ((dataset === undefined) === (text.length === 0)) {
    throw new HeddleError('validation', 'Name a file with --dataset, or give texts with --text.');
  }
  await withVersion(options, async (version, { engine }) => {
    const texts =
      dataset === undefined
        ? text.map((one) => ({ text: one }))
        : await readTexts({ path: dataset, ...readingOf(options) });
    const name = dataset === undefined ? 'given texts' : nameOf(dataset);
    const report = await attentionOf(version, texts, { dataset: name, engine });
    await show(report, { markdown: attentionMarkdown(report), svg: attentionSvg(report) }, options);
  });
}

interface Surroundings {
  values: Environment;
  store: Store;
  signal: AbortSignal;
  engine: EngineOptions;
}

async function withVersion(
  { model, tenant, json, markdown, svg }: ReportOptions,
  work: (version: LocalVersion, surroundings: Surroundings) => Promise<void>,
): Promise<void> {
  const values = orExit(() => readEnvironment(process.env));
  // Before anything is computed: minutes later is late to hear of it.
  for (const path of [json, markdown, svg])
    if (path) await mkdir(dirname(resolve(path)), { recursive: true });
  await withDatabase(values, async (url, signal) => {
    await makeFolders(values);
    const store = await openStore(connectionOf(url));
    try {
      const version = await openVersion(model, { store, values, tenant });
      const engine = {
        threads: values.HEDDLE_INFERENCE_THREADS ?? 1,
        runTimeoutMs: values.HEDDLE_INFERENCE_TIMEOUT_MS,
        signal,
      };
      await work(version, { values, store, signal, engine });
    } finally {
      await store.close();
    }
  });
}

/** The artefact store keeps what was compiled, and no checkpoint; those of the models that ship are in the repository. */
async function checkpointOf(
  { name, model, owner }: LocalVersion,
  given: string | undefined,
): Promise<string> {
  if (given !== undefined) return resolve(given);
  const shipped = join(SHIPPED_MODELS_DIR, model);
  if (owner === LIBRARY_TENANT && (await isFolder(shipped))) return shipped;
  throw new HeddleError(
    'validation',
    `What ${name} was compiled to is kept, its checkpoint is not: name the folder it was imported from with --checkpoint.`,
  );
}

function readingOf({ format, mapping, labels, label, limit }: ReportOptions) {
  const names = { ...labels, ...Object.fromEntries(label.map(toPair)) };
  return { format, mapping, limit, labels: Object.keys(names).length > 0 ? { mapping: names } : {} };
}

async function show(
  report: object,
  { markdown, svg }: { markdown: string; svg: string },
  options: ReportOptions,
): Promise<void> {
  const files: [string | undefined, string][] = [
    [options.json, `${JSON.stringify(report, null, 2)}\n`],
    [options.markdown, markdown],
    [options.svg, svg],
  ];
  for (const [path, content] of files) if (path !== undefined) await writeFile(path, content);
  process.stdout.write(markdown);
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

function toPair(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) {
    throw new HeddleError('validation', `--label "${text}" is not theirs=ours, e.g. 0=negative.`);
  }
  return [text.slice(0, at), text.slice(at + 1)];
}

function toObject(text: string): Record<string, unknown> {
  const value = parsed(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new InvalidArgumentError('It is not a JSON object.');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('It is not JSON.');
  }
}

function toCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count <= MAX_COUNT) return count;
  throw new InvalidArgumentError(`It is a whole number up to ${MAX_COUNT}.`);
}
