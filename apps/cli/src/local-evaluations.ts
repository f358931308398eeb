import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { openScratch } from '@heddle/artifacts';
import { type Environment, foldersOf, orExit, readEnvironment } from '@heddle/config';
import { createEvaluationBody, HeddleError, LIMITS, TASKS, type Task, validate } from '@heddle/contracts';
import { ablationMarkdown, ablationSvg, attentionMarkdown, attentionSvg } from '@heddle/evaluation';
import { LIBRARY_TENANT, openStore, type Store } from '@heddle/store';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { example } from './command-name.js';
import { ablate } from './evaluations/ablate.js';
import { attentionOf } from './evaluations/attention.js';
import { type DatasetOptions, nameOf } from './evaluations/dataset.js';
import type { EngineOptions } from './evaluations/engine.js';
import { isFolder } from './evaluations/folder.js';
import { type LocalVersion, openVersion } from './evaluations/open-version.js';
import { readTexts } from './evaluations/texts.js';
import { importLimitsOf } from './import/import-locally.js';
import { CliError, EXIT } from './remote/errors.js';
import { collect, parametersOf } from './remote/options.js';
import { startProgress } from './remote/progress.js';
import { type ReadingFlags, readingOf, readingOptions, toObject } from './remote/reading-options.js';
import { sizeOf } from './remote/upload.js';
import { makeFolders } from './setup/folders.js';
import { withDatabase } from './setup/local-database.js';
import { connectionOf, SHIPPED_MODELS_DIR } from './setup/setup.js';

/** In place of a file: what is printed. */
const STDOUT = '-';
const MAX_SEED = 2 ** 32 - 1;
const READING = createEvaluationBody.pick({
  format: true,
  mapping: true,
  labels: true,
  csv: true,
  conll: true,
});

interface ReportOptions extends ReadingFlags {
  model: string;
  tenant?: string;
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
  squad?: '1' | '2';
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
    .addOption(new Option('--squad <version>', "which of SQuAD's scripts measures").choices(['1', '2']))
    .option('--no-int8', 'leave the row in int8 out')
    .option('--seed <n>', 'of intervals, and of which tokens are hidden', toNumber(0, MAX_SEED), 0)
    .option(
      '--resamples <n>',
      'of the bootstrap; 0 leaves intervals out',
      toNumber(0, LIMITS.maxResamples),
      1000,
    )
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
  command
    .requiredOption('--model <model>', 'name, name@alias, name@3 or ver_…')
    .option('--tenant <slug>', 'whose model, where several have one of that name');
  return readingOptions(command)
    .option('--limit <n>', 'only the first examples', toNumber(1, LIMITS.maxEvaluationItems))
    .option('--json <file>', 'write the report as JSON; - prints it in place of Markdown')
    .option('--markdown <file>', 'write it as Markdown, which is printed in any case')
    .option('--svg <file>', 'write a chart');
}

async function runAblate(options: AblateCommand): Promise<void> {
  const dataset = await datasetOf(options.dataset, options);
  const parameters = { ...options.parameters, ...parametersOf(options.parameter) };
  await withVersion(options, async (version, { values, signal, engine }) => {
    const checkpointDir = await checkpointOf(version, options.checkpoint);
    const scratch = await openScratch(join(foldersOf(values).dataDir, 'tmp'));
    const progress = startProgress();
    try {
      const report = await ablate({
        version,
        checkpointDir,
        dataset,
        task: options.task,
        parameters,
        squad: options.squad && (Number(options.squad) as 1 | 2),
        int8: options.int8,
        seed: options.seed,
        resamples: options.resamples,
        makeFolder: () => scratch.create(),
        limits: importLimitsOf(values),
        engine,
        progress: {
          tell: (line) => {
            progress.show(line);
            progress.end();
          },
          count: (row, done, examples) => {
            if (process.stderr.isTTY) progress.show(row, Math.floor((100 * done) / examples));
          },
        },
      });
      signal.throwIfAborted();
      await show(report, { markdown: ablationMarkdown(report), svg: ablationSvg(report) }, options);
    } finally {
      progress.end();
      await scratch.close();
    }
  });
}

async function runAttention(options: AttentionCommand): Promise<void> {
  const { text } = options;
  if ((options.dataset === undefined) === (text.length === 0)) {
    throw new CliError('name a file with --dataset, or give texts with --text', EXIT.usage);
  }
  const dataset = options.dataset === undefined ? null : await datasetOf(options.dataset, options);
  await withVersion(options, async (version, { engine }) => {
    const texts = dataset ? await readTexts(dataset) : text.map((one) => ({ text: one }));
    const name = dataset ? nameOf(dataset.path) : 'given texts';
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

/** Throws CliError for a file that cannot be read, and the error of a request for how it is to be read. */
async function datasetOf(path: string, options: ReportOptions): Promise<DatasetOptions> {
  await sizeOf(path);
  const reading = Object.entries(readingOf(options)).filter(([, value]) => value !== undefined);
  return { path, limit: options.limit, ...validate(READING, Object.fromEntries(reading)) };
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
  for (const [path, content] of files)
    if (path !== undefined && path !== STDOUT) await writeFile(path, content);
  const [printed] = files.filter(([path]) => path === STDOUT).map(([, content]) => content);
  process.stdout.write(printed ?? markdown);
}

function toNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
  };
}
