import {
  type BatchError,
  checkValues,
  customIdIn,
  EMPTY_FILE,
  HeddleError,
  jsonOfLine,
  LIMITS,
  type Line,
  LineFault,
  lineFaultOf,
  lineTooLong,
  readLines,
  type Task,
} from '@heddle/contracts';
import { type OpenaiEndpoint, openaiLineOf } from '@heddle/dialects';
import type { FileRecord } from '@heddle/store';
import type { FilesService } from '../../files/files.service.js';

/** What each endpoint asks of a model, where the line does not say. */
const TASKS: Partial<Record<OpenaiEndpoint, Task>> = {
  '/v1/embeddings': 'embed',
  '/v1/moderations': 'text-classification',
  '/v1/classifications': 'text-classification',
};

/** What the lines of a file ask for, or why the batch has failed before it has begun. */
type LinesModel = { model: string; task: Task | undefined } | { model: null; errors: BatchError[] };

/**
 * The model and the task that the lines of a file ask for: those of the first line that names a model. The others are held
 * against it when the batch is validated. No more is read than the longest line may have, nor than a batch shows errors of.
 */
export async function modelOfLines(
  files: FilesService,
  file: FileRecord,
  endpoint: OpenaiEndpoint,
): Promise<LinesModel> {
  const errors: BatchError[] = [];
  const bytes = Math.min(file.bytes, LIMITS.maxLineBytes);
  if (bytes > 0) {
    const chunks = (await files.content(file, { start: 0, end: bytes - 1 })) as AsyncIterable<Buffer>;
    for await (const lines of readLines(chunks)) {
      for (const line of lines) {
        const found = readLine(line, endpoint);
        if (!('code' in found)) return found;
        // The last one may go on behind what is read.
        if (line.end < bytes || bytes === file.bytes) errors.push(found);
        if (errors.length === LIMITS.maxBatchErrors) return { model: null, errors };
      }
    }
  }
  if (bytes < file.bytes) errors.push(NO_MODEL);
  if (errors.length === 0) errors.push(EMPTY_FILE);
  return { model: null, errors };
}

const NO_MODEL: BatchError = {
  line: null,
  code: 'validation',
  message: `No line names a model in the first ${LIMITS.maxLineBytes} bytes.`,
  custom_id: null,
};

/** The model that a line names, whatever else is wrong with it, or what is wrong with the line. */
function readLine(
  { number, bytes }: Line,
  endpoint: OpenaiEndpoint,
): { model: string; task: Task | undefined } | BatchError {
  let customId: string | null = null;
  try {
    if (bytes === null) throw lineTooLong();
    const value = jsonOfLine(bytes);
    customId = customIdIn(value);
    checkValues(value);
    const model = modelIn(value);
    if (model !== null) return { model, task: taskOf(value, endpoint) ?? TASKS[endpoint] };
    // Every endpoint wants one.
    openaiLineOf(value, endpoint);
    throw new Error(`a line of ${endpoint} may lack a model`);
  } catch (error) {
    const fault = lineFaultOf(error, customId);
    if (!(fault instanceof LineFault)) throw fault;
    return { line: number, code: fault.code, message: fault.message, custom_id: fault.customId };
  }
}

function modelIn(value: unknown): string | null {
  const model = (value as { body?: { model?: unknown } | null } | null)?.body?.model;
  return typeof model === 'string' && model !== '' ? model : null;
}

function taskOf(line: unknown, endpoint: OpenaiEndpoint): Task | undefined {
  try {
    return openaiLineOf(line, endpoint).call.task;
  } catch (error) {
    if (error instanceof HeddleError) return undefined;
    throw error;
  }
}
