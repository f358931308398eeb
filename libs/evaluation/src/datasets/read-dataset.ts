import { turns } from '../turns.js';
import { checkExample, type EvaluatedTask, evaluatedTask, forProblem, taskOfItem } from './check-example.js';
import type { DatasetFile, Example, SourceExample } from './example.js';
import { readBeir } from './formats/beir.js';
import { FILE_FORMATS, type Format } from './formats/formats.js';
import { inModelLabels } from './labels.js';
import { MAX_EXAMPLES, MAX_OUTPUT_CHARS } from './limits.js';
import type { ReadOptions } from './options.js';
import { type FileReport, GivenUp, ReadReport } from './report.js';
import { SetChecks } from './set-checks.js';

export interface DatasetReader {
  /** Every one fits its task; those that do not are problems. Memory is bounded, whatever the files hold. */
  examples: AsyncGenerator<Example>;
  /** Complete once the examples have ended. */
  report: ReadReport;
}

/**
 * Reads the files of a dataset, which are one set: one after the other, or for `beir` together.
 * Errors: `task-not-supported` for a task without metrics; the signal's reason; what is wrong with files goes to the report.
 */
export function readDataset(
  files: readonly DatasetFile[],
  format: Format,
  options: ReadOptions = {},
): DatasetReader {
  const task = options.task === undefined ? null : evaluatedTask(options.task);
  const report = new ReadReport();
  return { examples: read(files, format, { ...options, task }, report), report };
}

type TaskOptions = Omit<ReadOptions, 'task'> & { task: EvaluatedTask | null };

async function* read(
  files: readonly DatasetFile[],
  format: Format,
  options: TaskOptions,
  report: ReadReport,
): AsyncGenerator<Example> {
  try {
    yield* checkedExamples(files, format, options, report);
  } catch (error) {
    if (!(error instanceof GivenUp)) throw error;
    report.isGivenUp = true;
  }
}

async function* checkedExamples(
  files: readonly DatasetFile[],
  format: Format,
  { task, ...options }: TaskOptions,
  report: ReadReport,
): AsyncGenerator<Example> {
  const set = new SetChecks(files.length > 1);
  const giveWay = turns(options.signal);
  let index = 0;
  for await (const { example, found } of sourcesOf(files, format, options, report)) {
    const { line } = example;
    if (report.examples === MAX_EXAMPLES) {
      found.end(line, 'too-many-lines', `A dataset has at most ${MAX_EXAMPLES} examples.`);
      break;
    }
    const checked = found.try(line, (): Example => {
      const of =
        task ?? (format === 'beir' ? 'rerank' : FILE_FORMATS[format].task) ?? taskOfItem(example.input);
      checkExample(example, of);
      const wanted = forProblem(example.expected, of, options.problemType);
      const made = { ...example, expected: inModelLabels(of, wanted, options.labels ?? {}), index };
      set.take(made, of, { file: found.file, line });
      return made;
    });
    index++;
    await giveWay();
    if (!checked) continue;
    if (set.isFull) {
      found.end(line, 'payload-too-large', `A dataset has at most ${MAX_OUTPUT_CHARS} characters in all.`);
      break;
    }
    report.examples++;
    yield checked;
  }
  if (report.examples + report.skipped + report.problemCount === 0)
    report.of(files[0]?.name ?? '').note(null, 'empty-file', 'The dataset has no examples.');
}

/** Examples as they stand in the files, each with the report of its file. */
async function* sourcesOf(
  files: readonly DatasetFile[],
  format: Format,
  options: ReadOptions,
  report: ReadReport,
): AsyncGenerator<{ example: SourceExample; found: FileReport }> {
  if (format === 'beir') {
    for await (const example of readBeir(files, report)) {
      const queries = files.find(({ name }) => name.endsWith('queries.jsonl'));
      yield { example, found: report.of(queries!.name) };
    }
    return;
  }
  for (const file of files) {
    const found = report.of(file.name);
    for await (const example of FILE_FORMATS[format].read(file, found, options)) yield { example, found };
  }
}
