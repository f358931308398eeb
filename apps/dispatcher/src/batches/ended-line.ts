import { HeddleError, type ItemError, type TaskOutput } from '@heddle/contracts';
import {
  type OpenaiBatchOrigin,
  openaiFailedLine,
  openaiOutputLine,
  openaiUnrunLine,
} from '@heddle/dialects';
import type { EndedBatchJob } from '@heddle/store';

export type LineStatus = 'succeeded' | 'failed' | 'canceled' | 'expired';

/** What has become of a line. */
export interface EndedLine {
  customId: string | null;
  number: number;
  status: LineStatus;
  /** Its outputs with commas between, one unless it had several items; or its error. */
  json: string | Buffer;
  tokens: number;
}

/** A line of one of the files, and which: that of the outputs where it succeeded. */
export interface WrittenLine {
  status: LineStatus;
  pieces: (string | Buffer)[];
}

interface Item {
  output: string | null;
  error: string | null;
  tokens: number;
}

/** What a job has answered each of its lines with. A line of several items fails with the first error of them. */
export function answersOf(
  { lines }: Pick<EndedBatchJob, 'lines'>,
  items: Item[],
): (Pick<EndedLine, 'status' | 'tokens'> & { line: number; json: string })[] {
  const isOneLine = lines.length > 1 && lines[0] === lines[1];
  const groups = isOneLine ? [items] : items.map((item) => [item]);
  return groups.map((group, i) => {
    const failed = group.find(({ output }) => output === null);
    return {
      line: lines[i]!,
      status: failed ? 'failed' : 'succeeded',
      json: failed ? (failed.error ?? '') : group.map(({ output }) => output).join(),
      tokens: group.reduce((sum, { tokens }) => sum + tokens, 0),
    };
  });
}

export function nativeLine({ customId, number, status, json, tokens }: EndedLine): WrittenLine {
  const head = `{"custom_id":${JSON.stringify(customId)},"line":${number},"status":"${status}"`;
  return status === 'succeeded'
    ? { status, pieces: [`${head},"output":`, json, `,"usage":{"tokens":${tokens}}}\n`] }
    : { status, pieces: [`${head},"error":`, json, '}\n'] };
}

export function openaiLine(
  { customId, status, json, tokens }: EndedLine,
  origin: OpenaiBatchOrigin,
): WrittenLine {
  const line = { customId, origin };
  if (status === 'succeeded') {
    const outputs = JSON.parse(`[${json}]`) as TaskOutput[];
    try {
      return { status, pieces: [openaiOutputLine(line, { outputs, tokens })] };
    } catch (error) {
      if (!(error instanceof HeddleError)) throw error;
      return { status: 'failed', pieces: [openaiFailedLine(line, error)] };
    }
  }
  const { code, message } = JSON.parse(String(json)) as ItemError;
  if (status === 'failed')
    return { status, pieces: [openaiFailedLine(line, new HeddleError(code, message))] };
  return { status, pieces: [openaiUnrunLine(line, status, message)] };
}
