import { join } from 'node:path';
import { HeddleError, type Task } from '@heddle/contracts';
import { INT8_FILE, mainGraphs } from '@heddle/deberta';
import {
  type AblationReport,
  type AblationRun,
  type Accumulator,
  ablationMetrics,
  ablationReportOf,
  accumulatorOptions,
  createAccumulator,
  evaluationParameters,
  exampleParameters,
  type Measured,
  problemOf,
} from '@heddle/evaluation';
import { buildInChild, type ImportLimits } from '@heddle/importing';
import { compileAblations, refuseOther, wishesOf } from './ablated-graphs.js';
import { type DatasetOptions, formatOf, nameOf, problemText, readExamples } from './dataset.js';
import { type Engine, type EngineOptions, withEngine } from './engine.js';
import { notesOf } from './notes.js';
import type { LocalVersion } from './open-version.js';
import { maskedQuestions, type Question, type Questions, questionsOf } from './questions.js';
import { hasPlainTexts, readTexts } from './texts.js';

export interface AblateOptions {
  version: LocalVersion;
  /** The folder that the version was imported from. */
  checkpointDir: string;
  dataset: DatasetOptions;
  task: Task | undefined;
  parameters: Record<string, unknown>;
  squad: 1 | 2 | undefined;
  int8: boolean;
  seed: number;
  resamples: number;
  /** A new folder for graphs. */
  makeFolder: () => Promise<string>;
  limits: ImportLimits;
  engine: EngineOptions;
  progress: AblateProgress;
}

interface AblateProgress {
  /** What has come to an end, or begins and takes seconds. */
  tell(line: string): void;
  /** How much of a row is done, of a whole number of examples. */
  count(row: string, done: number, examples: number): void;
}

/**
 * Evaluates a version with parts of it left out; each as an evaluation run measures it. Errors: those of the dataset,
 * `validation` for parameters that leave nothing to measure, `all-items-failed` where the version answers nothing, the import errors
 * for a checkpoint that cannot be compiled, `validation` for one that is not the version's.
 */
export async function ablate(options: AblateOptions): Promise<AblationReport> {
  const { version, checkpointDir, seed, resamples, engine, makeFolder, progress } = options;
  const measured = measuredOf(options);
  const asked = await askedOf(measured, options);
  const { questions, leftOut, firstReason } = asked;
  if (questions.length === 0) {
    throw new HeddleError('validation', `No example can be asked of ${version.name}: ${firstReason}`);
  }
  if (leftOut > 0) progress.tell(`examples left out: ${leftOut}; the first: ${firstReason}`);
  progress.tell('compiling …');
  const { parts, full, ablated } = await compileAblations(version, {
    checkpointDir,
    dir: await makeFolder(),
    signal: engine.signal,
  });
  const runs = await withEngine(engine, async (child) => {
    const own = join(version.folder, mainGraphs({ ...version.manifest, precision: 'fp32' }, 'cpu')[0]!.file);
    await refuseOther(child, { own, compiled: full }, questions, options);
    const answersOf = (name: string, path: string) =>
      answer(child, path, questions, { measured, progress, name });
    const whole = await answersOf('full', own);
    if (whole.size === 0) {
      throw new HeddleError('all-items-failed', 'No example has an answer that can be measured.');
    }
    const done: AblationRun[] = [{ without: [], precision: 'fp32', answers: whole }];
    for (const { without, path } of ablated) {
      const answers = await answersOf(`without ${without.join(', ')}`, path);
      done.push({ without, precision: 'fp32', answers });
    }
    if (options.int8) {
      const path = await int8Of(options);
      const answers = typeof path === 'string' ? await answersOf('int8', path) : path;
      done.push({ without: [], precision: 'int8', answers });
    }
    return done;
  });
  const subject = {
    model: version.name,
    task: measured.task,
    dataset: { name: nameOf(options.dataset.path), examples: questions.length, left_out: leftOut },
  };
  const notes = notesOf(version, asked, { parts, int8: options.int8 });
  return ablationReportOf(subject, runs, { seed, resamples, notes, signal: engine.signal });
}

/** What an evaluation run would measure, by the metrics of the table. */
function measuredOf({ version, task: asked, parameters: given, squad, dataset }: AblateOptions): Measured {
  const { manifest, name } = version;
  const task = asked ?? manifest.tasks[0]!;
  if (!manifest.tasks.includes(task)) {
    throw new HeddleError(
      'task-not-supported',
      `${name} does not answer ${task}; it answers ${manifest.tasks.join(', ')}.`,
    );
  }
  const parameters = evaluationParameters(task, given, manifest, squad);
  const metrics = ablationMetrics(task, problemOf({ task, manifest, parameters }));
  const { mapping, labels, csv, conll } = dataset;
  return { task, manifest, parameters, options: { mapping, labels, csv, conll, squad, metrics } };
}

async function askedOf(
  measured: Measured,
  { version: { served }, dataset, seed, engine: { signal } }: AblateOptions,
): Promise<Questions & { isMasked: boolean }> {
  if (measured.task === 'fill-mask' && (await hasPlainTexts(dataset))) {
    const texts = await readTexts(dataset);
    return { ...(await maskedQuestions(texts, { served, seed, signal })), isMasked: true };
  }
  const { examples, report } = await readExamples(dataset, measured, signal);
  const parameters = exampleParameters(measured, await formatOf(dataset));
  const found = await questionsOf(examples, { ...measured, parameters }, { served, signal });
  return {
    ...found,
    leftOut: found.leftOut + report.problemCount,
    firstReason: found.firstReason ?? problemText(report),
    isMasked: false,
  };
}

async function answer(
  engine: Engine,
  path: string,
  questions: readonly Question[],
  { measured, progress, name }: { measured: Measured; progress: AblateProgress; name: string },
): Promise<Accumulator> {
  const started = performance.now();
  const answers = createAccumulator(accumulatorOptions(measured));
  await engine.open(path);
  for (const [done, question] of questions.entries()) {
    progress.count(name, done, questions.length);
    await addAnswer(engine, answers, question);
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const failed = answers.failed > 0 ? `, ${answers.failed} without an answer` : '';
  const examples = questions.length === 1 ? '1 example' : `${questions.length} examples`;
  progress.tell(`${name}: ${examples} in ${seconds} s${failed}`);
  return answers;
}

/** What cannot be answered, or measured, has failed, as in an evaluation run; what ends the engine is thrown. */
async function addAnswer(
  engine: Engine,
  answers: Accumulator,
  { index, expected, group, sequences, answer: decode }: Question,
): Promise<void> {
  const rows = [];
  try {
    for (const sequence of sequences) rows.push(await engine.run(sequence));
  } catch (error) {
    if (!(error instanceof HeddleError) || error.code !== 'non-finite-output') throw error;
    return answers.fail(index);
  }
  try {
    answers.add({ index, expected, predicted: await decode(rows), ...(group !== undefined && { group }) });
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    answers.fail(index);
  }
}

/** The version's int8 graph, or one as an import with `--precision int8` makes it; a reason where that is refused. */
async function int8Of({
  version,
  checkpointDir,
  makeFolder,
  limits,
  engine,
  progress,
}: AblateOptions): Promise<string | { reason: string }> {
  if (version.manifest.precision === 'int8') return join(version.folder, INT8_FILE);
  progress.tell('building int8 …');
  try {
    const wishes = { ...wishesOf(version), precision: 'int8' as const };
    const request = { source: { folder: checkpointDir }, wishes, workDir: await makeFolder() };
    const { dir } = await buildInChild(request, { ...limits, signal: engine.signal });
    return join(dir, INT8_FILE);
  } catch (error) {
    if (!(error instanceof HeddleError) || error.code !== 'quality-loss') throw error;
    return { reason: `${error.code}: ${error.message}` };
  }
}
