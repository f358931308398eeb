import { type BatchError, EMPTY_FILE, type ErrorCode, LIMITS, LineFault, readLines } from '@heddle/contracts';
import type { LineError, Validated } from '@heddle/store';
import { type LineRules, parseLine } from './parse-line.js';
import { Turns } from './turns.js';

/** Faults of a file as a whole: a batch with one cannot run, whatever becomes of single lines. */
const OF_FILES: ReadonlySet<ErrorCode> = new Set([
  'empty-file',
  'not-utf8',
  'too-many-lines',
  'duplicate-custom-id',
]);
/** Faults that are told of at once. */
const GROUP = 1_000;

export interface FileFindings extends Validated {
  /** Something is wrong with the file as a whole. */
  broken: boolean;
}

/**
 * Looks at every line of a batch's file. `onFaults` is told of lines that cannot run, some at a time. Lines beyond those
 * that a batch may have are not looked at.
 */
export async function validateFile(
  chunks: AsyncIterable<Buffer>,
  rules: LineRules,
  onFaults: (faults: LineError[]) => Promise<void>,
): Promise<FileFindings> {
  const found: FileFindings = { total: 0, invalid: 0, errors: [], errorCount: 0, broken: false };
  const lineOf = new Map<string, number>();
  const note = (error: BatchError) => {
    found.errorCount++;
    if (OF_FILES.has(error.code)) found.broken = true;
    if (found.errors.length < LIMITS.maxBatchErrors) found.errors.push(error);
  };
  let faults: LineError[] = [];
  const turns = new Turns();
  reading: for await (const lines of readLines(chunks)) {
    for (const line of lines) {
      if (++found.total > LIMITS.maxBatchLines) {
        const message = `A file has at most ${LIMITS.maxBatchLines} lines.`;
        note({ line: line.number, code: 'too-many-lines', message, custom_id: null });
        break reading;
      }
      const turn = turns.next();
      if (turn) await turn;
      let customId: string | null = null;
      try {
        customId = parseLine(line, rules).customId;
      } catch (error) {
        if (!(error instanceof LineFault)) throw error;
        const { code, message } = error;
        customId = error.customId;
        note({ line: line.number, code, message, custom_id: customId });
        found.invalid++;
        faults.push({ line: line.number, code, message });
      }
      const before = customId === null ? undefined : lineOf.get(customId);
      if (before !== undefined) {
        const message = `Line ${before} has the same custom_id.`;
        note({ line: line.number, code: 'duplicate-custom-id', message, custom_id: customId });
      } else if (customId !== null) lineOf.set(customId, line.number);
      if (faults.length >= GROUP) {
        await onFaults(faults);
        faults = [];
      }
    }
  }
  if (found.total === 0) note(EMPTY_FILE);
  if (faults.length > 0) await onFaults(faults);
  return found;
}
