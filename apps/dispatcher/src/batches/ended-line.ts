import { HeddleError, type ItemError, type ItemResult } from '@heddle/contracts';
import { type AnsweredLine, openaiAnsweredLine, openaiFailedLine, openaiUnrunLine } from '@heddle/dialects';
import type { EndedBatchJob } from '@heddle/store';

export type LineStatus = 'succeeded' | 'failed' | 'canceled' | 'expired';

/** What has become of a line. */
export interface EndedLine {
  customId: string | null;
  number: number;
  status: LineStatus;
  /**
   * What its item was answered with: an output, or an error where it failed. Of OpenAI's form, whose lines may have several
   * items, the results of a job with commas between, unless `error` is there.
   */
  json: string | Buffer;
  /** In place of results, an error that all lines of its job share. */
  error?: string | undefined;
  tokens: number;
}

/** A line of one of the files, and which: that of the outputs where it succeeded. */
export interface WrittenLine {
  status: LineStatus;
  pieces: (string | Buffer)[];
}

interface Item {
  id: string | null;
  output: string | null;
  error: string | null;
  tokens: number;
}

type Answered = Pick<EndedLine, 'status' | 'tokens'> & { line: number; json: string };

/** What a job has answered each of its lines with, of one item each. */
export function nativeAnswersOf({ lines }: Pick<EndedBatchJob, 'lines'>, items: Item[]): Answered[] {
  return items.map(({ output, error, tokens }, i) => ({
    line: lines[i]!,
    status: output === null ? 'failed' : 'succeeded',
    json: output ?? error ?? '',
    tokens,
  }));
}

/** What a job has answered each of its lines with; it has one line where that is of several items. */
export function openaiAnswersOf({ lines }: Pick<EndedBatchJob, 'lines'>, items: Item[]): Answered[] {
  const isOneLine = lines.length > 1 && lines[0] === lines[1];
  const groups = isOneLine ? [items] : items.map((item) => [item]);
  return groups.map((group, i) => ({
    line: lines[i]!,
    status: 'succeeded',
    json: group.map(resultOf).join(),
    tokens: group.reduce((sum, { tokens }) => sum + tokens, 0),
  }));
}

/** An item's result as a job shows it. */
function resultOf({ id, output, error }: Item, index: number): string {
  const head = `{"index":${index}${id === null ? '' : `,"id":${id}`}`;
  return output === null ? `${head},"error":${error}}` : `${head},"output":${output}}`;
}

export function nativeLine({ customId, number, status, json, tokens }: EndedLine): WrittenLine {
  const head = `{"custom_id":${JSON.stringify(customId)},"line":${number},"status":"${status}"`;
  return status === 'succeeded'
    ? { status, pieces: [`${head},"output":`, json, `,"usage":{"tokens":${tokens}}}\n`] }
    : { status, pieces: [`${head},"error":`, json, '}\n'] };
}

export function openaiLine(
  { customId, status, json, error, tokens }: EndedLine,
  batch: Pick<AnsweredLine, 'origin' | 'manifest'>,
): WrittenLine {
  const line = { customId, ...batch };
  if (error === undefined) {
    const results = JSON.parse(`[${json}]`) as ItemResult[];
    const { failed, text } = openaiAnsweredLine(line, { results, tokens });
    return { status: failed ? 'failed' : 'succeeded', pieces: [text] };
  }
  const { code, message } = JSON.parse(error) as ItemError;
  const text =
    status === 'canceled' || status === 'expired'
      ? openaiUnrunLine(line, status, message)
      : openaiFailedLine(line, new HeddleError(code, message));
  return { status, pieces: [text] };
}
