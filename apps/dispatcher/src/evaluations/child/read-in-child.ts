import { fileURLToPath } from 'node:url';
import type { DatasetFile, DatasetReader, Example, Format, ReadOptions } from '@heddle/evaluation';
import { Child } from './child.js';

/** Seen from `src` and `dist` alike. */
const MAIN = fileURLToPath(new URL('../../../dist/evaluations/child/read-main.js', import.meta.url));

/** What was found so far while a data set is read. */
export type ReadFindings = Pick<
  DatasetReader['report'],
  'problems' | 'problemCount' | 'isGivenUp' | 'skipped'
>;

export interface ReadWork {
  name: string;
  /** How many the file has. */
  bytes: number;
  format: Format;
  /** Examples that are read over first. */
  from: number;
  options: Omit<ReadOptions, 'signal'>;
}
export type ReadRequest = { open: ReadWork } | { chunk: Uint8Array } | { next: true };
export interface ReadAnswer {
  examples: Example[];
  report: ReadFindings;
  isLast: boolean;
}

/**
 * Reads a data set whose format has it in memory as a whole. `report` is complete once the examples have ended.
 * Errors: as `Child` says; `artifact-corrupt` for more bytes than the file has.
 */
export function readInChild(
  chunks: DatasetFile['bytes'],
  work: ReadWork,
  signal: AbortSignal,
  heapMib?: number,
): { examples: AsyncGenerator<Example>; report: ReadFindings } {
  const report: ReadFindings = { problems: [], problemCount: 0, isGivenUp: false, skipped: 0 };
  return {
    examples: examplesOf(chunks, work, report, () => new Child(MAIN, signal, heapMib)),
    report,
  };
}

async function* examplesOf(
  chunks: DatasetFile['bytes'],
  work: ReadWork,
  report: ReadFindings,
  start: () => Child<ReadRequest, ReadAnswer | null>,
): AsyncGenerator<Example> {
  const child = start();
  try {
    await child.ask({ open: work });
    for await (const chunk of chunks) await child.ask({ chunk });
    for (;;) {
      const { examples, report: found, isLast } = (await child.ask({ next: true }))!;
      Object.assign(report, found);
      yield* examples;
      if (isLast) return;
    }
  } finally {
    await child.end();
  }
}
