import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HeddleError, plainLines, type Task } from '@heddle/contracts';
import { columnOptions, convert, formatOfFiles, type ReadReport, readDataset } from '@heddle/evaluation';
import { type DatasetOptions, fileOf, firstBytes } from './dataset.js';

/** Problems that are told of one by one. */
const MOST_TOLD = 20;

export interface ConvertOptions {
  /** Where to write; printed when absent. */
  out: string | undefined;
  task: Task | undefined;
  invalidLines: 'reject' | 'skip';
  reading: Omit<DatasetOptions, 'path' | 'limit'>;
  signal: AbortSignal;
}

/** The files of one data set as lines of Heddle's own format. Errors: `validation` for what may not be left out; the signal's reason. */
export async function convertFiles(
  paths: readonly string[],
  { out, task, invalidLines, reading, signal }: ConvertOptions,
): Promise<void> {
  const [first] = paths as [string];
  // Whole paths: what a file of a BEIR data set is, its folder may say.
  const files = paths.map((path) => fileOf({ path }, { isWhole: true }));
  const format = await formatOfFiles(files[0]!.name, reading, () => firstBytes(first));
  const { examples, report } = readDataset(files, format, {
    ...columnOptions(reading),
    ...(reading.labels && { labels: { mapping: reading.labels } }),
    ...(task && { task }),
    signal,
  });
  const lines = Readable.from(convert(examples));
  const check = () => refuse(report, invalidLines);
  if (out === undefined) {
    await pipeline(lines, process.stdout, { end: false });
    check();
  } else await written(out, lines, check);
  process.stderr.write(`${report.examples} examples${leftOut(report)}\n`);
}

/** Puts the file in its place when it is whole, and nothing `check` throws for is wrong with it. */
async function written(path: string, lines: Readable, check: () => void): Promise<void> {
  const part = `${path}.part`;
  try {
    await pipeline(lines, createWriteStream(part));
    check();
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** Throws where something is wrong that may not be left out; says what is. */
function refuse(report: ReadReport, invalidLines: ConvertOptions['invalidLines']): void {
  const { problems, problemCount, isGivenUp } = report;
  if (problemCount === 0) return;
  const told = problems.slice(0, MOST_TOLD).map(({ file, line, code, message }) => {
    const place = line === null ? file : `${file}, line ${line}`;
    return `${place}: ${code}: ${message}`;
  });
  if (invalidLines === 'reject' || isGivenUp || report.examples === 0) {
    const more = problemCount > told.length ? [`and ${problemCount - told.length} more`] : [];
    throw new HeddleError('validation', ['This is wrong with the data set:', ...told, ...more].join('\n  '));
  }
  for (const line of told) process.stderr.write(`${plainLines(line)}\n`);
}

function leftOut({ problemCount, skipped }: ReadReport): string {
  const wrong = problemCount > 0 ? `, ${problemCount} left out that are wrong` : '';
  return skipped > 0 ? `${wrong}, ${skipped} that the data set says to leave out` : wrong;
}
