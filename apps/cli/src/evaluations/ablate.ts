import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HeddleError, type Task } from '@heddle/contracts';
import { type AblatedPart, INT8_FILE, mainGraphs, openAblationCompiler } from '@heddle/deberta';
import {
  type AblationReport,
  type AblationRun,
  type Accumulator,
  ablationMetrics,
  ablationReportOf,
  createAccumulator,
} from '@heddle/evaluation';
import { buildInChild, type ImportLimits } from '@heddle/importing';
import { type DatasetOptions, hasPlainTexts, nameOf, readExamples, readTexts } from './dataset.js';
import { type Engine, type EngineOptions, withEngine } from './engine.js';
import type { LocalVersion } from './open-version.js';
import { maskedQuestions, type Question, type Questions, questionsOf } from './questions.js';

export interface AblateOptions {
  version: LocalVersion;
  /** The folder that the version was imported from. */
  checkpointDir: string;
  dataset: DatasetOptions;
  task: Task | undefined;
  parameters: Record<string, unknown>;
  int8: boolean;
  seed: number;
  resamples: number;
  /** A new folder for graphs. */
  makeFolder: () => Promise<string>;
  limits: ImportLimits;
  engine: EngineOptions;
  /** Told what is going on. */
  tell: (line: string) => void;
}

/** Numbers of the version's own graph and of the checkpoint's may differ by so much: float32, by another compiler. */
const SAME = 1e-3;
/** Questions that show whether a checkpoint is the version's. */
const COMPARED = 3;
const FULL_FILE = 'full.onnx';

const NOT_THE_PAPERS =
  'The paper trained each ablated model anew. Here parts of one trained model are left out, and nothing is trained: what is ' +
  'lost is what this model came to rely on. Scores are divided by the scale the model was trained with.';

/**
 * Evaluates a version with parts of it left out. Errors: those of the dataset, the import errors for a checkpoint that
 * cannot be compiled, `validation` for one that is not the version's.
 */
export async function ablate(options: AblateOptions): Promise<AblationReport> {
  const { version, checkpointDir, seed, resamples, engine, makeFolder, tell } = options;
  const task = taskOf(options);
  const asked = await askedOf(task, options);
  const { questions, leftOut, firstReason } = asked;
  if (questions.length === 0) {
    throw new HeddleError('validation', `No example can be asked of ${version.name}: ${firstReason}`);
  }
  if (leftOut > 0) tell(`examples left out: ${leftOut}; the first: ${firstReason}`);
  const { manifest } = version;
  const dir = await makeFolder();
  tell('compiling …');
  const compiler = await openAblationCompiler({ ...wishesOf(version), checkpointDir, dir });
  const cases = casesOf(compiler.parts);
  try {
    await compiler.write(FULL_FILE, []);
    for (const without of cases) await compiler.write(fileOf(without), without);
  } finally {
    await compiler.close();
  }
  const runs = await withEngine(engine, async (child) => {
    const own = join(version.folder, mainGraphs({ ...manifest, precision: 'fp32' }, 'cpu')[0]!.file);
    await refuseOther(child, own, join(dir, FULL_FILE), options, questions);
    const answersOf = (name: string, path: string) => answer(child, path, questions, { task, options, name });
    const done: AblationRun[] = [{ without: [], precision: 'fp32', answers: await answersOf('full', own) }];
    for (const without of cases) {
      const answers = await answersOf(`without ${without.join(', ')}`, join(dir, fileOf(without)));
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
    task,
    dataset: { name: nameOf(options.dataset.path), examples: questions.length, left_out: leftOut },
  };
  const notes = [NOT_THE_PAPERS, ...notesOf(options, asked, compiler.parts)];
  return ablationReportOf(subject, runs, { seed, resamples, notes, signal: engine.signal });
}

function taskOf({ task, version: { name, manifest } }: AblateOptions): Task {
  if (task === undefined) return manifest.tasks[0]!;
  if (manifest.tasks.includes(task)) return task;
  throw new HeddleError(
    'task-not-supported',
    `${name} does not answer ${task}; it answers ${manifest.tasks.join(', ')}.`,
  );
}

interface Asked extends Questions {
  isMasked: boolean;
}

async function askedOf(task: Task, { version, dataset, parameters, seed }: AblateOptions): Promise<Asked> {
  ablationMetrics(task, problemOf(task, version));
  const { served } = version;
  const mayBePlain = task === 'fill-mask' && !dataset.format && !dataset.mapping;
  if (mayBePlain && (await hasPlainTexts(dataset.path))) {
    const texts = await readTexts(dataset);
    return { ...(await maskedQuestions(texts, { served, seed })), isMasked: true };
  }
  const names = task === 'text-classification' && served.labels.length > 0 ? { names: served.labels } : {};
  const { examples, report } = await readExamples(
    { ...dataset, labels: { ...dataset.labels, ...names } },
    task,
  );
  const found = await questionsOf(examples, { task, parameters, served });
  const [problem] = report.problems;
  return {
    ...found,
    leftOut: found.leftOut + report.problemCount,
    firstReason: found.firstReason ?? (problem ? `line ${problem.line ?? '-'}: ${problem.message}` : null),
    isMasked: false,
  };
}

function problemOf(task: Task, { manifest }: LocalVersion) {
  return task === 'text-classification' ? (manifest.problemType ?? undefined) : undefined;
}

/** As the version was compiled. */
function wishesOf({ manifest: { head, labels, maxTokens } }: LocalVersion) {
  return { head, maxTokens, ...(labels.length > 0 && { labels }) };
}

/** One part, or two, as in the paper's table: the mask decoder first. */
function casesOf(parts: readonly AblatedPart[]): AblatedPart[][] {
  const ordered = [...parts].sort((a, b) => Number(b === 'emd') - Number(a === 'emd'));
  const pairs = ordered.flatMap((first, i) => ordered.slice(i + 1).map((second) => [first, second]));
  return [...ordered.map((part) => [part]), ...pairs];
}

const fileOf = (without: readonly AblatedPart[]): string => `without-${without.join('-')}.onnx`;

async function answer(
  engine: Engine,
  path: string,
  questions: readonly Question[],
  { task, options, name }: { task: Task; options: AblateOptions; name: string },
): Promise<Accumulator> {
  const started = performance.now();
  const problemType = problemOf(task, options.version);
  const { labels } = options.version.manifest;
  const answers = createAccumulator({
    task,
    metrics: ablationMetrics(task, problemType),
    ...(problemType && { problemType }),
    ...(problemType && problemType !== 'regression' && { labels }),
  });
  await engine.open(path);
  for (const { index, expected, group, sequences, answer: decode } of questions) {
    const rows = [];
    for (const sequence of sequences) rows.push(await engine.run(sequence));
    answers.add({ index, expected, predicted: await decode(rows), ...(group !== undefined && { group }) });
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  options.tell(`${name}: ${questions.length} examples in ${seconds} s`);
  return answers;
}

/** The folder's graph must say what the version's says. */
async function refuseOther(
  engine: Engine,
  own: string,
  compiled: string,
  { version, checkpointDir }: AblateOptions,
  questions: readonly Question[],
): Promise<void> {
  const sequences = questions.slice(0, COMPARED).map(({ sequences: [first] }) => first!);
  const valuesOf = async (path: string) => {
    await engine.open(path);
    const found: number[] = [];
    for (const { keep: _, ...sequence } of sequences) {
      for (const { data } of Object.values(await engine.run(sequence)))
        for (const value of data) found.push(value);
    }
    return found;
  };
  const wanted = await valuesOf(own);
  const got = await valuesOf(compiled);
  const difference = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i]!)), 0);
  if (wanted.length === got.length && difference <= SAME) return;
  throw new HeddleError(
    'validation',
    `${checkpointDir} is not the checkpoint that ${version.name} was imported from: its answers differ by ${difference.toPrecision(2)}.`,
  );
}

/** The version's int8 graph, or one as an import with `--precision int8` makes it; a reason where that is refused. */
async function int8Of({
  version,
  checkpointDir,
  makeFolder,
  limits,
  engine,
  tell,
}: AblateOptions): Promise<string | { reason: string }> {
  if (version.manifest.precision === 'int8') return join(version.folder, INT8_FILE);
  tell('building int8 …');
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

function notesOf(
  { version, int8 }: AblateOptions,
  { isMasked, questions }: Asked,
  parts: readonly AblatedPart[],
): string[] {
  const { manifest } = version;
  const masks = questions.reduce((sum, { sequences }) => sum + (sequences[0]?.positions?.length ?? 0), 0);
  const isLanguageModel = manifest.head === 'masked-lm';
  return [
    ...(isMasked ? [`15 % of the tokens of each text were hidden: ${masks} in all.`] : []),
    ...(isLanguageModel
      ? []
      : [
          `${version.name} has no masked-word head (its head is ${manifest.head}): there is no masked-word accuracy of it, and no mask decoder to leave out.`,
        ]),
    ...(isLanguageModel && !parts.includes('emd')
      ? ['The head of this model reads the last layer: there is no mask decoder to leave out.']
      : []),
    ...(!int8
      ? []
      : manifest.precision === 'int8'
        ? ['int8 is the graph that the version is served with.']
        : [
            'int8 was built for this table, as an import with --precision int8 does; the version is not served in it.',
          ]),
  ];
}

/** Whether a folder is there. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
      throw error;
    },
  );
}
