import { HeddleError } from '@heddle/contracts';

/** Throws `unsupported-tokenizer` with a message that names the file and what is wrong with it. */
export function refuse(file: string, reason: string, cause?: unknown): never {
  throw new HeddleError('unsupported-tokenizer', `${file}: ${reason}.`, cause === undefined ? {} : { cause });
}
