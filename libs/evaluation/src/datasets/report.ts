import { cutText, type ErrorCode, HeddleError, lineMessage } from '@heddle/contracts';
import { MAX_COUNTED_PROBLEMS, MAX_PROBLEMS } from './limits.js';

/** Something wrong with a dataset; `line` is null where it is the file as a whole. */
export interface Problem {
  file: string;
  line: number | null;
  code: ErrorCode;
  message: string;
}

/** Ends the reading of a dataset in which nearly all is wrong. */
export class GivenUp extends Error {}

/** What was found while a dataset was read; it is complete once the examples have ended. */
export class ReadReport {
  /** The first of them. */
  readonly problems: Problem[] = [];
  problemCount = 0;
  /** Whether what follows the last problem was not read. */
  isGivenUp = false;
  /** Examples that came. */
  examples = 0;
  /** Examples that their dataset itself says to leave out, as pairs without a gold label. */
  skipped = 0;

  of(file: string): FileReport {
    return new FileReport(this, file);
  }

  note(problem: Problem): void {
    this.problemCount++;
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
    if (this.problemCount >= MAX_COUNTED_PROBLEMS) throw new GivenUp();
  }
}

/** What is found in one file. */
export class FileReport {
  constructor(
    private readonly report: ReadReport,
    readonly file: string,
  ) {}

  note(line: number | null, code: ErrorCode, message: string): void {
    this.report.note({ file: this.file, line, code, message: cutText(message) });
  }

  /** Of what ends the reading: nothing behind it comes. */
  end(line: number | null, code: ErrorCode, message: string): void {
    this.report.isGivenUp = true;
    this.note(line, code, message);
  }

  /** What `work` gives; null where it throws a `HeddleError`, which is noted. */
  try<Value>(line: number | null, work: () => Value): Value | null {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof HeddleError)) throw error;
      this.report.note({ file: this.file, line, code: error.code, message: lineMessage(error) });
      return null;
    }
  }

  skip(): void {
    this.report.skipped++;
  }
}
