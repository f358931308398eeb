/**
 * Builds one version in a process of its own: a parser or a native library that fails on hostile bytes takes
 * nothing else down.
 */
import { HeddleError } from '@heddle/contracts';
import { buildVersion } from './build-version.js';
import type { ImportMessage, ImportRequest } from './protocol.js';

process.on('disconnect', () => process.exit(1));
// Ctrl-C in a terminal reaches the whole process group: the parent decides when its children end.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.once('message', (request: ImportRequest) => {
  void run(request).then((last) => process.send!(last, () => process.disconnect()));
});

async function run(request: ImportRequest): Promise<ImportMessage> {
  try {
    const onProgress = (progress: Extract<ImportMessage, { type: 'progress' }>['progress']) => {
      process.send!({ type: 'progress', progress } satisfies ImportMessage);
    };
    return { type: 'built', version: await buildVersion(request, onProgress) };
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    if (error instanceof HeddleError)
      return { type: 'failed', code: error.code, message, extra: error.extra, stack };
    return {
      type: 'failed',
      code: isDiskFull(error) ? 'storage-full' : 'internal',
      message,
      extra: {},
      stack,
    };
  }
}

function isDiskFull(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ENOSPC' || code === 'EDQUOT';
}
