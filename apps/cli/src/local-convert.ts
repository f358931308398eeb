import type { Task } from '@heddle/contracts';
import { convertFiles } from './evaluations/convert.js';
import { readingIn } from './local-reading.js';
import type { ReadingFlags } from './remote/reading-options.js';
import { interruptible } from './remote/until-ended.js';
import { sizeOf } from './remote/upload.js';

export interface ConvertCommand extends ReadingFlags {
  out?: string;
  task?: Task;
  invalidLines: 'reject' | 'skip';
}

/** `heddle evaluations convert`. Throws CliError for a file that cannot be read. */
export async function runConvert(
  paths: readonly string[],
  { out, task, invalidLines, ...flags }: ConvertCommand,
): Promise<void> {
  for (const path of paths) await sizeOf(path);
  const reading = readingIn(flags);
  await interruptible((signal) => convertFiles(paths, { out, task, invalidLines, reading, signal }));
}
