import { checkForm, checkValues, HeddleError, LIMITS, readLines, type Task } from '@heddle/contracts';
import { type OpenaiEndpoint, openaiLineOf } from '@heddle/dialects';
import type { FileRecord } from '@heddle/store';
import type { FilesService } from '../../files/files.service.js';

/** What each endpoint asks of a model, where the line does not say. */
const TASKS: Partial<Record<OpenaiEndpoint, Task>> = {
  '/v1/embeddings': 'embed',
  '/v1/moderations': 'text-classification',
  '/v1/classifications': 'text-classification',
};

/**
 * The model and the task that the lines of a file ask for: those of the first line that names a model. The others are held
 * against it when the batch is validated. Throws `validation` where no line at the beginning of the file names one.
 */
export async function modelOfLines(
  files: FilesService,
  file: FileRecord,
  endpoint: OpenaiEndpoint,
): Promise<{ model: string; task: Task | undefined }> {
  if (file.bytes > 0) {
    const end = Math.min(file.bytes, LIMITS.maxLineBytes) - 1;
    const chunks = (await files.content(file, { start: 0, end })) as AsyncIterable<Buffer>;
    for await (const lines of readLines(chunks)) {
      for (const { bytes } of lines) {
        const found = bytes && modelIn(bytes, endpoint);
        if (found) return found;
      }
    }
  }
  const message = `has no line whose body names a model in its first ${LIMITS.maxLineBytes} bytes`;
  throw new HeddleError('validation', `The file ${message}.`, {
    errors: [{ pointer: '/input_file_id', code: 'value', message }],
  });
}

function modelIn(
  bytes: Uint8Array,
  endpoint: OpenaiEndpoint,
): { model: string; task: Task | undefined } | null {
  let line: { body?: { model?: unknown } } | null;
  try {
    const text = Buffer.from(bytes).toString();
    checkForm(text);
    line = JSON.parse(text) as typeof line;
    checkValues(line);
  } catch {
    // Told of when the file is validated.
    return null;
  }
  const model = line?.body?.model;
  if (typeof model !== 'string' || model === '') return null;
  return { model, task: taskOf(line, endpoint) ?? TASKS[endpoint] };
}

function taskOf(line: unknown, endpoint: OpenaiEndpoint): Task | undefined {
  try {
    return openaiLineOf(line, endpoint).call.task;
  } catch (error) {
    if (error instanceof HeddleError) return undefined;
    throw error;
  }
}
