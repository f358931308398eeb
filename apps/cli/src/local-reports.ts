import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { openScratch } from '@heddle/artifacts';
import { type Environment, foldersOf, orExit, readEnvironment } from '@heddle/config';
import { createEvaluationBody, HeddleError, type Task, validate } from '@heddle/contracts';
import { ablationMarkdown, ablationSvg, attentionMarkdown, attentionSvg } from '@heddle/evaluation';
import { LIBRARY_TENANT, openStore, type Store } from '@heddle/store';
import { ablate } from './evaluations/ablate.js';
import { attentionOf } from './evaluations/attention.js';
import { type DatasetOptions, nameOf } from './evaluations/dataset.js';
import type { EngineOptions } from './evaluations/engine.js';
import { isFolder } from './evaluations/folder.js';
import { type LocalVersion, openVersion } from './evaluations/open-version.js';
import { readTexts } from './evaluations/texts.js';
import { importLimitsOf } from './import/import-locally.js';
import { CliError, EXIT } from './remote/errors.js';
import { parametersOf } from './remote/options.js';
import { startProgress } from './remote/progress.js';
import { type ReadingFlags, readingOf } from './remote/reading-options.js';
import { sizeOf } from './remote/upload.js';
import { makeFolders } from './setup/folders.js';
import { withDatabase } from './setup/local-database.js';
import { connectionOf, SHIPPED_MODELS_DIR } from './setup/setup.js';

/** In place of a file: what is printed. */
const STDOUT = '-';
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

export interface AblateCommand extends ReportOptions {
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

export interface AttentionCommand extends ReportOptions {
  dataset?: string;
  text: string[];
}

/** `heddle evaluations ablate`. */
export async function runAblate(options: AblateCommand): Promise<void> {
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

/** `heddle evaluations attention`. */
export async function runAttention(options: AttentionCommand): Promise<void> {
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
