import { HeddleError } from '@heddle/contracts';
import { openSession, type Session } from '@heddle/runtime';

/** Opens a graph that was written a moment ago, for as long as the work takes. */
export async function withSession<T>(path: string, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession(path, { prepack: false }).catch((cause: unknown) => {
    if (!(cause instanceof HeddleError && cause.code === 'artifact-corrupt')) throw cause;
    // No fault of the checkpoint's.
    throw new Error('the compiled model cannot be opened', { cause });
  });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
