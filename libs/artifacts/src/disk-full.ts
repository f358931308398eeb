import { HeddleError } from '@heddle/contracts';

/** Rejects with `storage-full` where `work` finds a disk full, or this account's share of it. */
export async function orStorageFull<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isDiskFull(error) ? diskFull(error) : error;
  }
}

export function isDiskFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

export function diskFull(cause: unknown): HeddleError {
  return new HeddleError('storage-full', 'The disk for artefacts is full.', { cause });
}
